package dev.pilothouse.platform.segments;

import java.time.Duration;

/**
 * How a log writes.
 *
 * @param segmentBytes size at which a segment is sealed and the next begun
 * @param durability when an append is acknowledged
 * @param syncInterval longest time that acknowledged records stay unsynced under {@link Durability#WRITE}
 */
public record SegmentConfig(long segmentBytes, Durability durability, Duration syncInterval) {
    /** 64 MiB segments, acknowledged after the write, synced every 50 ms. */
    public static final SegmentConfig STANDARD = new SegmentConfig(64L << 20, Durability.WRITE, Duration.ofMillis(50));

    public SegmentConfig {
        if (segmentBytes < 1024) {
            throw new IllegalArgumentException("A segment holds at least 1024 bytes, not " + segmentBytes);
        }
        if (syncInterval.toMillis() < 1) {
            throw new IllegalArgumentException("The sync interval is at least 1 ms, not " + syncInterval);
        }
    }

    /** The same with another size. */
    public SegmentConfig withSegmentBytes(long bytes) {
        return new SegmentConfig(bytes, durability, syncInterval);
    }

    /** The same with another durability. */
    public SegmentConfig withDurability(Durability other) {
        return new SegmentConfig(segmentBytes, other, syncInterval);
    }
}
