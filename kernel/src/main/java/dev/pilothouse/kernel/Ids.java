package dev.pilothouse.kernel;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * A source of ids: 32 lower-case hex digits, laid out as UUID version 7 (RFC 9562, section 5.7) without dashes, so that
 * they sort by creation within a process even when the clock jumps back. Thread-safe.
 */
public final class Ids {
    private final InstantSource clock;
    private final RandomGenerator random;
    /** Last issued 48-bit milliseconds followed by a 12-bit counter. */
    private final AtomicLong last = new AtomicLong();

    /** Ids from a given clock and randomness; tests pass seeded ones. */
    public Ids(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** Ids from the system clock and secure randomness. */
    public static Ids secure(InstantSource clock) {
        return new Ids(clock, new SecureRandom());
    }

    /** A new id. */
    public String next() {
        long stamp = last.updateAndGet(previous -> Math.max(previous + 1, clock.millis() << 12));
        long high = ((stamp >>> 12) << 16) | 0x7000 | (stamp & 0xfff);
        long low = (random.nextLong() >>> 2) | 0x8000000000000000L;
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }
}
