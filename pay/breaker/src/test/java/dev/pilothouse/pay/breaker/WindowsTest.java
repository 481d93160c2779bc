package dev.pilothouse.pay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WindowsTest {
    /** Against a plain list of all that was spent, at random times and for random windows. */
    @Test
    void aWindowHoldsExactlyWhatWasSpentInIt() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var windows = new Windows();
        var plain = new TreeMap<Long, Long>();
        long second = 1_000_000L + random.nextInt(100_000);
        for (int step = 0; step < 20_000; step++) {
            second += random.nextInt(10) == 0 ? random.nextInt(30_000) : random.nextInt(3);
            windows.advance(second, (_, _, _) -> {});
            long amount = random.nextLong(1_000_000);
            windows.add(amount, amount);
            plain.merge(second, amount, Long::sum);
            int asked = 1 + random.nextInt(random.nextBoolean() ? 20 : Windows.LONGEST);
            Windows.Sum sum = windows.sum(asked);
            long expected = plain.tailMap(second - sum.seconds() + 1).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            assertThat(sum.nanoUsd()).as("seed %d, step %d", seed, step).isEqualTo(expected);
            assertThat(sum.seconds())
                    .as("seed %d, step %d", seed, step)
                    .isBetween(Math.min(asked, Windows.LONGEST), asked + Math.max(1, asked / 2));
            assertThat(sum.first()).isGreaterThanOrEqualTo(sum.second());
        }
    }

    @Test
    void everyBucketThatEndsIsToldOnceAtEveryLevel() {
        var windows = new Windows();
        long[] seconds = new long[Windows.LEVELS];
        long[] spent = new long[Windows.LEVELS];
        var random = new Random(1);
        long second = 0;
        windows.advance(0, (_, _, _) -> {});
        long all = 0;
        while (second < 4L * Windows.seconds(Windows.LEVELS - 1)) {
            windows.add(7, 7);
            all += 7;
            second = Math.min(4L * Windows.seconds(Windows.LEVELS - 1), second + 1 + random.nextInt(5_000));
            windows.advance(second, (level, nanoUsd, buckets) -> {
                seconds[level] += buckets * Windows.seconds(level);
                spent[level] += nanoUsd;
            });
        }
        for (int level = 0; level < Windows.LEVELS; level++) {
            assertThat(seconds[level]).isEqualTo(second);
            assertThat(spent[level]).isEqualTo(all);
        }
    }

    @Test
    void sumsThatALongDoesNotHoldStayAtTheLargest() {
        var windows = new Windows();
        windows.advance(0, (_, _, _) -> {});
        windows.add(Long.MAX_VALUE, Long.MAX_VALUE);
        windows.add(Long.MAX_VALUE, Long.MAX_VALUE);
        assertThat(windows.sum(10).nanoUsd()).isEqualTo(Long.MAX_VALUE);
    }
}
