package dev.pilothouse.run.providers;

import dev.pilothouse.run.providers.ModelRoute.Target;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;

/**
 * A circuit breaker per target: one that failed {@value #FAILURES} times on end is passed over for ten seconds, after which one
 * request tries it again (M. Nygard, Release It!, 2nd ed., section 5.2). One whose provider's last probe failed is passed over
 * until a probe succeeds, which ends a rest early. Organisations do not learn of one another's targets. Thread-safe.
 */
public final class TargetHealth {
    static final int FAILURES = 5;
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST = 10_000;

    /** What becomes of a target when its turn comes. */
    public enum Phase {
        /** It is asked. */
        CLOSED,
        /** It rests after its failures. */
        OPEN,
        /** Its rest is over: the next request tries it. */
        HALF_OPEN,
        /** Its provider answers no probes. */
        DOWN;

        /** Lower case, with a dash: {@code half-open}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * How a target stands on this server.
     *
     * @param phase what becomes of it when its turn comes
     * @param failures how often it failed on end
     * @param rest how long it still rests; zero where it does not
     */
    public record Standing(Phase phase, int failures, Duration rest) {}

    private record Key(String tenant, String provider, String model) {
        Key(String tenant, Target target) {
            this(tenant, target.provider(), target.model());
        }
    }

    private record State(int failures, long until) {}

    private static final State NEVER_FAILED = new State(0, 0);

    private final Map<Key, State> states = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;
    private final BiPredicate<String, String> down;

    /**
     * Of targets of which nothing is known.
     *
     * @param nanoTime a clock in nanoseconds that never goes back
     * @param down whether a tenant's provider is known to be down
     */
    public TargetHealth(LongSupplier nanoTime, BiPredicate<String, String> down) {
        this.nanoTime = nanoTime;
        this.down = down;
    }

    /** A provider answers again, so that none of its targets need rest. */
    public void recovered(String tenant, String provider) {
        states.keySet().removeIf(key -> key.tenant.equals(tenant) && key.provider.equals(provider));
    }

    /** Whether a target may be asked; the first to ask after a rest is the one that tries. */
    public boolean admits(String tenant, Target target) {
        if (down.test(tenant, target.provider())) {
            return false;
        }
        var key = new Key(tenant, target);
        State state = states.get(key);
        if (state == null || state.failures < FAILURES) {
            return true;
        }
        long now = nanoTime.getAsLong();
        return now - state.until >= 0 && states.replace(key, state, new State(state.failures, now + REST_NANOS));
    }

    /** How a target stands, without asking it or taking anybody's turn. */
    public Standing standing(String tenant, Target target) {
        State known = states.getOrDefault(new Key(tenant, target), NEVER_FAILED);
        long left = known.failures < FAILURES ? 0 : Math.max(0, known.until - nanoTime.getAsLong());
        Phase phase = down.test(tenant, target.provider())
                ? Phase.DOWN
                : known.failures < FAILURES ? Phase.CLOSED : left > 0 ? Phase.OPEN : Phase.HALF_OPEN;
        return new Standing(phase, known.failures, Duration.ofNanos(left));
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
