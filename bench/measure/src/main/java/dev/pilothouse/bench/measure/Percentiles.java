package dev.pilothouse.bench.measure;

import java.util.Arrays;
import java.util.List;

/** Exact percentiles of measured durations. */
public final class Percentiles {
    private final long[] sorted;

    /** Takes durations in nanoseconds; the array is copied. */
    public Percentiles(long[] nanos) {
        sorted = nanos.clone();
        Arrays.sort(sorted);
    }

    /** The duration in milliseconds below which the given share (0 to 1) of all lie; NaN where there is none. */
    public double millis(double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int index = (int) Math.min(sorted.length - 1L, (long) Math.ceil(share * sorted.length) - 1);
        return sorted[Math.max(0, index)] / 1e6;
    }

    /** The middle value, the upper of two; NaN where there is none or one is NaN. */
    public static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        // NaN sorts last.
        return sorted.length == 0 || Double.isNaN(sorted[sorted.length - 1]) ? Double.NaN : sorted[sorted.length / 2];
    }

    /** As the other. */
    public static double median(List<Double> values) {
        return median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
