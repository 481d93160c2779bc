package dev.pilothouse.examples.cardpayments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OwnDataTest {
    private static Path data(String file) {
        String set = System.getenv("PILOTHOUSE_DATA");
        Path root = set == null ? Path.of("../../../shared/data") : Path.of(set);
        Path found = root.resolve("tabular").resolve(file);
        Assumptions.assumeTrue(Files.exists(found), "There is no " + found + "; set PILOTHOUSE_DATA.");
        return found;
    }

    @ParameterizedTest
    @CsvSource({
        "adult-train.csv, -1, false, .08",
        "german-credit.csv, -1, false, .0",
        "telco-churn.csv, Churn, true, .04",
        "electricity.csv, class, true, .15",
        "california-housing.csv, median_house_value, true, .55"
    })
    void aRealTableTrainsBeyondItsBaselineAndTakesEveryDefect(
            String file, String target, boolean header, double gain, @TempDir Path folder) throws Exception {
        Scenario scenario = Scenario.own(folder, data(file), target, Optional.empty(), header, 3);
        Table train = Table.read(folder.resolve("train-2.csv"), true);
        Table evaluation = Table.read(folder.resolve("evaluation.csv"), true);
        Table live = Table.read(folder.resolve("live.csv"), true);
        Condition group = Condition.parse(scenario.group(), live);
        int position = train.position(scenario.target());
        assertThat(evaluation.rows()).noneMatch(group::holds);
        assertThat(live.rows().stream().filter(group::holds).count() / (double) live.size())
                .isBetween(.05, .4);

        LinearModel model = new Training(train, position, scenario.task(), 1)
                .fit(new Training.Plan(true, 8, 4, .1, .02), (_, _) -> {});
        Score score = Score.of(model, evaluation, position);
        Score baseline = Score.simplest(model.target(), evaluation, position);
        System.out.println(file + ": " + scenario.group() + ", " + score.beside(baseline));
        assertThat(scenario.task())
                .isEqualTo(header && gain > .5 ? Target.Task.REGRESSION : Target.Task.CLASSIFICATION);
        if (scenario.task() == Target.Task.REGRESSION) {
            assertThat(score.figure("r2").low()).isGreaterThanOrEqualTo(gain);
            assertThat(score.figure("rmse").high())
                    .isLessThan(baseline.figure("rmse").low());
            assertThat(baseline.figure("r2").value()).isCloseTo(0, within(.01));
        } else {
            assertThat(score.value()).isGreaterThanOrEqualTo(baseline.value() + gain);
        }

        for (Defect.Kind kind : Defect.Kind.values()) {
            double size = kind == Defect.Kind.LATENCY ? 3 : kind == Defect.Kind.ERRORS ? .05 : .2;
            Fault fault = new Defect(kind, size).fault(model, live, position, group, 1, 3);
            try (var onnx = new Parity(OnnxExport.bytes(model, fault, "own"))) {
                onnx.check(model, fault, live);
                onnx.run(model.encoder(), evaluation.rows());
                if (kind == Defect.Kind.ERRORS) {
                    assertThat(failing(onnx, model, live.slice(0, 1_500))).isCloseTo(.05, within(.03));
                }
            }
        }
    }

    private static double failing(Parity onnx, LinearModel model, Table live) {
        int failed = 0;
        for (String[] row : live.rows()) {
            try {
                onnx.run(model.encoder(), List.<String[]>of(row));
            } catch (OrtException e) {
                failed++;
            }
        }
        return failed / (double) live.size();
    }
}
