package dev.pilothouse.run.serving;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/** How long an endpoint's last answers took: a ring that many threads write and that forgets the oldest. */
final class RecentLatencies {
    private static final int KEPT = 2_048;
    /** Fewer answers say too little about a percentile. */
    private static final int ENOUGH = 100;

    private final AtomicLongArray ring = new AtomicLongArray(KEPT);
    private final AtomicInteger added = new AtomicInteger();

    void add(long nanos) {
        ring.set(Math.floorMod(added.getAndIncrement(), KEPT), Math.max(1, nanos));
    }

    /** The latency that a share (0 to 1) of the last answers did not exceed; empty where there were too few. */
    Optional<Duration> percentile(double share) {
        return sorted().map(sorted -> at(sorted, share));
    }

    /** The usual percentiles; empty where there were too few answers. */
    Optional<Latencies> percentiles() {
        return sorted().map(sorted -> new Latencies(at(sorted, 0.5), at(sorted, 0.95), at(sorted, 0.99)));
    }

    private static Duration at(long[] sorted, double share) {
        return Duration.ofNanos(sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))]);
    }

    private Optional<long[]> sorted() {
        long[] sorted = new long[KEPT];
        int count = 0;
        for (int i = 0; i < KEPT; i++) {
            long nanos = ring.get(i);
            if (nanos > 0) {
                sorted[count++] = nanos;
            }
        }
        if (count < ENOUGH) {
            return Optional.empty();
        }
        Arrays.sort(sorted, 0, count);
        return Optional.of(Arrays.copyOf(sorted, count));
    }
}
