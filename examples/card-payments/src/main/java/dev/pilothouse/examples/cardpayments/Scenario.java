package dev.pilothouse.examples.cardpayments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The data of one run of the demo. Files are in its folder: {@code train-1.csv}, {@code train-2.csv}, {@code
 * evaluation.csv}, {@code live.csv} and {@code broken.csv}.
 *
 * @param service name of service, model and dataset
 * @param target column to predict, by name
 * @param task what kind of target it is
 * @param group rows that live traffic has and training and evaluation lack, as {@code column=value} or {@code column>number}
 * @param about the data, in a sentence
 */
record Scenario(String service, String target, Target.Task task, String group, String about) {
    /** With fewer rows the versions may disagree on a column's type, or on whether it says anything. */
    private static final int ENOUGH_TO_KNOW_COLUMNS = 1_000;

    private static final double LEAST_GROUP = .08;
    private static final double LARGEST_GROUP = .35;
    private static final double BEST_GROUP = .2;

    /** Generated card payments, with the wallet as the channel that opened later. */
    static Scenario payments(Path folder, long seed) throws IOException {
        Payments.writeAll(folder, seed, 20_000);
        return new Scenario(
                "fraud",
                Payments.TARGET,
                Target.Task.CLASSIFICATION,
                "channel=wallet",
                "synthetic card payments; live traffic has a channel, wallet, that opened after the evaluation data was made");
    }

    /**
     * The user's own table, cut into training, evaluation and live rows; training and evaluation lack one group of about a
     * fifth of the rows, live traffic has it.
     *
     * @param task what kind of target it is; empty to tell from its values
     * @throws IllegalArgumentException where the table is too small or no column can form the group
     */
    static Scenario own(Path folder, Path file, String target, Optional<Target.Task> task, boolean header, long seed)
            throws IOException {
        Table table = Table.read(file, header);
        int position = table.position(target);
        String name = table.header().get(position);
        Table known = new Table(
                table.header(),
                table.rows().stream()
                        .filter(row -> !Table.missing(row[position]))
                        .toList());
        if (known.size() < 200) {
            throw new IllegalArgumentException(
                    file + " has " + known.size() + " rows with a label; the demo needs at least 200.");
        }
        Target.Task kind = task.orElseGet(() -> Target.Task.of(known, position));
        Table shuffled = known.shuffled(seed);
        String group = group(shuffled, position);
        Predicate<String[]> late = Condition.parse(group, shuffled)::holds;
        int live = (int) (shuffled.size() * .4);
        Table seen = new Table(
                table.header(),
                shuffled.slice(live, shuffled.size()).rows().stream()
                        .filter(late.negate())
                        .toList());
        int evaluation = seen.size() / 3;
        Table train = seen.slice(evaluation, seen.size());
        Files.createDirectories(folder);
        train.slice(0, Math.max(ENOUGH_TO_KNOW_COLUMNS, train.size() / 4)).write(folder.resolve("train-1.csv"), true);
        train.write(folder.resolve("train-2.csv"), true);
        seen.slice(0, evaluation).write(folder.resolve("evaluation.csv"), true);
        shuffled.slice(0, live).write(folder.resolve("live.csv"), true);
        broken(train, position).write(folder.resolve("broken.csv"), true);
        String service = file.getFileName()
                .toString()
                .replaceFirst("\\.[^.]*$", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^[^a-z]+|-+$", "");
        return new Scenario(
                service.isEmpty() ? "model" : service,
                name,
                kind,
                group,
                String.format(
                        Locale.ROOT,
                        "%d rows of %s, target %s (%s); training and evaluation lack the group %s, live traffic has it",
                        known.size(),
                        file.getFileName(),
                        name,
                        kind.label(),
                        group));
    }

    /** The value, or the upper part of a numeric column, whose share is nearest to a fifth. */
    private static String group(Table table, int target) {
        String best = null;
        double bestMiss = Double.MAX_VALUE;
        for (int column = 0; column < table.header().size(); column++) {
            if (column == target) {
                continue;
            }
            int at = column;
            Map<String, Integer> counts = new HashMap<>();
            table.rows().forEach(row -> counts.merge(row[at].strip(), 1, Integer::sum));
            // Two values must stay when the group is gone, or the column says nothing and the model leaves it out.
            if (counts.size() < 3 || counts.size() > 200) {
                continue;
            }
            for (var entry : counts.entrySet()) {
                double share = entry.getValue() / (double) table.size();
                boolean text = !Table.missing(entry.getKey()) && Double.isNaN(Encoder.number(entry.getKey()));
                double miss = Math.abs(share - BEST_GROUP);
                if (text && share >= LEAST_GROUP && share <= LARGEST_GROUP && miss < bestMiss) {
                    best = table.header().get(column) + "=" + entry.getKey();
                    bestMiss = miss;
                }
            }
        }
        return best != null ? best : upperPart(table, target);
    }

    private static String upperPart(Table table, int target) {
        for (int column = 0; column < table.header().size(); column++) {
            int at = column;
            double[] values = table.rows().stream()
                    .mapToDouble(row -> Encoder.number(row[at]))
                    .filter(Double::isFinite)
                    .sorted()
                    .toArray();
            if (column == target || values.length < table.size() / 2) {
                continue;
            }
            double edge = values[(int) (values.length * (1 - BEST_GROUP))];
            double share = Arrays.stream(values).filter(v -> v > edge).count() / (double) table.size();
            if (share >= LEAST_GROUP) {
                return table.header().get(column) + ">" + edge;
            }
        }
        throw new IllegalArgumentException("No column forms a group of about a fifth of the rows.");
    }

    /** Rows with what goes wrong in practice: numbers in another unit, categories nobody knows, cells gone missing. */
    private static Table broken(Table train, int target) {
        List<String[]> rows = new ArrayList<>();
        for (String[] row : train.slice(0, 200).rows()) {
            rows.add(IntStream.range(0, row.length)
                    .mapToObj(i ->
                            i == target ? row[i] : Double.isNaN(Encoder.number(row[i])) ? "unheard-of" : "-987654321")
                    .toArray(String[]::new));
        }
        return new Table(train.header(), rows);
    }
}
