package dev.pilothouse.run.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SlowLimitTest {
    @Test
    void aFixedLimitStays() {
        var limit = SlowLimit.of(Optional.of(Duration.ofMillis(30)), Optional.empty());
        limit.set(Duration.ofMillis(90));
        assertThat(limit.exceededBy(millis(30))).isFalse();
        assertThat(limit.exceededBy(millis(31))).isTrue();
    }

    @Test
    void untilItIsSetAQuarterOfASecondIsSlow() {
        var limit = SlowLimit.of(Optional.empty(), Optional.empty());
        assertThat(limit.exceededBy(millis(250))).isFalse();
        assertThat(limit.exceededBy(millis(251))).isTrue();
        limit.set(Duration.ofMillis(10));
        assertThat(limit.exceededBy(millis(11))).isTrue();
    }

    @Test
    void theNextStateOfAnEndpointGoesOnFromTheLimitThatWasSet() {
        var before = SlowLimit.of(Optional.empty(), Optional.empty());
        before.set(Duration.ofMillis(10));
        assertThat(SlowLimit.of(Optional.empty(), Optional.of(before)).exceededBy(millis(11)))
                .isTrue();
        var fixed = SlowLimit.of(Optional.of(Duration.ofMillis(5)), Optional.of(before));
        assertThat(fixed.exceededBy(millis(6))).isTrue();
        assertThat(SlowLimit.of(Optional.empty(), Optional.of(fixed)).exceededBy(millis(200)))
                .isFalse();
    }

    private static long millis(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }
}
