package dev.pilothouse.trust.access;

import java.time.Duration;
import java.util.Optional;

/**
 * How long keys live, and how many wrong ones are borne.
 *
 * @param life how long a key works whose maker does not say; empty for without end
 * @param longest how long a key may work at most; empty where keys may be without end
 * @param warning how long before a key ends its owner is told; for short lives, their last fifth
 * @param wrongKeys wrong keys that one address, or all for one key's id, may send in a {@link #pause}
 * @param pause how long an address must then wait
 */
public record AccessConfig(
        Optional<Duration> life, Optional<Duration> longest, Duration warning, int wrongKeys, Duration pause) {
    /** Keys live a year, and without end where their maker asks for it; 30 wrong keys a minute. */
    public static final AccessConfig STANDARD = new AccessConfig(
            Optional.of(Duration.ofDays(365)), Optional.empty(), Duration.ofDays(14), 30, Duration.ofMinutes(1));

    public AccessConfig {
        if (wrongKeys < 1 || pause.isNegative() || pause.isZero() || warning.isNegative()) {
            throw new IllegalArgumentException("Access needs at least one wrong key and a pause of more than nothing");
        }
    }

    /** What a key lives whose maker asked for nothing: the usual life, but no longer than the longest. */
    Optional<Duration> usualLife() {
        return longest.isEmpty()
                ? life
                : Optional.of(
                        life.filter(usual -> usual.compareTo(longest.get()) < 0).orElse(longest.get()));
    }

    /** How long before its end the owner of a key that lives so long is told. */
    Duration warning(Duration wholeLife) {
        // Not dividedBy, which each request would pay for with a BigDecimal.
        Duration lastFifth = Duration.ofMillis(wholeLife.toMillis() / 5);
        return lastFifth.compareTo(warning) < 0 ? lastFifth : warning;
    }
}
