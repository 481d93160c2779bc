package dev.pilothouse.run.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SlowLimitTest {
    @Test
    void aFixedLimitStays() {
        var latencies = answers(1_000, 5);
        var limit = new SlowLimit(Optional.of(Duration.ofMillis(30)), latencies);
        limit.refresh();
        assertThat(limit.exceededBy(millis(30))).isFalse();
        assertThat(limit.exceededBy(millis(31))).isTrue();
    }

    @Test
    void anAutomaticLimitIsTwiceTheMedianAndFollowsTheLoad() {
        var latencies = answers(1_000, 5);
        var limit = new SlowLimit(Optional.empty(), latencies);
        assertThat(limit.exceededBy(millis(10))).isFalse();
        assertThat(limit.exceededBy(millis(11))).isTrue();
        for (int i = 0; i < 3_000; i++) {
            latencies.add(millis(40));
        }
        assertThat(limit.exceededBy(millis(79)))
                .as("nothing changes before counts are taken")
                .isTrue();
        limit.refresh();
        assertThat(limit.exceededBy(millis(79))).isFalse();
        assertThat(limit.exceededBy(millis(81))).isTrue();
    }

    @Test
    void withoutEnoughAnswersAQuarterOfASecondIsSlow() {
        var limit = new SlowLimit(Optional.empty(), answers(99, 5));
        assertThat(limit.exceededBy(millis(249))).isFalse();
        assertThat(limit.exceededBy(millis(251))).isTrue();
    }

    private static RecentValues answers(int count, long millis) {
        var latencies = new RecentValues();
        for (int i = 0; i < count; i++) {
            latencies.add(millis(millis));
        }
        return latencies;
    }

    private static long millis(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }
}
