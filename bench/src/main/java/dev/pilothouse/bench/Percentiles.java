package dev.pilothouse.bench;

import java.util.Arrays;

/** Exact percentiles of measured durations. */
final class Percentiles {
    private final long[] sorted;

    /** Takes durations in nanoseconds; the array is copied. */
    Percentiles(long[] nanos) {
        sorted = nanos.clone();
        Arrays.sort(sorted);
    }

    /** The duration in milliseconds below which the given share (0 to 1) of all lie; NaN where there is none. */
    double millis(double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int index = (int) Math.min(sorted.length - 1L, (long) Math.ceil(share * sorted.length) - 1);
        return sorted[Math.max(0, index)] / 1e6;
    }
}
