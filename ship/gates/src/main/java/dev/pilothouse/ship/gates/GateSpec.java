package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.Role;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/** A gate as a service declares it. */
public sealed interface GateSpec {
    /** What histories call it, such as {@code evaluation of accuracy on payments-eval}. */
    String title();

    /**
     * The dataset must meet its expectations.
     *
     * @param dataset reference: {@code name}, {@code name@3} or {@code name@sha256:…}
     */
    record Data(String dataset) implements GateSpec {
        @Override
        public String title() {
            return "data expectations of " + dataset;
        }
    }

    /**
     * The candidate is run on a dataset and a metric of its answers is held against bounds.
     *
     * @param dataset reference of the evaluation data
     * @param target column that holds the truth
     * @param metric what is computed
     * @param output model output that holds the prediction; empty means the first
     * @param score model output that holds probabilities, for metrics that need them; empty means the first that has them
     * @param positive label that counts as positive for F1 and AUC; empty means the rarer of two
     * @param min least value that passes
     * @param max largest value that passes
     * @param noWorseThanProduction how much worse than production's value on the same rows passes, in the metric's unit
     * @param rows most rows that are evaluated, from the first on
     * @param minRows rows with a value in the target below which nothing is judged
     * @param passUnsure whether a candidate passes that the rows cannot judge; it is stopped otherwise
     */
    record Evaluation(
            String dataset,
            String target,
            Metric metric,
            Optional<String> output,
            Optional<String> score,
            Optional<String> positive,
            OptionalDouble min,
            OptionalDouble max,
            OptionalDouble noWorseThanProduction,
            int rows,
            int minRows,
            boolean passUnsure)
            implements GateSpec {
        /** Rows evaluated where the service sets no other number. */
        public static final int DEFAULT_ROWS = 50_000;
        /** Rows below which nothing is judged, where the service sets no other number. */
        public static final int DEFAULT_MIN_ROWS = 100;

        @Override
        public String title() {
            return "evaluation of " + metric.label() + " on " + dataset;
        }
    }

    /**
     * A person approves, having seen the release's content and the evidence of the gates before this one.
     *
     * @param role who may
     * @param reason what the approver is told
     * @param lapsesAfter when an undecided request fails the gate
     */
    record Human(Role role, String reason, Duration lapsesAfter) implements GateSpec {
        @Override
        public String title() {
            return "approval by " + role.label();
        }
    }
}
