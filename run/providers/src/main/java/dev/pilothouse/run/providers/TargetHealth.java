package dev.pilothouse.run.providers;

import dev.pilothouse.run.providers.ModelRoute.Target;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A circuit breaker per target: one that failed {@value #FAILURES} times on end is passed over for ten seconds, after which one
 * request tries it again (M. Nygard, Release It!, 2nd ed., section 5.2). Organisations do not learn of one another's targets.
 * Thread-safe.
 */
public final class TargetHealth {
    static final int FAILURES = 5;
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST = 10_000;

    private record Key(String tenant, String provider, String model) {
        Key(String tenant, Target target) {
            this(tenant, target.provider(), target.model());
        }
    }

    private record State(int failures, long until) {}

    private final Map<Key, State> states = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    /**
     * Of targets of which nothing is known.
     *
     * @param nanoTime a clock in nanoseconds that never goes back
     */
    public TargetHealth(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Whether a target may be asked; the first to ask after a rest is the one that tries. */
    public boolean admits(String tenant, Target target) {
        var key = new Key(tenant, target);
        State state = states.get(key);
        if (state == null || state.failures < FAILURES) {
            return true;
        }
        long now = nanoTime.getAsLong();
        return now - state.until >= 0 && states.replace(key, state, new State(state.failures, now + REST_NANOS));
    }

    /** A target answered. */
    public void succeeded(String tenant, Target target) {
        if (!states.isEmpty()) {
            states.remove(new Key(tenant, target));
        }
    }

    /** A target did not answer, or not as it should. */
    public void failed(String tenant, Target target) {
        if (states.size() < MOST) {
            states.merge(
                    new Key(tenant, target),
                    new State(1, 0),
                    (known, _) -> new State(known.failures + 1, nanoTime.getAsLong() + REST_NANOS));
        }
    }
}
