package dev.pilothouse.run.splits;

import java.util.Arrays;
import java.util.OptionalLong;

/** The last values of some measure and their median. Guarded by whoever has it. */
final class RecentValues {
    private static final int KEPT = 512;
    /** Fewer say too little about a median. */
    static final int ENOUGH = 20;

    private final long[] ring = new long[KEPT];
    private long added;

    void add(long value) {
        ring[(int) (added++ % KEPT)] = value;
    }

    int size() {
        return (int) Math.min(added, KEPT);
    }

    /** Empty where there were too few. */
    OptionalLong median() {
        if (size() < ENOUGH) {
            return OptionalLong.empty();
        }
        long[] sorted = Arrays.copyOf(ring, size());
        Arrays.sort(sorted);
        return OptionalLong.of(sorted[sorted.length / 2]);
    }
}
