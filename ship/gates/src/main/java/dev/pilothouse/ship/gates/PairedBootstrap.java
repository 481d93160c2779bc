package dev.pilothouse.ship.gates;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Intervals of a model's value, and of how much worse it is than another on the same rows: the percentile bootstrap over rows
 * (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13), both models evaluated on each resample, so
 * that what makes a row hard for both cancels out.
 */
final class PairedBootstrap {
    static final int RESAMPLES = 400;
    /** Share of resamples left out on each side: the interval covers 95 %. */
    private static final double TAIL = 0.025;

    private PairedBootstrap() {}

    /** A 95 % interval; both ends are NaN where no resample gives a value. */
    record Interval(double low, double high) {}

    /** The interval of a metric, in its unit. */
    static Interval of(Metric metric, Answers answers, int rows, long seed) {
        return interval(rows, seed, weights -> metric.of(answers, weights));
    }

    /** The interval of "candidate worse than production by", in the metric's unit. */
    static Interval worseBy(Metric metric, Answers candidate, Answers production, int rows, long seed) {
        return interval(
                rows, seed, weights -> worse(metric, metric.of(candidate, weights), metric.of(production, weights)));
    }

    private static Interval interval(int rows, long seed, ToDoubleFunction<int[]> value) {
        var random = new SplittableRandom(seed);
        double[] values = new double[RESAMPLES];
        int[] weights = new int[rows];
        int defined = 0;
        for (int b = 0; b < RESAMPLES; b++) {
            Arrays.fill(weights, 0);
            for (int i = 0; i < rows; i++) {
                weights[random.nextInt(rows)]++;
            }
            double one = value.applyAsDouble(weights);
            if (!Double.isNaN(one)) {
                values[defined++] = one;
            }
        }
        if (defined == 0) {
            return new Interval(Double.NaN, Double.NaN);
        }
        Arrays.sort(values, 0, defined);
        int cut = (int) Math.floor(TAIL * defined);
        return new Interval(values[cut], values[defined - 1 - cut]);
    }

    static double worse(Metric metric, double candidate, double production) {
        return metric.higherIsBetter() ? production - candidate : candidate - production;
    }
}
