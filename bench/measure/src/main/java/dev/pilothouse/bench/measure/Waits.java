package dev.pilothouse.bench.measure;

import java.util.Arrays;

/** Durations added by many threads. */
public final class Waits {
    private long[] nanos = new long[1 << 16];
    private int count;

    /** Adds one, in nanoseconds. */
    public synchronized void add(long wait) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = wait;
    }

    /** Of all that were added so far. */
    public synchronized Percentiles percentiles() {
        return new Percentiles(Arrays.copyOf(nanos, count));
    }
}
