package dev.pilothouse.pay.budgets;

import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.platform.notify.Channel;
import java.time.ZoneId;
import java.util.List;

/**
 * A limit on what a scope spends in a window.
 *
 * @param id unique in the installation
 * @param tenant whose it is
 * @param name what people call it, unique in its tenant
 * @param scope whose spend it counts
 * @param window over what time
 * @param zone by whose calendar
 * @param unit what it counts
 * @param limit at most so much in each window, 0 to {@link #MOST}
 * @param thresholds at what percentages of the limit people are told, 1 to 100, rising
 * @param ladder which cheaper models its calls go over to
 * @param told who hears of thresholds
 */
public record Budget(
        String id,
        String tenant,
        String name,
        Scope scope,
        Window window,
        ZoneId zone,
        Unit unit,
        long limit,
        List<Integer> thresholds,
        Ladder ladder,
        List<Channel> told) {
    /** Largest limit: 10^18, which is a billion dollars. So no sum of a few of them is beyond a long. */
    public static final long MOST = 1_000_000_000_000_000_000L;

    /** Percentages at which people are told where nothing else is declared. */
    public static final List<Integer> THRESHOLDS = List.of(50, 80, 100);

    public Budget {
        if (limit < 0 || limit > MOST) {
            throw new IllegalArgumentException(
                    "The limit of budget '" + name + "' must be from 0 to " + MOST + ", not " + limit);
        }
        thresholds = List.copyOf(thresholds);
        told = List.copyOf(told);
    }

    /** A budget with the usual thresholds, which nobody hears of, and no ladder. */
    public Budget(
            String id, String tenant, String name, Scope scope, Window window, ZoneId zone, Unit unit, long limit) {
        this(id, tenant, name, scope, window, zone, unit, limit, THRESHOLDS, Ladder.NONE, List.of());
    }

    /** The same under another id. */
    Budget withId(String other) {
        return new Budget(other, tenant, name, scope, window, zone, unit, limit, thresholds, ladder, told);
    }

    /** Whether both count the same, so that what was spent under one can be held against the other. */
    boolean countsAs(Budget other) {
        return scope.equals(other.scope) && window == other.window && zone.equals(other.zone) && unit == other.unit;
    }
}
