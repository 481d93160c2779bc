package dev.pilothouse.examples.cardpayments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How good answers to held-out rows are: accuracy of classes; RMSE, MAE and R2 of numbers. Each comes with a 95 % interval
 * (percentile bootstrap over the rows, 400 resamples) and beside the same of the simplest model, which always answers the
 * most frequent class or the mean.
 */
final class Score {
    private static final int RESAMPLES = 400;

    /** A measure's value with its interval. */
    record Figure(double value, double low, double high) {
        String text() {
            return String.format(
                    Locale.ROOT, "%s (95 %% interval %s to %s)", shortened(value), shortened(low), shortened(high));
        }

        private static String shortened(double value) {
            // A mean's R2 is 0 but for rounding, which would read as -0.0000.
            double shown = Math.abs(value) < 5e-5 ? 0 : value;
            return String.format(Locale.ROOT, Math.abs(shown) >= 1_000 ? "%,.0f" : "%.4f", shown);
        }
    }

    private final boolean numeric;
    private final double[] predicted;
    private final double[] truth;
    private final Map<String, Figure> figures = new LinkedHashMap<>();

    private Score(boolean numeric, double[] predicted, double[] truth) {
        this.numeric = numeric;
        this.predicted = predicted;
        this.truth = truth;
        if (numeric) {
            add("rmse", rows -> Math.sqrt(mean(rows, i -> square(this.predicted[i] - this.truth[i]))));
            add("mae", rows -> mean(rows, i -> Math.abs(this.predicted[i] - this.truth[i])));
            add("r2", this::r2);
        } else {
            add("accuracy", rows -> mean(rows, i -> this.predicted[i] == this.truth[i] ? 1 : 0));
        }
    }

    /** Scores a model. */
    static Score of(LinearModel model, Table table, int target) {
        var truth = truth(model.target(), table, target);
        double[] predicted = table.rows().stream()
                .mapToDouble(row -> switch (model.target()) {
                    case Target.Classes _ -> LinearModel.best(model.logits(row));
                    case Target.Quantity quantity -> quantity.value(model.logits(row));
                })
                .toArray();
        return new Score(model.target() instanceof Target.Quantity, predicted, truth);
    }

    /** Scores the simplest model for a target: the rows' most frequent class, or the training rows' mean. */
    static Score simplest(Target kind, Table table, int target) {
        double[] truth = truth(kind, table, target);
        double[] predicted = new double[truth.length];
        Arrays.fill(
                predicted,
                switch (kind) {
                    case Target.Classes _ -> mode(truth);
                    case Target.Quantity quantity -> quantity.mean();
                });
        return new Score(kind instanceof Target.Quantity, predicted, truth);
    }

    private static double[] truth(Target kind, Table table, int target) {
        return table.rows().stream()
                .mapToDouble(row -> switch (kind) {
                    case Target.Classes classes -> classes.labels().indexOf(row[target].strip());
                    case Target.Quantity _ -> Encoder.number(row[target]);
                })
                .toArray();
    }

    private static double mode(double[] values) {
        var counts = new HashMap<Double, Integer>();
        Arrays.stream(values).forEach(value -> counts.merge(value, 1, Integer::sum));
        return counts.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(0.0);
    }

    private void add(String name, ToDoubleFunction<int[]> measure) {
        int n = truth.length;
        double value = measure.applyAsDouble(IntStream.range(0, n).toArray());
        var random = new Random(17);
        double[] resampled = new double[RESAMPLES];
        for (int b = 0; b < RESAMPLES; b++) {
            resampled[b] = measure.applyAsDouble(
                    IntStream.range(0, n).map(_ -> random.nextInt(n)).toArray());
        }
        Arrays.sort(resampled);
        int cut = RESAMPLES / 40;
        figures.put(name, new Figure(value, resampled[cut], resampled[RESAMPLES - 1 - cut]));
    }

    private static double mean(int[] rows, java.util.function.IntToDoubleFunction value) {
        double sum = 0;
        for (int row : rows) {
            sum += value.applyAsDouble(row);
        }
        return sum / rows.length;
    }

    private double r2(int[] rows) {
        double mean = mean(rows, i -> truth[i]);
        return 1 - mean(rows, i -> square(predicted[i] - truth[i])) / mean(rows, i -> square(truth[i] - mean));
    }

    private static double square(double x) {
        return x * x;
    }

    /** The measure that decides: accuracy, or RMSE. */
    String main() {
        return numeric ? "rmse" : "accuracy";
    }

    double value() {
        return figure(main()).value();
    }

    boolean better(Score other) {
        return numeric ? value() < other.value() : value() > other.value();
    }

    Figure figure(String name) {
        Figure figure = figures.get(name);
        if (figure == null) {
            throw new IllegalArgumentException("There is no measure '" + name + "' here.");
        }
        return figure;
    }

    /** Every measure's value, for a run's metrics. */
    Map<String, Double> values() {
        var values = new LinkedHashMap<String, Double>();
        figures.forEach((name, figure) -> values.put(name, figure.value()));
        return values;
    }

    /** All measures beside the simplest model's, a line each. */
    List<String> beside(Score simplest) {
        var lines = new ArrayList<String>();
        figures.forEach((name, figure) -> lines.add(String.format(
                Locale.ROOT,
                "%s %s, %s baseline %s",
                name,
                figure.text(),
                numeric ? "mean" : "majority",
                simplest.figure(name).text())));
        return lines;
    }
}
