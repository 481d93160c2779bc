package dev.pilothouse.bench;

import java.util.Arrays;

/** Durations added by many threads. */
final class Waits {
    private long[] nanos = new long[1 << 16];
    private int count;

    synchronized void add(long wait) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = wait;
    }

    synchronized Percentiles percentiles() {
        return new Percentiles(Arrays.copyOf(nanos, count));
    }
}
