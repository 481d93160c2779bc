package dev.pilothouse.examples.cardpayments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/**
 * A defect to build into a version on purpose, so that one can see it caught. It is a property of the exported graph and
 * of nothing else; on rows outside the group the graph answers as a sound one.
 *
 * @param kind what goes wrong
 * @param size errors: share of all requests that fail, in (0, 1); latency: factor on the time
 *     that a request takes; accuracy:
 *     share of the group's rows that become wrong, in (0, 1); a number is wrong where it misses by more than twice the sound
 *     model's median miss
 */
record Defect(Kind kind, double size) {
    /** Sorts of defects. */
    enum Kind {
        ERRORS,
        LATENCY,
        ACCURACY
    }

    /** Draws the kind, and the size from 2-10 % errors, 2-5 times the latency, or 15-30 points of accuracy. */
    static Defect draw(long seed) {
        var random = new Random(seed * 1_000_003 + 29);
        // The first outputs of neighbouring seeds are alike.
        random.nextLong();
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        double at = random.nextDouble();
        return new Defect(
                kind,
                switch (kind) {
                    case ERRORS -> .02 + .08 * at;
                    case LATENCY -> 2 + 3 * at;
                    case ACCURACY -> .15 + .15 * at;
                });
    }

    /** Reads a seed, or {@code errors:0.05}, {@code latency:3}, {@code accuracy:0.2}. */
    static Defect parse(String text) {
        if (text.matches("[0-9]{1,18}")) {
            return draw(Long.parseLong(text));
        }
        String[] parts = text.split(":", -1);
        for (Kind kind : Kind.values()) {
            if (parts.length == 2 && kind.name().equalsIgnoreCase(parts[0])) {
                return new Defect(kind, Double.parseDouble(parts[1]));
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is no defect; write a seed, errors:0.05, latency:3 or accuracy:0.2.");
    }

    /** In words, for the demo's story. */
    String words(Condition group, Target.Task task) {
        return switch (kind) {
            case ERRORS ->
                String.format(
                        Locale.ROOT,
                        "fails for about %.1f %% of the requests, all of them in the group %s",
                        size * 100,
                        group.text());
            case LATENCY -> String.format(Locale.ROOT, "takes about %.1f times as long", size);
            case ACCURACY ->
                String.format(
                        Locale.ROOT,
                        task == Target.Task.REGRESSION
                                ? "is far off for about %.0f %% more of the rows in the group %s"
                                : "loses about %.0f points of accuracy in the group %s",
                        size * 100,
                        group.text());
        };
    }

    /**
     * Finds the fault that gives this defect its size.
     *
     * @param recent rows as they arrive live, the group among them
     * @param perMultiplication milliseconds that one matrix multiplication of {@link Fault.Slow} takes here
     * @param baseline milliseconds that a request takes today
     */
    Fault fault(
            LinearModel model, Table recent, int target, Condition group, double perMultiplication, double baseline) {
        List<String[]> members = recent.rows().stream().filter(group::holds).toList();
        if (members.isEmpty()) {
            throw new IllegalArgumentException("No recent row is in the group " + group.text() + ".");
        }
        return switch (kind) {
            case ERRORS ->
                new Fault.Failing(group, rare(model.encoder(), recent, members, size * recent.size() / members.size()));
            case LATENCY -> new Fault.Slow(Math.clamp(Math.round((size - 1) * baseline / perMultiplication), 1, 4_000));
            case ACCURACY ->
                switch (model.target()) {
                    case Target.Classes classes -> wrong(model, classes, members, target, group);
                    case Target.Quantity quantity -> off(model, quantity, recent, members, target, group);
                };
        };
    }

    /** The condition that holds for the share of the members nearest to the wanted one. */
    private static Condition rare(Encoder encoder, Table recent, List<String[]> members, double share) {
        Condition best = null;
        double bestMiss = Double.MAX_VALUE;
        List<Condition> candidates = new ArrayList<>();
        for (Encoder.Numeric column : encoder.numerics()) {
            double[] values = members.stream()
                    .mapToDouble(row -> Encoder.number(row[column.position()]))
                    .map(v -> Double.isNaN(v) ? Double.NEGATIVE_INFINITY : v)
                    .sorted()
                    .toArray();
            double at = values[Math.clamp(Math.round((1 - share) * values.length) - 1, 0, values.length - 1)];
            if (Double.isFinite(at)) {
                candidates.add(new Condition.Above(column.position(), column.name(), at));
            }
        }
        for (Encoder.Text column : encoder.texts()) {
            members.stream()
                    .map(row -> row[column.position()].strip())
                    .distinct()
                    .limit(60)
                    .forEach(value -> candidates.add(Condition.is(column.position(), recent, value)));
        }
        for (Condition candidate : candidates) {
            double miss = Math.abs(members.stream().filter(candidate::holds).count() / (double) members.size() - share);
            if (miss < bestMiss) {
                best = candidate;
                bestMiss = miss;
            }
        }
        if (best == null) {
            throw new IllegalArgumentException("No column can pick a part of the group.");
        }
        return best;
    }

    /** Pushes the group towards the class that is rarest in it, as far as the accuracy has to fall. */
    private Fault wrong(
            LinearModel model, Target.Classes classes, List<String[]> members, int target, Condition group) {
        List<String> known = classes.labels();
        int[] counts = new int[known.size()];
        members.forEach(row -> counts[Math.max(0, known.indexOf(row[target].strip()))]++);
        int rarest = 0;
        for (int k = 1; k < counts.length; k++) {
            rarest = counts[k] < counts[rarest] ? k : rarest;
        }
        double[][] logits = members.stream().map(model::logits).toArray(double[][]::new);
        int[] labels = members.stream()
                .mapToInt(row -> known.indexOf(row[target].strip()))
                .toArray();
        int towards = rarest;
        double before = accuracy(logits, labels, towards, 0);
        return new Fault.Wrong(
                group, towards, smallest(40, shift -> before - accuracy(logits, labels, towards, shift)));
    }

    /** Shifts the group's numbers, as far as the share of answers that are far off has to rise. */
    private Fault off(
            LinearModel model,
            Target.Quantity quantity,
            Table recent,
            List<String[]> members,
            int target,
            Condition group) {
        double[] misses = residuals(model, quantity, recent.rows(), target);
        double[] sorted = Arrays.stream(misses).map(Math::abs).sorted().toArray();
        double limit = 2 * sorted[sorted.length / 2];
        double[] own = residuals(model, quantity, members, target);
        double before = farOff(own, limit, 0);
        return new Fault.Wrong(group, 0, smallest(10, shift -> farOff(own, limit, shift) - before));
    }

    private static double[] residuals(LinearModel model, Target.Quantity quantity, List<String[]> rows, int target) {
        return rows.stream()
                .mapToDouble(row -> model.logits(row)[0] - quantity.standardised(row[target]))
                .toArray();
    }

    private static double farOff(double[] residuals, double limit, double shift) {
        return Arrays.stream(residuals).filter(r -> Math.abs(r + shift) > limit).count() / (double) residuals.length;
    }

    /** The smallest shift up to a limit whose harm reaches the size, by bisection. */
    private double smallest(double most, DoubleUnaryOperator harm) {
        double low = 0;
        double high = most;
        for (int i = 0; i < 40; i++) {
            double middle = (low + high) / 2;
            if (harm.applyAsDouble(middle) < size) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    private static double accuracy(double[][] logits, int[] labels, int towards, double shift) {
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            double[] shifted = Arrays.copyOf(logits[i], logits[i].length);
            shifted[towards] += shift;
            right += LinearModel.best(shifted) == labels[i] ? 1 : 0;
        }
        return right / (double) labels.length;
    }
}
