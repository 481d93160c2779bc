package dev.pilothouse.run.serving;

import java.time.Duration;
import java.util.Optional;

/**
 * Above what time an answer of one endpoint counts as slow: a fixed one, or twice the median of what the stable version took
 * lately. The latter follows the machine's load, so that a busy hour does not make every answer slow and a quiet one does not
 * hide a version that takes twice as long. It changes only when counts are taken, so it is the same for all versions within
 * a taking, and depends on answers before it only. Thread-safe.
 */
final class SlowLimit {
    /** Where too few answers are known. */
    private static final Duration UNKNOWN = Duration.ofMillis(250);

    private final Optional<Duration> fixed;
    private final RecentValues stable;
    private volatile long nanos;

    SlowLimit(Optional<Duration> fixed, RecentValues stable) {
        this.fixed = fixed;
        this.stable = stable;
        this.nanos = fixed.orElse(UNKNOWN).toNanos();
        refresh();
    }

    boolean exceededBy(long time) {
        return time > nanos;
    }

    /** Follows the stable version's last answers, where the limit is not fixed. */
    void refresh() {
        if (fixed.isEmpty()) {
            stable.percentile(0.5).ifPresent(median -> nanos = 2 * median);
        }
    }
}
