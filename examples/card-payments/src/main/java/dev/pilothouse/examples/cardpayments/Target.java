package dev.pilothouse.examples.cardpayments;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;

/** What a model predicts, and what its linear part's outputs mean. */
sealed interface Target {
    /** A number with more different values than this is no class. */
    int MOST_CLASSES = 30;

    /** The kinds of prediction, as the command line names them. */
    enum Task {
        CLASSIFICATION,
        REGRESSION;

        /** Reads {@code classification} or {@code regression}. */
        static Task parse(String text) {
            for (Task task : values()) {
                if (task.label().equals(text)) {
                    return task;
                }
            }
            throw new IllegalArgumentException("There is no task '" + text + "'; use classification or regression.");
        }

        /** A column of numbers with many different values is a number to predict; any other holds classes. */
        static Task of(Table table, int column) {
            Set<String> different = new HashSet<>();
            for (String[] row : table.rows()) {
                if (!Double.isFinite(Encoder.number(row[column]))) {
                    return CLASSIFICATION;
                }
                different.add(row[column].strip());
            }
            return different.size() > MOST_CLASSES ? REGRESSION : CLASSIFICATION;
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One of some classes; the linear part gives a logit for each. */
    record Classes(List<String> labels) implements Target {
        public Classes {
            labels = List.copyOf(labels);
        }
    }

    /** A number: the linear part gives it in standard deviations from the mean. */
    record Quantity(double mean, double scale) implements Target {
        double value(double[] output) {
            return mean + scale * output[0];
        }

        double standardised(String cell) {
            return (Encoder.number(cell) - mean) / scale;
        }
    }

    /** Learns from training rows. */
    static Target learn(Table table, int column, Task task) {
        String name = table.header().get(column);
        if (task == Task.REGRESSION) {
            double[] values = table.rows().stream()
                    .mapToDouble(row -> Encoder.number(row[column]))
                    .toArray();
            double mean = Arrays.stream(values).average().orElse(0);
            double variance = Arrays.stream(values)
                    .map(v -> (v - mean) * (v - mean))
                    .average()
                    .orElse(0);
            if (!(variance > 0) || !Double.isFinite(variance)) {
                throw new IllegalArgumentException(
                        "Column '" + name + "' holds no different numbers, so there is nothing to predict.");
            }
            return new Quantity(mean, Math.sqrt(variance));
        }
        var counts = new TreeMap<String, Integer>();
        table.rows().forEach(row -> counts.merge(row[column].strip(), 1, Integer::sum));
        if (counts.size() < 2 || counts.size() > 100) {
            throw new IllegalArgumentException(
                    "Column '" + name + "' has " + counts.size()
                            + " different values; a class to predict has 2 to 100. Say --task regression where it is a number.");
        }
        return new Classes(List.copyOf(counts.keySet()));
    }

    /** Number of outputs of the linear part. */
    default int width() {
        return switch (this) {
            case Classes classes -> classes.labels.size();
            case Quantity _ -> 1;
        };
    }
}
