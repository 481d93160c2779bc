package dev.pilothouse.run.serving;

import java.time.Duration;
import java.util.Optional;

/**
 * Above what time an answer of one endpoint counts as slow: a fixed one, or one that is set from outside and depends on
 * answers before it only; the same for all versions. Thread-safe.
 */
final class SlowLimit {
    /** Where too few answers are known. */
    static final Duration UNKNOWN = Duration.ofMillis(250);

    private final boolean fixed;
    private volatile long nanos;

    private SlowLimit(boolean fixed, Duration limit) {
        this.fixed = fixed;
        this.nanos = limit.toNanos();
    }

    /**
     * The limit of a new state of an endpoint.
     *
     * @param given as the endpoint's specification has it
     * @param before that of the state before, which one that is set goes on from
     */
    static SlowLimit of(Optional<Duration> given, Optional<SlowLimit> before) {
        return given.map(limit -> new SlowLimit(true, limit))
                .orElseGet(() -> new SlowLimit(
                        false,
                        before.filter(limit -> !limit.fixed)
                                .map(limit -> Duration.ofNanos(limit.nanos))
                                .orElse(UNKNOWN)));
    }

    boolean isFixed() {
        return fixed;
    }

    boolean exceededBy(long time) {
        return time > nanos;
    }

    /** Sets it, unless it is fixed. */
    void set(Duration limit) {
        if (!fixed) {
            nanos = limit.toNanos();
        }
    }
}
