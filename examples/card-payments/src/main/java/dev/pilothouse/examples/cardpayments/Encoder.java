package dev.pilothouse.examples.cardpayments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How raw cells become features; learnt from training rows, then written into the ONNX graph as it is.
 *
 * <ul>
 *   <li>A numeric column gives its standardised value, missing ones imputed by the median, clipped to [-6, 6].
 *   <li>A text column gives one of its categories; 0 stands for an unknown one, which adds nothing.
 *   <li>With bins, a numeric column gives also the category 1 + (number of edges below its value), 0 where missing.
 *   <li>With crosses, a pair of categorical columns gives the cell {@code a * size(b) + b}.
 * </ul>
 *
 * Columns that cannot help are left out: constant ones, and text with so many values that it names rows.
 */
final class Encoder {
    private static final int MOST_CATEGORIES = 60;
    private static final double CLIP = 6;

    /** A column of the table that the model takes as an input. */
    sealed interface Input {
        int position();

        String name();
    }

    /**
     * A numeric input.
     *
     * @param median what stands for a missing value
     * @param mean subtracted from the value
     * @param scale standard deviation, positive
     * @param edges ascending bin edges; empty where the column is not binned
     */
    record Numeric(int position, String name, double median, double mean, double scale, double[] edges)
            implements Input {}

    /**
     * A text input.
     *
     * @param categories index from 1 by every spelling seen, padded ones included
     * @param size number of categories and one more for the unknown
     */
    record Text(int position, String name, Map<String, Integer> categories, int size) implements Input {}

    /** Two categorical slots, by index, whose cells are features. */
    record Cross(int left, int right) {}

    /** Features of one row: the standardised values, then its active cells of the weight table, ascending. */
    record Features(double[] numbers, int[] cells) {}

    private final List<Numeric> numerics = new ArrayList<>();
    private final List<Text> texts = new ArrayList<>();
    private final List<Numeric> binned = new ArrayList<>();
    private final List<Cross> crosses = new ArrayList<>();

    /** Learns from rows; crosses are added afterwards. */
    static Encoder learn(Table table, int target, boolean bins) {
        var encoder = new Encoder();
        for (int position = 0; position < table.header().size(); position++) {
            if (position != target) {
                encoder.addColumn(table, position, bins);
            }
        }
        if (encoder.numerics.isEmpty() && encoder.texts.isEmpty()) {
            throw new IllegalArgumentException(
                    "No column of " + table.header() + " can help to predict: each is" + " constant or names its row.");
        }
        return encoder;
    }

    private void addColumn(Table table, int position, boolean bins) {
        String name = table.header().get(position);
        List<Double> values = new ArrayList<>();
        Map<String, Integer> counts = new HashMap<>();
        boolean numeric = true;
        int present = 0;
        for (String[] row : table.rows()) {
            String cell = row[position];
            if (Table.missing(cell)) {
                counts.merge("", 1, Integer::sum);
                continue;
            }
            present++;
            String stripped = cell.strip();
            counts.merge(stripped, 1, Integer::sum);
            if (numeric) {
                double value = number(stripped);
                numeric = Double.isFinite(value);
                values.add(value);
            }
        }
        if (counts.size() < 2) {
            return;
        }
        if (numeric && present > 0) {
            addNumeric(position, name, values, bins);
        } else {
            addText(table, position, name, counts);
        }
    }

    private void addNumeric(int position, String name, List<Double> values, boolean bins) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double mean = Arrays.stream(sorted).average().orElse(0);
        double variance = Arrays.stream(sorted)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElse(0);
        Set<Double> edges = new TreeSet<>();
        if (bins) {
            // Quantiles of the rows, and of the distinct values, so that a column of mostly one value is cut too.
            addEdges(edges, sorted, Math.clamp(sorted.length / 100, 2, 20));
            addEdges(edges, Arrays.stream(sorted).distinct().toArray(), Math.clamp(sorted.length / 400, 2, 10));
        }
        var column = new Numeric(
                position,
                name,
                sorted[sorted.length / 2],
                mean,
                variance > 0 ? Math.sqrt(variance) : 1,
                edges.stream().mapToDouble(Double::doubleValue).toArray());
        numerics.add(column);
        if (!edges.isEmpty()) {
            binned.add(column);
        }
    }

    private static void addEdges(Set<Double> edges, double[] sorted, int parts) {
        for (int i = 1; i < parts; i++) {
            double at = sorted[(int) ((long) i * sorted.length / parts)];
            if (at > sorted[0]) {
                // Between two values, so that no rounding decides on which side a value falls.
                int below = Arrays.binarySearch(sorted, at);
                while (below > 0 && sorted[below - 1] == at) {
                    below--;
                }
                edges.add((at + sorted[below - 1]) / 2);
            }
        }
    }

    private void addText(Table table, int position, String name, Map<String, Integer> counts) {
        int enough = Math.max(2, table.size() / 2_000);
        List<String> kept = counts.entrySet().stream()
                .filter(e -> e.getValue() >= enough)
                .sorted(Map.Entry.<String, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(MOST_CATEGORIES)
                .map(Map.Entry::getKey)
                .toList();
        int covered = kept.stream().mapToInt(counts::get).sum();
        if (covered < table.size() / 2) {
            return;
        }
        Map<String, Integer> categories = new LinkedHashMap<>();
        for (String[] row : table.rows()) {
            String cell = row[position];
            int index = kept.indexOf(Table.missing(cell) ? "" : cell.strip()) + 1;
            if (index > 0) {
                categories.put(cell, index);
                categories.put(cell.strip(), index);
                if (Table.missing(cell)) {
                    categories.put("", index);
                }
            }
        }
        texts.add(new Text(position, name, categories, kept.size() + 1));
    }

    /** The value of a numeric cell; NaN where it is none. */
    static double number(String cell) {
        try {
            return Double.parseDouble(cell.strip());
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    void addCross(Cross cross) {
        crosses.add(cross);
    }

    List<Numeric> numerics() {
        return numerics;
    }

    List<Text> texts() {
        return texts;
    }

    List<Numeric> binned() {
        return binned;
    }

    List<Cross> crosses() {
        return crosses;
    }

    /** All inputs in the table's order. */
    List<Input> inputs() {
        List<Input> inputs = new ArrayList<>(numerics);
        inputs.addAll(texts);
        inputs.sort(java.util.Comparator.comparingInt(Input::position));
        return inputs;
    }

    /** Number of categorical slots: texts, then binned numerics. */
    int slots() {
        return texts.size() + binned.size();
    }

    /** Number of values of a slot, the unknown or missing one included. */
    int slotSize(int slot) {
        return slot < texts.size()
                ? texts.get(slot).size()
                : binned.get(slot - texts.size()).edges().length + 2;
    }

    /** Number of rows of the weight table: all slots, then all crosses. */
    int cells() {
        int sum = 0;
        for (int slot = 0; slot < slots(); slot++) {
            sum += slotSize(slot);
        }
        for (Cross cross : crosses) {
            sum += slotSize(cross.left()) * slotSize(cross.right());
        }
        return sum;
    }

    /** Value of each slot for a row. */
    int[] categories(String[] row) {
        int[] values = new int[slots()];
        int slot = 0;
        for (Text text : texts) {
            values[slot++] = text.categories().getOrDefault(row[text.position()], 0);
        }
        for (Numeric column : binned) {
            String cell = row[column.position()];
            double value = Table.missing(cell) ? Double.NaN : number(cell);
            int bin = 0;
            if (!Double.isNaN(value)) {
                bin = 1;
                for (double edge : column.edges()) {
                    bin += value > edge ? 1 : 0;
                }
            }
            values[slot++] = bin;
        }
        return values;
    }

    /** Features of a row. */
    Features encode(String[] row) {
        double[] numbers = new double[numerics.size()];
        for (int i = 0; i < numbers.length; i++) {
            Numeric column = numerics.get(i);
            String cell = row[column.position()];
            double value = Table.missing(cell) ? Double.NaN : number(cell);
            double imputed = Double.isNaN(value) ? column.median() : value;
            numbers[i] = Math.clamp((imputed - column.mean()) / column.scale(), -CLIP, CLIP);
        }
        int[] values = categories(row);
        int[] cells = new int[values.length + crosses.size()];
        int count = 0;
        int offset = 0;
        for (int slot = 0; slot < values.length; slot++) {
            if (known(slot, values)) {
                cells[count++] = offset + values[slot];
            }
            offset += slotSize(slot);
        }
        for (Cross cross : crosses) {
            int width = slotSize(cross.right());
            if (known(cross.left(), values) && known(cross.right(), values)) {
                cells[count++] = offset + values[cross.left()] * width + values[cross.right()];
            }
            offset += slotSize(cross.left()) * width;
        }
        return new Features(numbers, Arrays.copyOf(cells, count));
    }

    /** An unknown category of a text has no cell, so its weights stay zero. */
    private boolean known(int slot, int[] values) {
        return slot >= texts.size() || values[slot] > 0;
    }

    static double clip() {
        return CLIP;
    }
}
