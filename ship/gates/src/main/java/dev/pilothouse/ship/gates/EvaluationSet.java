package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.run.serving.Endpoints;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The rows of one evaluation, read once in batches and answered by each model in turn. */
final class EvaluationSet {
    private static final int BATCH = 2_000;
    private static final Duration READ_WITHIN = Duration.ofSeconds(60);
    private static final long RUN_SECONDS = 120;

    private final Datasets.Version version;
    private final List<Map<String, List<@Nullable Object>>> batches = new ArrayList<>();
    private final List<Object> target = new ArrayList<>();
    private int unlabelled;

    /** Reads the rows that have a target. */
    EvaluationSet(Ground ground, Datasets.Version version, GateSpec.Evaluation gate) {
        this.version = version;
        List<String> columns =
                version.schema().stream().map(Datasets.Column::name).toList();
        if (!columns.contains(gate.target())) {
            throw CommonError.UNPROCESSABLE.because("The evaluation data " + reference() + " has no column '"
                    + gate.target() + "' for the target." + Nearest.hint(gate.target(), columns));
        }
        long end = Math.min(version.rows(), gate.rows());
        for (long offset = 0; offset < end; offset += BATCH) {
            var batch = ground.read(version, offset, (int) Math.min(BATCH, end - offset), READ_WITHIN);
            keepLabelled(batch, gate.target());
        }
        if (target.isEmpty()) {
            throw CommonError.UNPROCESSABLE.because(
                    "The evaluation data " + reference() + " has no row with a value in '" + gate.target() + "'.");
        }
    }

    private void keepLabelled(Datasets.Batch batch, String column) {
        List<@Nullable Object> truth = batch.values().getOrDefault(column, List.of());
        var rows = new ArrayList<Integer>(truth.size());
        for (int i = 0; i < truth.size(); i++) {
            Object value = truth.get(i);
            if (value == null || (value instanceof String text && text.isBlank())) {
                unlabelled++;
            } else {
                rows.add(i);
                target.add(value);
            }
        }
        if (rows.isEmpty()) {
            return;
        }
        Map<String, List<@Nullable Object>> kept = new HashMap<>();
        batch.values().forEach((name, values) -> {
            List<@Nullable Object> chosen = new ArrayList<>(rows.size());
            for (int row : rows) {
                chosen.add(values.get(row));
            }
            kept.put(name, chosen);
        });
        batches.add(kept);
    }

    String reference() {
        return version.name() + "@" + version.version();
    }

    Datasets.Version version() {
        return version;
    }

    int rows() {
        return target.size();
    }

    int unlabelled() {
        return unlabelled;
    }

    /** The truth as the metric needs it. */
    Answers.Truth truth(GateSpec.Evaluation gate) {
        if (gate.metric().needs() != Metric.Needs.NUMBER) {
            return Values.classes(target, gate.positive());
        }
        double[] numbers = target.stream().mapToDouble(Values::number).toArray();
        for (int i = 0; i < numbers.length; i++) {
            if (!Double.isFinite(numbers[i])) {
                throw CommonError.UNPROCESSABLE.because(
                        "The target '" + gate.target() + "' of " + reference() + " holds '" + target.get(i)
                                + "', which is no number; use a metric for classes, such as accuracy.");
            }
        }
        return new Answers.Truth(List.of(), new int[0], numbers, -1);
    }

    /** Runs a model over all rows. */
    Answers answers(Ground ground, Contender contender, GateSpec.Evaluation gate, Answers.Truth truth) {
        try (Endpoints.OpenModel model =
                ground.open(version.tenant(), contender.source()).get(RUN_SECONDS, TimeUnit.SECONDS)) {
            List<String> columns =
                    version.schema().stream().map(Datasets.Column::name).toList();
            for (String input : model.inputs()) {
                if (!columns.contains(input)) {
                    throw CommonError.UNPROCESSABLE.because(contender.label() + " needs the input '" + input
                            + "', which the evaluation data " + reference() + " lacks." + Nearest.hint(input, columns));
                }
            }
            var outputs = new Outputs(contender, gate, truth, target.size());
            for (var batch : batches) {
                var columnsOfModel = new LinkedHashMap<String, List<@Nullable Object>>();
                for (String input : model.inputs()) {
                    columnsOfModel.put(input, batch.getOrDefault(input, List.of()));
                }
                outputs.add(model.run(columnsOfModel).get(RUN_SECONDS, TimeUnit.SECONDS));
            }
            return outputs.answers();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw CommonError.UNPROCESSABLE.because(contender.label() + " could not be run on " + reference() + ".", e);
        } catch (TimeoutException e) {
            throw CommonError.UNPROCESSABLE.because(
                    contender.label() + " did not answer a batch of " + reference() + " within " + RUN_SECONDS + " s.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommonError.UNAVAILABLE.because(
                    "The evaluation was interrupted; it is run again after the restart.", e);
        }
    }
}
