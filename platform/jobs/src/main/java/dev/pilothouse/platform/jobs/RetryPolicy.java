package dev.pilothouse.platform.jobs;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a failed job is tried again: after {@code first}, doubled per attempt up to {@code most}, each time a random part
 * of a quarter less, so that jobs that failed together do not come back together.
 *
 * @param attempts how often a job is started at most, 1 or more
 * @param first wait after the first failure
 * @param most longest wait
 */
public record RetryPolicy(int attempts, Duration first, Duration most) {
    /** Ten attempts, from one second to ten minutes: about half an hour in all. */
    public static final RetryPolicy STANDARD = new RetryPolicy(10, Duration.ofSeconds(1), Duration.ofMinutes(10));

    /** Checks the range. */
    public RetryPolicy {
        if (attempts < 1 || first.isNegative() || most.compareTo(first) < 0) {
            throw new IllegalArgumentException("attempts must be 1 or more, and 0 <= first <= most");
        }
    }

    Duration after(int attempt, RandomGenerator random) {
        long doubled = first.toMillis() << Math.min(Math.max(0, attempt - 1), 30);
        long wait = doubled < 0 || doubled > most.toMillis() ? most.toMillis() : doubled;
        return Duration.ofMillis(wait - (wait < 4 ? 0 : random.nextLong(wait / 4)));
    }
}
