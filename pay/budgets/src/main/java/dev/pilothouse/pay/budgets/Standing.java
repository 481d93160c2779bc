package dev.pilothouse.pay.budgets;

import dev.pilothouse.pay.pacing.Share;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * Where a budget stands in its window. Amounts are in the budget's unit.
 *
 * @param budget as declared
 * @param since when it was declared
 * @param from when the window began; the epoch where it has no end
 * @param until when it ends; {@link Instant#MAX} where it does not
 * @param at when it stood so
 * @param raised by how much the limit is raised in this window
 * @param settled what ended calls cost
 * @param leased what servers may spend without asking, which covers what calls hold and what is not reported
 * @param held what calls under way may cost at most, as servers said at most some seconds ago
 */
public record Standing(
        Budget budget,
        Instant since,
        Instant from,
        Instant until,
        Instant at,
        long raised,
        long settled,
        long leased,
        long held) {
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    /** From less than an hour, or a fiftieth of a short window, no burn is told. */
    private static final long LEAST_PART = 50;

    /** What to make of it, worst last. */
    public enum State {
        /** The window will end within the limit if calls go on as they have. */
        WELL,
        /** It will not. */
        ATTENTION,
        /** Nothing is left. */
        EXHAUSTED;

        /** The name in answers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The limit in this window. */
    public long limit() {
        return budget.limit() + raised;
    }

    /** What a further call may hold, at least 0. */
    public long remaining() {
        return Math.max(0, limit() - settled - held);
    }

    /** What was settled in an hour, on average since the window began or the budget was declared. */
    public long burnPerHour() {
        return Share.of(settled, HOUR_MILLIS, counted());
    }

    /** What will be spent by the window's end if calls go on as they have in it; what is spent, where the window has no end. */
    public long forecast() {
        long spent = settled + held;
        if (until.equals(Instant.MAX)) {
            return spent;
        }
        long rest = Math.max(0, Duration.between(at, until).toMillis());
        return Math.min(Long.MAX_VALUE - spent, Share.of(settled, rest, counted())) + spent;
    }

    /** What to make of it. */
    public State state() {
        return remaining() == 0 ? State.EXHAUSTED : forecast() > limit() ? State.ATTENTION : State.WELL;
    }

    /** What is spent, in percent of the limit, rounded down; of no limit all is spent. */
    public long percent() {
        return limit() == 0 ? 100 : Share.of(settled, 100, limit());
    }

    private long counted() {
        long passed = Duration.between(from.isAfter(since) ? from : since, at).toMillis();
        long least = until.equals(Instant.MAX)
                ? HOUR_MILLIS
                : Math.min(HOUR_MILLIS, Duration.between(from, until).toMillis() / LEAST_PART);
        return Math.max(passed, least);
    }
}
