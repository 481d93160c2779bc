package dev.pilothouse.platform.notify;

import java.time.Duration;

/**
 * How notifications are delivered.
 *
 * @param allowLoopback whether webhooks may go to this machine
 * @param attempts how often a delivery is tried before it is dead, 1 or more
 * @param firstWait wait after the first failure; doubled each time
 * @param longestWait longest wait between attempts
 * @param timeout longest time for one attempt, connecting included
 * @param keep how long finished deliveries can be looked up
 */
public record NotifyConfig(
        boolean allowLoopback,
        int attempts,
        Duration firstWait,
        Duration longestWait,
        Duration timeout,
        Duration keep) {
    /** Ten attempts over about nine hours, ten seconds each, no loopback, kept for 30 days. */
    public static final NotifyConfig STANDARD = new NotifyConfig(
            false, 10, Duration.ofSeconds(5), Duration.ofHours(4), Duration.ofSeconds(10), Duration.ofDays(30));

    public NotifyConfig {
        if (attempts < 1 || firstWait.isNegative() || longestWait.compareTo(firstWait) < 0 || !timeout.isPositive()) {
            throw new IllegalArgumentException(
                    "attempts must be 1 or more, 0 <= firstWait <= longestWait, timeout > 0");
        }
    }

    /** The same, with webhooks to this machine allowed. */
    public NotifyConfig withLoopback() {
        return new NotifyConfig(true, attempts, firstWait, longestWait, timeout, keep);
    }

    /** Wait after a number of failures. */
    Duration waitAfter(int failures) {
        Duration wait = firstWait.multipliedBy(1L << Math.min(failures - 1, 30));
        return wait.compareTo(longestWait) > 0 ? longestWait : wait;
    }
}
