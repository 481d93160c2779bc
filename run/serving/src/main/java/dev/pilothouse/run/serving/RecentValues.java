package dev.pilothouse.run.serving;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The last values of some measure, such as how long answers took in nanoseconds: a ring that many threads write and that
 * forgets the oldest.
 */
final class RecentValues {
    private static final int KEPT = 2_048;
    /** Fewer values say too little about a percentile. */
    private static final int ENOUGH = 100;

    private final AtomicLongArray ring = new AtomicLongArray(KEPT);
    private final AtomicInteger added = new AtomicInteger();

    /** Adds a value; one below 1 counts as 1, because 0 marks a place that nothing was written to. */
    void add(long value) {
        ring.set(Math.floorMod(added.getAndIncrement(), KEPT), Math.max(1, value));
    }

    /** How many values are known. */
    int size() {
        return Math.clamp(added.get() & Integer.MAX_VALUE, 0, KEPT);
    }

    /** The value that a share (0 to 1) of the last ones did not exceed; empty where there were too few. */
    OptionalLong percentile(double share) {
        return sorted().map(sorted -> OptionalLong.of(at(sorted, share))).orElse(OptionalLong.empty());
    }

    /** The usual percentiles of nanoseconds; empty where there were too few answers. */
    Optional<Latencies> latencies() {
        return sorted().map(sorted -> new Latencies(
                Duration.ofNanos(at(sorted, 0.5)),
                Duration.ofNanos(at(sorted, 0.95)),
                Duration.ofNanos(at(sorted, 0.99))));
    }

    private static long at(long[] sorted, double share) {
        return sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))];
    }

    private Optional<long[]> sorted() {
        long[] sorted = new long[KEPT];
        int count = 0;
        for (int i = 0; i < KEPT; i++) {
            long value = ring.get(i);
            if (value > 0) {
                sorted[count++] = value;
            }
        }
        if (count < ENOUGH) {
            return Optional.empty();
        }
        Arrays.sort(sorted, 0, count);
        return Optional.of(Arrays.copyOf(sorted, count));
    }
}
