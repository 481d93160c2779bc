package dev.pilothouse.ship.gates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.run.serving.ModelSource;
import dev.pilothouse.trust.policy.Approvals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GatesTest {
    private final Fake ground = new Fake();

    @SuppressWarnings("NullAway") // none of these tests asks for an approval
    private final Gates gates = new Gates(ground, (Approvals) null);

    @Test
    void aCandidateAboveTheBarAndAsGoodAsProductionPassesWithEvidence() {
        ground.rows(5_000, x -> x > 0.7 ? "fraud" : "fine");
        var good = ground.model("fraud/2", x -> x > 0.69 ? "fraud" : "fine");
        var old = ground.model("fraud/1", x -> x > 0.8 ? "fraud" : "fine");
        var outcome = gates.run("acme", gate(Metric.ACCURACY, 0.9, 0.01), good, Optional.of(old));
        assertThat(outcome).isInstanceOf(GateOutcome.Passed.class);
        assertThat(outcome.sentence()).contains("fraud/2", "eval@1", "5000 rows", "majority baseline", "fraud/1");
        var evidence = outcome.evidence();
        assertThat(evidence.path("candidate").path("digest").stringValue()).startsWith("sha256:");
        assertThat(evidence.path("dataset").path("version").intValue()).isEqualTo(1);
        assertThat(Double.parseDouble(evidence.path("baseline").path("value").stringValue()))
                .isCloseTo(0.7, within(0.03));
        // The ledger takes it, and the same digests give the same evidence.
        String canonical = CanonicalJson.text(evidence);
        var again = gates.run("acme", gate(Metric.ACCURACY, 0.9, 0.01), good, Optional.of(old));
        assertThat(CanonicalJson.text(again.evidence())).isEqualTo(canonical);
    }

    @Test
    void aCandidateBelowTheBarFailsWithTheNumbers() {
        ground.rows(500, x -> x > 0.5 ? 1L : 0L);
        var coin = ground.model("coin/1", x -> 1.0);
        var outcome = gates.run("acme", gate(Metric.ACCURACY, 0.9, 0.01), coin, Optional.empty());
        assertThat(outcome).isInstanceOf(GateOutcome.Failed.class);
        assertThat(outcome.sentence()).contains("below the required 0.9").contains("majority baseline");
    }

    @Test
    void aCandidateClearlyWorseThanProductionFailsAndOneThatMayBeCannotBeJudged() {
        ground.rows(4_000, x -> x > 0.5 ? "a" : "b");
        var production = ground.model("m/1", x -> x > 0.5 ? "a" : "b");
        var worse = ground.model("m/2", x -> x > 0.55 ? "a" : "b");
        var outcome = gates.run("acme", gate(Metric.ACCURACY, 0.5, 0.01), worse, Optional.of(production));
        assertThat(outcome).isInstanceOf(GateOutcome.Failed.class);
        assertThat(outcome.sentence()).contains("at most 0.01 worse is allowed");

        ground.rows(40, x -> x > 0.5 ? "a" : "b");
        var slightly = ground.model("m/3", x -> x > 0.52 ? "a" : "b");
        var other = ground.model("m/4", x -> x > 0.5 ? "a" : "b");
        var chance = gates.run("acme", gate(Metric.ACCURACY, 0.5, 0.0), slightly, Optional.of(other));
        assertThat(chance).isInstanceOf(GateOutcome.Undecided.class);
        assertThat(chance.sentence()).startsWith("Cannot judge.").contains("cannot tell it from chance", "add rows");
        var lenient = gates.run("acme", gate(Metric.ACCURACY, 0.5, 0.0, 10, true), slightly, Optional.of(other));
        assertThat(lenient).isInstanceOf(GateOutcome.Passed.class);
        assertThat(lenient.sentence()).startsWith("Cannot judge, and passes because");
    }

    @Test
    void tooFewRowsCannotJudgeWhateverTheySay() {
        ground.rows(40, x -> x > 0.5 ? "a" : "b");
        var right = ground.model("m/1", x -> x > 0.5 ? "a" : "b");
        var few = gates.run("acme", gate(Metric.ACCURACY, 0.5, 0.0, 100, false), right, Optional.empty());
        assertThat(few).isInstanceOf(GateOutcome.Undecided.class);
        assertThat(few.sentence()).contains("40 rows with a value in 'target' are fewer than the 100");
        assertThat(few.evidence().path("undecided").booleanValue()).isTrue();
        assertThat(few.evidence().path("candidate").path("value").stringValue()).isEqualTo("1");
    }

    @Test
    void theInputsOfAGateAreTheSameUntilTheDatasetOrItsExpectationsChange() {
        ground.rows(100, x -> x > 0.5 ? "a" : "b");
        var data = new GateSpec.Data("eval");
        var evaluation = gate(Metric.ACCURACY, 0.5, 0.01);
        Digest first = gates.inputs("acme", data);
        Digest evaluated = gates.inputs("acme", evaluation);
        assertThat(gates.run("acme", data).evidence().path("inputs").stringValue())
                .isEqualTo(first.toString());
        assertThat(gates.inputs("acme", data)).isEqualTo(first);
        ground.expectations = "amount is below 10";
        assertThat(gates.inputs("acme", data)).isNotEqualTo(first);
        assertThat(gates.inputs("acme", evaluation)).isEqualTo(evaluated);
    }

    @Test
    void probabilitiesGiveAucAndLogLoss() {
        ground.rows(2_000, x -> x > 0.5);
        var scorer = ground.model("s/1", x -> new double[] {1 - x, x});
        var auc = gates.run("acme", gate(Metric.AUC, 0.99, 0.01), scorer, Optional.empty());
        assertThat(auc).isInstanceOf(GateOutcome.Passed.class);
        assertThat(auc.evidence().path("candidate").path("value").stringValue()).isEqualTo("1");
        assertThat(auc.evidence().path("baseline").path("value").stringValue()).isEqualTo("0.5");
        var logLoss = gates.run("acme", gate(Metric.LOG_LOSS, 0, 0.01), scorer, Optional.empty());
        // ∫ -ln p over the right half is 1 - ln 2 on average.
        assertThat(Double.parseDouble(
                        logLoss.evidence().path("candidate").path("value").stringValue()))
                .isCloseTo(1 - Math.log(2), within(0.02));
    }

    @Test
    void aNumericTargetIsMeasuredInItsUnit() {
        ground.rows(1_000, x -> 100 * x);
        var model = ground.model("r/1", x -> 100 * x + 3);
        var rmse = gates.run("acme", gate(Metric.RMSE, 0, 1), model, Optional.empty());
        assertThat(rmse.evidence().path("candidate").path("value").stringValue())
                .isEqualTo("3");
        assertThat(rmse.evidence().path("baseline").path("kind").stringValue()).isEqualTo("mean");
        var r2 = rmse.evidence().path("measures").path("r2");
        // The variance of 100 x is 100² / 12, of which the squared error takes 9.
        assertThat(Double.parseDouble(r2.path("value").stringValue())).isCloseTo(1 - 9 / 833.3, within(0.001));
        assertThat(r2.path("mean").stringValue()).isEqualTo("0");
    }

    @Test
    void lossesOfNumbersAreComparedInPairs() {
        var noise = new Random(3);
        ground.rows(3_000, x -> 100 * x + 20 * noise.nextGaussian());
        var production = ground.model("r/1", x -> 100 * x);
        var same = ground.model("r/2", x -> 100 * x + 0.1);
        var shifted = ground.model("r/3", x -> 100 * x + 8);
        var passed = gates.run("acme", worst(Metric.RMSE, 25, 0.2), same, Optional.of(production));
        assertThat(passed).isInstanceOf(GateOutcome.Passed.class);
        // Each alone is known to about ±0.5, the difference of the two far better, because they miss the same rows.
        var difference = passed.evidence().path("worseThanProductionBy");
        assertThat(Double.parseDouble(difference.path("high").stringValue())
                        - Double.parseDouble(difference.path("low").stringValue()))
                .isLessThan(0.05);
        for (Metric metric : List.of(Metric.RMSE, Metric.MAE)) {
            assertThat(gates.run("acme", worst(metric, 25, 0.2), shifted, Optional.of(production)))
                    .isInstanceOf(GateOutcome.Failed.class);
        }
        assertThat(gates.run("acme", gate(Metric.R2, 0.5, 0.01), shifted, Optional.of(production))
                        .sentence())
                .contains("The r2 of r/3", "mean baseline 0", "at most 0.01 worse is allowed");
        assertThat(gates.run("acme", worst(Metric.RMSE, 10, 0.2), same, Optional.of(production))
                        .sentence())
                .contains("above the allowed 10");
    }

    @Test
    void aMissingColumnOrDatasetFailsWithTheNearestName() {
        ground.rows(100, x -> "a");
        var model = ground.model("m/1", x -> "a");
        var typo = new GateSpec.Evaluation(
                "eval",
                "tagret",
                Metric.ACCURACY,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                1_000,
                100,
                false);
        assertThat(gates.run("acme", typo, model, Optional.empty()).sentence()).contains("Did you mean 'target'?");
        var absent = gates.run("acme", new GateSpec.Data("nowhere"));
        assertThat(absent).isInstanceOf(GateOutcome.Failed.class);
        ground.down = true;
        assertThatThrownBy(() -> gates.run("acme", new GateSpec.Data("eval")))
                .as("what can be tried again is not a red gate")
                .hasMessageContaining("unavailable");
    }

    @Test
    void brokenExpectationsAreNamed() {
        ground.rows(10, x -> "a");
        ground.broken = List.of("amount is never negative: 3 rows, such as 7");
        var outcome = gates.run("acme", new GateSpec.Data("eval"));
        assertThat(outcome).isInstanceOf(GateOutcome.Failed.class);
        assertThat(outcome.sentence())
                .isEqualTo("eval@1 breaks 1 of 4 expectations: amount is never negative: 3 rows, such as 7.");
    }

    private static GateSpec.Evaluation gate(Metric metric, double min, double noWorse) {
        return gate(metric, min, noWorse, 10, false);
    }

    private static GateSpec.Evaluation worst(Metric metric, double max, double noWorse) {
        return new GateSpec.Evaluation(
                "eval",
                "target",
                metric,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.empty(),
                OptionalDouble.of(max),
                OptionalDouble.of(noWorse),
                50_000,
                100,
                false);
    }

    private static GateSpec.Evaluation gate(
            Metric metric, double min, double noWorse, int minRows, boolean passUnsure) {
        return new GateSpec.Evaluation(
                "eval",
                "target",
                metric,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.of(min),
                OptionalDouble.empty(),
                OptionalDouble.of(noWorse),
                50_000,
                minRows,
                passUnsure);
    }

    /** One dataset with a column x in [0, 1) and a target, and models that are functions of x. */
    private static final class Fake implements Ground {
        String expectations = "amount is not null";
        private final Map<Digest, DoubleFunction<Object>> models = new HashMap<>();
        private List<Object> x = List.of();
        private List<Object> target = List.of();
        private List<String> broken = List.of();
        private boolean down;

        void rows(int rows, DoubleFunction<Object> truth) {
            var random = new Random(1);
            x = new ArrayList<>();
            target = new ArrayList<>();
            for (int i = 0; i < rows; i++) {
                double value = random.nextDouble();
                x.add(value);
                target.add(truth.apply(value));
            }
        }

        Contender model(String label, DoubleFunction<Object> function) {
            Digest digest = Digest.of(label);
            models.put(digest, function);
            return new Contender(label, digest, new ModelSource.Onnx(digest, Map.of()));
        }

        @Override
        public Datasets.Version resolve(String tenant, String reference) {
            if (!reference.equals("eval")) {
                throw CommonError.NOT_FOUND.because("There is no dataset '" + reference + "'.");
            }
            return new Datasets.Version(
                    tenant,
                    "eval",
                    1,
                    Digest.of("eval"),
                    Map.of(),
                    List.of(
                            new Datasets.Column("x", Datasets.ColumnType.DOUBLE),
                            new Datasets.Column("target", Datasets.ColumnType.TEXT)),
                    x.size(),
                    "ada",
                    Instant.EPOCH);
        }

        @Override
        public Datasets.Batch read(Datasets.Version version, long offset, int limit, Duration within) {
            Map<String, List<@Nullable Object>> values = new HashMap<>();
            values.put("x", new ArrayList<@Nullable Object>(x.subList((int) offset, (int) offset + limit)));
            values.put("target", new ArrayList<@Nullable Object>(target.subList((int) offset, (int) offset + limit)));
            return new Datasets.Batch(version.schema(), values);
        }

        @Override
        public Datasets.Validation validate(Datasets.Version version, Duration within) {
            if (down) {
                throw CommonError.UNAVAILABLE.because("Busy.");
            }
            return new Datasets.Validation(broken.isEmpty(), 4, broken);
        }

        @Override
        public Digest expectations(String tenant, String dataset) {
            return Digest.of(expectations);
        }

        @Override
        public CompletableFuture<Endpoints.OpenModel> open(String tenant, ModelSource source) {
            var function = Objects.requireNonNull(models.get(((ModelSource.Onnx) source).graph()));
            return CompletableFuture.completedFuture(new Endpoints.OpenModel() {
                @Override
                public List<String> inputs() {
                    return List.of("x");
                }

                @Override
                public CompletableFuture<Map<String, List<Object>>> run(Map<String, ? extends List<?>> columns) {
                    var answers = new ArrayList<Object>();
                    for (Object value : Objects.requireNonNull(columns.get("x"))) {
                        answers.add(function.apply((Double) value));
                    }
                    return CompletableFuture.completedFuture(Map.of("y", answers));
                }

                @Override
                public void close() {}
            });
        }
    }
}
