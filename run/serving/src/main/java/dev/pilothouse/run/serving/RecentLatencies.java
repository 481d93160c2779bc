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
        return Optional.of(Duration.ofNanos(sorted[Math.min(count - 1, (int) (share * count))]));
    }
}
