package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Measures of how good answers are. */
public enum Metric {
    /** Share of rows answered rightly, in [0, 1]. */
    ACCURACY(true, Needs.LABEL),
    /** Share of rows answered wrongly, in [0, 1]. */
    ERROR_RATE(false, Needs.LABEL),
    /** Harmonic mean of precision and recall of the positive label, in [0, 1]. */
    F1(true, Needs.LABEL),
    /** Area under the ROC curve: the chance that a positive row scores above a negative one, ties half; in [0, 1]. */
    AUC(true, Needs.SCORE),
    /** Mean of -ln of the probability given to the truth, each clipped to at least 1e-15; at least 0. */
    LOG_LOSS(false, Needs.SCORE),
    /** Root of the mean squared difference, in the target's unit. */
    RMSE(false, Needs.NUMBER),
    /** Mean absolute difference, in the target's unit. */
    MAE(false, Needs.NUMBER),
    /** Share of the target's variance that is explained, at most 1; 0 is the mean's, below 0 is worse than the mean. */
    R2(true, Needs.NUMBER);

    /** What of an answer the metric reads. */
    enum Needs {
        LABEL,
        SCORE,
        NUMBER
    }

    private final boolean higherIsBetter;
    private final Needs needs;

    Metric(boolean higherIsBetter, Needs needs) {
        this.higherIsBetter = higherIsBetter;
        this.needs = needs;
    }

    /** The name in files and answers: {@code error-rate}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether a larger value is a better model. */
    public boolean higherIsBetter() {
        return higherIsBetter;
    }

    /** The measures of numeric answers. */
    static List<Metric> ofNumbers() {
        return Arrays.stream(values()).filter(m -> m.needs == Needs.NUMBER).toList();
    }

    Needs needs() {
        return needs;
    }

    /** All {@link #label()}s. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Metric::label).toList();
    }

    /**
     * Reads a {@link #label()}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID that names the nearest metric
     */
    public static Metric parse(String label) {
        for (Metric metric : values()) {
            if (metric.label().equals(label)) {
                return metric;
            }
        }
        throw CommonError.INVALID.because("There is no metric '" + label + "'." + Nearest.hint(label, labels()));
    }

    /**
     * The value over rows, each counted as often as its weight says (bootstrap); NaN where it is not defined, as AUC is
     * without rows of both kinds.
     */
    double of(Answers answers, int[] weights) {
        return switch (this) {
            case ACCURACY -> answers.mean(weights, i -> answers.right(i) ? 1 : 0);
            case ERROR_RATE -> answers.mean(weights, i -> answers.right(i) ? 0 : 1);
            case F1 -> answers.f1(weights);
            case AUC -> answers.auc(weights);
            case LOG_LOSS -> answers.mean(weights, i -> -Math.log(Math.max(1e-15, answers.truthProbability(i))));
            case RMSE -> Math.sqrt(answers.mean(weights, i -> answers.residual(i) * answers.residual(i)));
            case MAE -> answers.mean(weights, i -> Math.abs(answers.residual(i)));
            case R2 -> answers.r2(weights);
        };
    }
}
