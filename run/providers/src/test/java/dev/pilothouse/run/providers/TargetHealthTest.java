package dev.pilothouse.run.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.TargetHealth.Phase;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class TargetHealthTest {
    private static final Target MINI = new Target("openai", "mini", 1);

    // Where a clock in nanoseconds begins says nothing, and it may run over.
    private long now = Long.MAX_VALUE - 5;
    private final AtomicBoolean down = new AtomicBoolean();
    private final TargetHealth health = new TargetHealth(() -> now, (_, _) -> down.get());

    private Phase phase() {
        return health.standing("acme", MINI).phase();
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            health.failed("acme", MINI);
        }
    }

    @Test
    void aTargetThatFailsOnEndRestsAndIsThenTriedByOne() {
        fail(4);
        assertThat(phase()).isEqualTo(Phase.CLOSED);
        assertThat(health.admits("acme", MINI)).isTrue();
        fail(1);
        assertThat(health.standing("acme", MINI))
                .isEqualTo(new TargetHealth.Standing(Phase.OPEN, 5, Duration.ofSeconds(10)));
        assertThat(health.admits("acme", MINI)).isFalse();
        now += Duration.ofSeconds(10).toNanos();
        assertThat(phase()).isEqualTo(Phase.HALF_OPEN);
        assertThat(phase()).as("looking takes nobody's turn").isEqualTo(Phase.HALF_OPEN);
        assertThat(health.admits("acme", MINI)).isTrue();
        assertThat(health.admits("acme", MINI)).as("one tries it").isFalse();
        health.succeeded("acme", MINI);
        assertThat(health.standing("acme", MINI)).isEqualTo(new TargetHealth.Standing(Phase.CLOSED, 0, Duration.ZERO));
    }

    @Test
    void organisationsDoNotLearnOfOneAnothersTargets() {
        fail(5);
        assertThat(health.standing("rival", MINI).failures()).isZero();
        assertThat(health.admits("rival", MINI)).isTrue();
    }

    @Test
    void oneWhoseProviderAnswersNoProbesIsDownUntilItDoes() {
        fail(5);
        down.set(true);
        assertThat(phase()).isEqualTo(Phase.DOWN);
        assertThat(health.admits("acme", MINI)).isFalse();
        down.set(false);
        health.recovered("acme", "openai");
        assertThat(phase()).isEqualTo(Phase.CLOSED);
        assertThat(health.admits("acme", MINI)).isTrue();
    }
}
