package dev.pilothouse.ship.gates;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * An interval of how much worse one model is than another on the same rows: the percentile bootstrap over rows (Efron and
 * Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13), both models evaluated on each resample, so that what
 * makes a row hard for both cancels out.
 */
final class PairedBootstrap {
    static final int RESAMPLES = 400;
    /** Share of resamples left out on each side: the interval covers 95 %. */
    private static final double TAIL = 0.025;

    private PairedBootstrap() {}

    /** The ends of the 95 % interval of "candidate worse than production by", in the metric's unit. */
    static double[] worseBy(Metric metric, Answers candidate, Answers production, int rows, long seed) {
        var random = new SplittableRandom(seed);
        double[] values = new double[RESAMPLES];
        int[] weights = new int[rows];
        int defined = 0;
        for (int b = 0; b < RESAMPLES; b++) {
            Arrays.fill(weights, 0);
            for (int i = 0; i < rows; i++) {
                weights[random.nextInt(rows)]++;
            }
            double value = worse(metric, metric.of(candidate, weights), metric.of(production, weights));
            if (!Double.isNaN(value)) {
                values[defined++] = value;
            }
        }
        if (defined == 0) {
            return new double[] {Double.NaN, Double.NaN};
        }
        Arrays.sort(values, 0, defined);
        int cut = (int) Math.floor(TAIL * defined);
        return new double[] {values[cut], values[defined - 1 - cut]};
    }

    static double worse(Metric metric, double candidate, double production) {
        return metric.higherIsBetter() ? production - candidate : candidate - production;
    }
}
