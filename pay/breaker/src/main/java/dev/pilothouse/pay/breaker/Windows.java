package dev.pilothouse.pay.breaker;

import java.util.Arrays;

/**
 * What an agent spent lately: for each level <i>l</i> of {@value #LEVELS} a ring of {@value #BUCKETS} buckets of 4<sup>l</sup>
 * seconds, so that the spend of any window up to {@link #LONGEST} is known to a twentieth to a fifth of its length, in some
 * kilobytes whatever the agent does. Time is counted in whole seconds of a monotonic clock. For one thread.
 */
final class Windows {
    static final int LEVELS = 8;
    private static final int BUCKETS = 20;
    /** The longest window, in seconds: 3.6 days. */
    static final int LONGEST = (BUCKETS - 1) * seconds(LEVELS - 1);

    private final long[] spent = new long[LEVELS * BUCKETS];
    /** The dearest two calls of each bucket. */
    private final long[] dearest = new long[LEVELS * BUCKETS];

    private final long[] next = new long[LEVELS * BUCKETS];
    /** Number of each level's bucket of now, counted from the second 0. */
    private final long[] current = new long[LEVELS];

    private long now = Long.MIN_VALUE;

    /** Hears of each bucket that has ended. */
    @FunctionalInterface
    interface Ended {
        /**
         * @param nanoUsd what was spent in the first of them; the others are empty
         * @param buckets how many ended, at least 1
         */
        void ended(int level, long nanoUsd, long buckets);
    }

    /**
     * Spend of a window that ends now.
     *
     * @param seconds how long it is: at least what was asked for, and less than a fifth more
     * @param nanoUsd all of it
     * @param first the dearest call in it
     * @param second the next; of calls that were added together, only the dearest is known
     */
    record Sum(int seconds, long nanoUsd, long first, long second) {}

    /** Length of a level's buckets in seconds. */
    static int seconds(int level) {
        return 1 << (2 * level);
    }

    /** Goes on to a second; an earlier one changes nothing. */
    void advance(long second, Ended ended) {
        if (now == Long.MIN_VALUE) {
            now = second;
            for (int level = 0; level < LEVELS; level++) {
                current[level] = Math.floorDiv(second, seconds(level));
            }
        }
        if (second <= now) {
            return;
        }
        now = second;
        for (int level = 0; level < LEVELS; level++) {
            long to = Math.floorDiv(second, seconds(level));
            long steps = to - current[level];
            if (steps > 0) {
                ended.ended(level, spent[at(level, current[level])], steps);
                for (long bucket = Math.max(current[level] + 1, to - BUCKETS + 1); bucket <= to; bucket++) {
                    spent[at(level, bucket)] = 0;
                    dearest[at(level, bucket)] = 0;
                    next[at(level, bucket)] = 0;
                }
                current[level] = to;
            }
        }
    }

    private static int at(int level, long bucket) {
        return level * BUCKETS + Math.floorMod(bucket, BUCKETS);
    }

    /** Adds what calls cost that are settled now, and the dearest of them. */
    void add(long nanoUsd, long dearestNanoUsd) {
        for (int level = 0; level < LEVELS; level++) {
            int at = at(level, current[level]);
            spent[at] = plus(spent[at], nanoUsd);
            next[at] = Math.max(next[at], Math.min(dearest[at], dearestNanoUsd));
            dearest[at] = Math.max(dearest[at], dearestNanoUsd);
        }
    }

    /** Sum of two amounts that are not negative; the largest long where it does not fit. */
    static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    /** What was spent in the last so many seconds, from 1 to {@link #LONGEST}. */
    Sum sum(int window) {
        int level = 0;
        while (level < LEVELS - 1 && window > (BUCKETS - 1) * seconds(level)) {
            level++;
        }
        int buckets = Math.min(BUCKETS, Math.ceilDiv(window, seconds(level)) + 1);
        long sum = 0;
        long first = 0;
        long second = 0;
        for (int back = 0; back < buckets; back++) {
            int at = at(level, current[level] - back);
            sum = plus(sum, spent[at]);
            second = Math.max(Math.max(second, next[at]), Math.min(first, dearest[at]));
            first = Math.max(first, dearest[at]);
        }
        long within = Math.floorMod(now, (long) seconds(level)) + 1;
        return new Sum((int) ((buckets - 1L) * seconds(level) + within), sum, first, second);
    }

    /** Forgets all spend. */
    void clear() {
        Arrays.fill(spent, 0);
        Arrays.fill(dearest, 0);
        Arrays.fill(next, 0);
    }
}
