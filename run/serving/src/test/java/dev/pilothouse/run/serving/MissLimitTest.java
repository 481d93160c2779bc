package dev.pilothouse.run.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MissLimitTest {
    private final OutcomeCounter counter = new OutcomeCounter(() -> Instant.EPOCH);
    private final RecentValues stable = new RecentValues();

    private Labels labels(MissLimit limit, RecentValues misses) {
        var spec = new EndpointSpec(
                "acme",
                "m",
                "r",
                List.of(new EndpointSpec.Variant(
                        "1", new ModelSource.Remote(java.net.URI.create("http://h"), "m"), 1_000)),
                Optional.empty(),
                0,
                Optional.empty(),
                OptionalDouble.empty(),
                1,
                0);
        return new Labels(counter.variant(spec, "1", false, false), misses, limit);
    }

    private OutcomeCount taken() {
        return counter.take().stream()
                .findFirst()
                .orElseGet(() -> new OutcomeCount("acme", "m", "r", "1", false, false, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void aNumberIsWrongBeyondTwiceTheMedianMissOfProduction() {
        var limit = new MissLimit(OptionalDouble.empty(), stable);
        Labels labels = labels(limit, stable);
        var random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            labels.count(100 + 10 * random.nextGaussian(), "100");
        }
        assertThat(taken().labelled())
                .as("nothing is judged before the limit is known")
                .isZero();
        limit.refresh();
        // The median of |N(0, 10)| is 6.745.
        assertThat(limit.now().orElseThrow()).isBetween(12.5, 14.5);
        for (int i = 0; i < 4_000; i++) {
            labels.count(100 + 10 * random.nextGaussian(), "100.0");
        }
        OutcomeCount counted = taken();
        assertThat(counted.labelled()).isEqualTo(4_000);
        assertThat(counted.wrong() / 4_000.0).as("P(|N| > 1.349)").isBetween(.15, .205);
    }

    @Test
    void classesThatAreWrittenAsNumbersMustBeMetExactly() {
        var limit = new MissLimit(OptionalDouble.empty(), stable);
        Labels labels = labels(limit, stable);
        for (int i = 0; i < 300; i++) {
            labels.count(1f, i % 4 == 0 ? "0" : "1");
        }
        limit.refresh();
        taken();
        assertThat(limit.now()).hasValue(0);
        labels.count(1f, "1.0");
        labels.count(1f, "0");
        OutcomeCount counted = taken();
        assertThat(counted.labelled()).isEqualTo(2);
        assertThat(counted.wrong()).isEqualTo(1);
    }

    @Test
    void aFixedLimitHoldsAtOnceAndWhatIsNoNumberIsWrong() {
        Labels labels = labels(new MissLimit(OptionalDouble.of(.5), stable), stable);
        labels.count(1.0, "1.5");
        labels.count(1.0, "1.6");
        labels.count(Double.NaN, "1");
        labels.count(0.1f, "0.1");
        labels.count("cat", "cat");
        labels.count(3L, "4");
        OutcomeCount counted = taken();
        assertThat(counted.labelled()).isEqualTo(6);
        assertThat(counted.wrong()).isEqualTo(3);
    }

    @Test
    void aWorseVersionDoesNotMoveTheLimitItIsHeldTo() {
        var limit = new MissLimit(OptionalDouble.empty(), stable);
        Labels production = labels(limit, stable);
        Labels candidate = labels(limit, new RecentValues());
        for (int i = 0; i < 200; i++) {
            production.count(1.0 + i % 3, "1");
            candidate.count(1_000.0, "1");
        }
        limit.refresh();
        assertThat(limit.now()).hasValue(2);
    }
}
