package dev.pilothouse.ship.gates;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** One model's answers to the evaluation rows beside the truth, as the metrics read them. Immutable after building. */
final class Answers {
    /** A value per row. */
    @FunctionalInterface
    interface PerRow {
        double at(int row);
    }

    private final Truth truth;
    private final int[] predicted;
    private final double[] numbers;
    private final double[][] probabilities;
    private final Integer[] byScore;

    /**
     * @param truth what is right
     * @param predicted class index per row, -1 for a class the truth does not have; empty for numeric targets
     * @param numbers predicted number per row; empty for classes
     * @param probabilities probability per row and class; empty where the metric needs none
     */
    Answers(Truth truth, int[] predicted, double[] numbers, double[][] probabilities) {
        this.truth = truth;
        this.predicted = predicted;
        this.numbers = numbers;
        this.probabilities = probabilities;
        this.byScore = probabilities.length == 0
                ? new Integer[0]
                : IntStream.range(0, probabilities.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble(this::score))
                        .toArray(Integer[]::new);
    }

    /** A model that always answers the most frequent class, with the base rates as probabilities, or the mean. */
    static Answers baseline(Truth truth) {
        int rows = truth.rows();
        if (truth.numeric()) {
            double mean = IntStream.range(0, rows)
                    .mapToDouble(truth::number)
                    .average()
                    .orElse(Double.NaN);
            double[] numbers = new double[rows];
            Arrays.fill(numbers, mean);
            return new Answers(truth, new int[0], numbers, new double[0][]);
        }
        double[] share = new double[truth.classes().size()];
        for (int i = 0; i < rows; i++) {
            share[truth.classOf(i)] += 1.0 / rows;
        }
        int majority = 0;
        for (int c = 1; c < share.length; c++) {
            majority = share[c] > share[majority] ? c : majority;
        }
        int[] predicted = new int[rows];
        Arrays.fill(predicted, majority);
        double[][] probabilities = new double[rows][];
        Arrays.fill(probabilities, share);
        return new Answers(truth, predicted, new double[0], probabilities);
    }

    boolean right(int row) {
        return predicted[row] == truth.classOf(row);
    }

    double residual(int row) {
        return numbers[row] - truth.number(row);
    }

    double truthProbability(int row) {
        int c = truth.classOf(row);
        return c < probabilities[row].length ? probabilities[row][c] : 0;
    }

    private double score(int row) {
        int positive = truth.positive();
        return positive < probabilities[row].length ? probabilities[row][positive] : 0;
    }

    double mean(int[] weights, PerRow value) {
        double sum = 0;
        long n = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                sum += weights[i] * value.at(i);
                n += weights[i];
            }
        }
        return n == 0 ? Double.NaN : sum / n;
    }

    double f1(int[] weights) {
        int positive = truth.positive();
        long both = 0;
        long either = 0;
        for (int i = 0; i < weights.length; i++) {
            boolean said = predicted[i] == positive;
            boolean is = truth.classOf(i) == positive;
            both += said && is ? weights[i] : 0;
            either += (said ? weights[i] : 0) + (is ? weights[i] : 0);
        }
        return either == 0 ? Double.NaN : 2.0 * both / either;
    }

    /** One less the squared residuals' share of the squared distances from the rows' own mean. */
    double r2(int[] weights) {
        double mean = mean(weights, truth::number);
        double left = mean(weights, i -> residual(i) * residual(i));
        double all = mean(weights, i -> (truth.number(i) - mean) * (truth.number(i) - mean));
        double explained = 1 - left / all;
        // The mean itself explains nothing, but for the rounding of two sums.
        return all == 0 ? Double.NaN : Math.abs(explained) < 1e-12 ? 0 : explained;
    }

    /** Mann-Whitney's statistic over rows in order of their score; equal scores count half. */
    double auc(int[] weights) {
        double wins = 0;
        double negativesBelow = 0;
        double positives = 0;
        int i = 0;
        while (i < byScore.length) {
            double score = score(byScore[i]);
            double tiedPositives = 0;
            double tiedNegatives = 0;
            while (i < byScore.length && score(byScore[i]) == score) {
                int row = byScore[i++];
                if (truth.classOf(row) == truth.positive()) {
                    tiedPositives += weights[row];
                } else {
                    tiedNegatives += weights[row];
                }
            }
            wins += tiedPositives * (negativesBelow + tiedNegatives / 2);
            negativesBelow += tiedNegatives;
            positives += tiedPositives;
        }
        return positives == 0 || negativesBelow == 0 ? Double.NaN : wins / (positives * negativesBelow);
    }

    /** What is right: classes in a fixed order, or numbers. */
    record Truth(List<String> classes, int[] classIndex, double[] numbers, int positive) {
        int rows() {
            return numeric() ? numbers.length : classIndex.length;
        }

        boolean numeric() {
            return classes.isEmpty();
        }

        int classOf(int row) {
            return classIndex[row];
        }

        double number(int row) {
            return numbers[row];
        }
    }
}
