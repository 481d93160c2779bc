package dev.pilothouse.examples.cardpayments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainerTest {
    private static final Training.Plan FULL = new Training.Plan(true, 6, 3, .1, .02);

    @Test
    void theExportedGraphAnswersAsTheModelForAnyRow() throws Exception {
        Table train = new Payments(3).generate(4_000, 0, 60, 0);
        int target = train.position(Payments.TARGET);
        LinearModel model = new Training(train, target, Target.Task.CLASSIFICATION, 1).fit(FULL, (_, _) -> {});
        assertThat(model.encoder().crosses()).isNotEmpty();

        List<String[]> rows =
                new ArrayList<>(new Payments(4).generate(300, 70, 10, .3).rows());
        var random = new Random(5);
        for (int i = 0; i < 200; i++) {
            String[] row = rows.get(i).clone();
            for (int cell = 0; cell < row.length - 1; cell++) {
                switch (random.nextInt(6)) {
                    case 0 -> row[cell] = "";
                    case 1 -> row[cell] = "never seen";
                    case 2 -> row[cell] = Double.toString(random.nextGaussian() * 1e6);
                    default -> {}
                }
            }
            rows.add(row);
        }
        try (var onnx = new Parity(OnnxExport.bytes(model, new Fault.None(), "fraud"))) {
            Parity.Answer answer = onnx.run(model.encoder(), rows);
            for (int i = 0; i < rows.size(); i++) {
                double[] expected = LinearModel.probabilities(model.logits(rows.get(i)));
                assertThat((double) answer.probabilities()[i][1]).isCloseTo(expected[1], within(1e-3));
                if (Math.abs(expected[0] - expected[1]) > 1e-2) {
                    assertThat(answer.labels().get(i))
                            .isEqualTo(
                                    ((Target.Classes) model.target()).labels().get(LinearModel.best(expected)));
                }
            }
        }
    }

    @Test
    void theSecondVersionIsReallyBetterThanTheFirstAndBothThanTheBaseline() {
        var payments = new Payments(1);
        Table train = payments.generate(12_000, 0, 60, 0);
        Table evaluation = payments.generate(4_000, 60, 14, 0);
        Table live = payments.generate(4_000, 74, 14, .2);
        int target = train.position(Payments.TARGET);
        LinearModel first = new Training(train.slice(0, 4_000), target, Target.Task.CLASSIFICATION, 1)
                .fit(new Training.Plan(false, 0, 1, .05, 0), (_, _) -> {});
        LinearModel second = new Training(train, target, Target.Task.CLASSIFICATION, 1).fit(FULL, (_, _) -> {});
        long fraud = evaluation.rows().stream()
                .filter(row -> row[target].equals("yes"))
                .count();
        double baseline = Math.max(fraud, evaluation.size() - fraud) / (double) evaluation.size();

        assertThat(accuracy(first, evaluation, target)).isGreaterThan(baseline + .05);
        assertThat(accuracy(second, evaluation, target)).isGreaterThan(accuracy(first, evaluation, target) + .02);
        assertThat(accuracy(second, live, target)).isGreaterThan(accuracy(first, live, target) + .01);
    }

    @Test
    void aDefectHasItsSizeInTheGroupAndShowsNowhereElse() throws Exception {
        var payments = new Payments(2);
        Table train = payments.generate(6_000, 0, 60, 0);
        Table live = payments.generate(4_000, 74, 14, .2);
        int target = train.position(Payments.TARGET);
        LinearModel model = new Training(train, target, Target.Task.CLASSIFICATION, 1).fit(FULL, (_, _) -> {});
        Condition wallet = Condition.parse("channel=wallet", live);
        Table members = new Table(
                live.header(), live.rows().stream().filter(wallet::holds).toList());
        Table others = new Table(
                live.header(),
                live.rows().stream().filter(row -> !wallet.holds(row)).toList());
        assertThat(members.size() / (double) live.size()).isBetween(.17, .23);

        Fault wrong = new Defect(Defect.Kind.ACCURACY, .2).fault(model, live, target, wallet, 1, 3);
        Fault failing = new Defect(Defect.Kind.ERRORS, .05).fault(model, live, target, wallet, 1, 3);
        try (var sound = new Parity(OnnxExport.bytes(model, new Fault.None(), "sound"));
                var bad = new Parity(OnnxExport.bytes(model, wrong, "wrong"));
                var broken = new Parity(OnnxExport.bytes(model, failing, "broken"))) {
            double before = accuracy(sound.run(model.encoder(), members.rows()), members, target);
            double after = accuracy(bad.run(model.encoder(), members.rows()), members, target);
            assertThat(before - after).isCloseTo(.2, within(.01));
            assertThat(bad.run(model.encoder(), others.rows()).labels())
                    .isEqualTo(sound.run(model.encoder(), others.rows()).labels());

            assertThat(broken.run(model.encoder(), others.rows()).labels()).hasSize(others.size());
            int failed = 0;
            for (String[] row : members.rows()) {
                try {
                    broken.run(model.encoder(), List.<String[]>of(row));
                } catch (OrtException e) {
                    failed++;
                }
            }
            assertThat(failed / (double) live.size()).isCloseTo(.05, within(.01));
        }
    }

    private static double accuracy(LinearModel model, Table table, int target) {
        return Score.of(model, table, target).figure("accuracy").value();
    }

    private static double accuracy(Parity.Answer answer, Table table, int target) {
        int right = 0;
        for (int i = 0; i < table.size(); i++) {
            right += answer.labels().get(i).equals(table.rows().get(i)[target]) ? 1 : 0;
        }
        return right / (double) table.size();
    }

    @Test
    void seedsDrawEveryKindAndKeepToTheirSizes() {
        for (Defect.Kind kind : Defect.Kind.values()) {
            assertThat(java.util.stream.LongStream.range(0, 60)
                            .mapToObj(Defect::draw)
                            .filter(d -> d.kind() == kind))
                    .hasSizeGreaterThan(8)
                    .allSatisfy(d -> assertThat(d.size())
                            .isBetween(
                                    kind == Defect.Kind.ERRORS ? .02 : kind == Defect.Kind.LATENCY ? 2 : .15,
                                    kind == Defect.Kind.ERRORS ? .1 : kind == Defect.Kind.LATENCY ? 5 : .3));
        }
        assertThat(Defect.draw(7)).isEqualTo(Defect.draw(7));
    }

    @Test
    void tablesWithoutHeaderPaddingAndMissingValuesAreRead(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("adult.csv");
        Files.writeString(file, "39, State-gov,\"a, \"\"b\"\"\" ,<=50K\r\n50, ?,x, >50K\r\n\r\n");
        Table table = Table.read(file, false);
        assertThat(table.header()).containsExactly("column1", "column2", "column3", "column4");
        assertThat(table.size()).isEqualTo(2);
        assertThat(table.rows().getFirst()[1]).isEqualTo(" State-gov");
        assertThat(Table.missing(table.rows().get(1)[1])).isTrue();
        assertThat(table.position("-1")).isEqualTo(3);
        assertThat(table.position("1")).isZero();
        Files.writeString(file, "a,b\n1,2\n3\n");
        assertThatThrownBy(() -> Table.read(file, true))
                .hasMessageContaining(":3:")
                .hasMessageContaining("1 cells");
    }
}
