package dev.pilothouse.run.gateway;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A circuit breaker per target: one that failed {@value #FAILURES} times on end is passed over for ten seconds, after which one
 * request tries it again (M. Nygard, Release It!, 2nd ed., section 5.2). Thread-safe.
 */
final class TargetHealth {
    static final int FAILURES = 5;
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST = 10_000;

    private record State(int failures, long until) {}

    private final Map<String, State> states = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    TargetHealth(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Whether a target may be asked; the first to ask after a rest is the one that tries. */
    boolean admits(String target) {
        State state = states.get(target);
        if (state == null || state.failures < FAILURES) {
            return true;
        }
        long now = nanoTime.getAsLong();
        return now - state.until >= 0 && states.replace(target, state, new State(state.failures, now + REST_NANOS));
    }

    void succeeded(String target) {
        if (!states.isEmpty()) {
            states.remove(target);
        }
    }

    void failed(String target) {
        if (states.size() < MOST) {
            states.merge(
                    target,
                    new State(1, 0),
                    (known, _) -> new State(known.failures + 1, nanoTime.getAsLong() + REST_NANOS));
        }
    }
}
