package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gathers a model's outputs batch by batch into {@link Answers}. */
final class Outputs {
    private final Contender contender;
    private final GateSpec.Evaluation gate;
    private final Answers.Truth truth;
    private final Map<String, Integer> classIndex = new HashMap<>();
    private final int[] predicted;
    private final double[] numbers;
    private final double[][] probabilities;
    private int next;

    Outputs(Contender contender, GateSpec.Evaluation gate, Answers.Truth truth, int rows) {
        this.contender = contender;
        this.gate = gate;
        this.truth = truth;
        for (int i = 0; i < truth.classes().size(); i++) {
            classIndex.put(truth.classes().get(i), i);
        }
        Metric.Needs needs = gate.metric().needs();
        predicted = new int[needs == Metric.Needs.LABEL ? rows : 0];
        numbers = new double[needs == Metric.Needs.NUMBER ? rows : 0];
        probabilities = new double[needs == Metric.Needs.SCORE ? rows : 0][];
    }

    void add(Map<String, List<Object>> outputs) {
        Metric.Needs needs = gate.metric().needs();
        List<Object> values = needs == Metric.Needs.SCORE ? scores(outputs) : named(outputs, gate.output());
        for (Object value : values) {
            switch (needs) {
                case LABEL ->
                    predicted[next] = value instanceof double[] vector && vector.length > 1
                            ? largest(vector)
                            : classIndex.getOrDefault(Values.label(single(value)), -1);
                case NUMBER -> numbers[next] = number(single(value));
                case SCORE ->
                    probabilities[next] = value instanceof double[] vector && vector.length > 1
                            ? vector
                            : binary(number(single(value)));
            }
            next++;
        }
    }

    Answers answers() {
        if (next != truth.rows()) {
            throw CommonError.UNPROCESSABLE.because(contender.label() + " answered " + next + " rows of " + truth.rows()
                    + "; it must answer each row once.");
        }
        return new Answers(truth, predicted, numbers, probabilities);
    }

    private List<Object> named(Map<String, List<Object>> outputs, Optional<String> name) {
        if (name.isEmpty()) {
            return outputs.values().stream()
                    .findFirst()
                    .orElseThrow(() -> CommonError.UNPROCESSABLE.because(contender.label() + " has no output."));
        }
        List<Object> values = outputs.get(name.get());
        if (values == null) {
            throw CommonError.UNPROCESSABLE.because(contender.label() + " has no output '" + name.get() + "'."
                    + Nearest.hint(name.get(), outputs.keySet()));
        }
        return values;
    }

    /** The output that is named, else the first that holds a vector per row, else the first that holds shares of 1. */
    private List<Object> scores(Map<String, List<Object>> outputs) {
        if (gate.score().isPresent()) {
            return named(outputs, gate.score());
        }
        for (var values : outputs.values()) {
            if (!values.isEmpty() && values.getFirst() instanceof double[] vector && vector.length > 1) {
                return values;
            }
        }
        for (var values : outputs.values()) {
            if (!values.isEmpty() && values.stream().allMatch(v -> v instanceof Double d && d >= 0 && d <= 1)) {
                return values;
            }
        }
        throw CommonError.UNPROCESSABLE.because("The metric " + gate.metric().label() + " needs probabilities, and "
                + contender.label() + " has no output that looks like them; name it as 'score'. Its outputs are "
                + String.join(", ", outputs.keySet()) + ".");
    }

    private double[] binary(double positive) {
        if (truth.classes().size() > 2) {
            throw CommonError.UNPROCESSABLE.because(
                    "The target has " + truth.classes().size() + " classes, but " + contender.label()
                            + " gives one probability a row; name an output with one for each class as 'score'.");
        }
        double[] both = new double[Math.max(2, truth.classes().size())];
        both[truth.positive()] = positive;
        both[1 - truth.positive()] = 1 - positive;
        return both;
    }

    private static Object single(Object value) {
        return value instanceof double[] vector && vector.length == 1 ? (Object) vector[0] : value;
    }

    private double number(Object value) {
        double number = Values.number(value);
        if (!Double.isFinite(number)) {
            throw CommonError.UNPROCESSABLE.because(contender.label() + " answered '" + value + "' for row "
                    + (next + 1) + " of the evaluation data, which is no finite number.");
        }
        return number;
    }

    private static int largest(double[] vector) {
        int best = 0;
        for (int i = 1; i < vector.length; i++) {
            best = vector[i] > vector[best] ? i : best;
        }
        return best;
    }
}
