package dev.pilothouse.examples.cardpayments;

import java.util.List;

/**
 * A trained multinomial logistic regression over encoded rows: {@code logits = bias + numbers * numberWeights + sum of the
 * active cells' weights}, probabilities by softmax.
 *
 * @param encoder how rows become features
 * @param classes labels as text, in the order of the outputs
 * @param numberWeights by numeric input, then class
 * @param cellWeights by cell, then class
 * @param bias by class
 */
record LinearModel(
        Encoder encoder, List<String> classes, double[][] numberWeights, double[][] cellWeights, double[] bias) {
    LinearModel {
        classes = List.copyOf(classes);
    }

    /** Logits of a row, by class. */
    double[] logits(String[] row) {
        Encoder.Features features = encoder.encode(row);
        double[] logits = bias.clone();
        for (int i = 0; i < features.numbers().length; i++) {
            for (int k = 0; k < logits.length; k++) {
                logits[k] += features.numbers()[i] * numberWeights[i][k];
            }
        }
        for (int cell : features.cells()) {
            for (int k = 0; k < logits.length; k++) {
                logits[k] += cellWeights[cell][k];
            }
        }
        return logits;
    }

    /** Softmax of logits. */
    static double[] probabilities(double[] logits) {
        double most = logits[best(logits)];
        double sum = 0;
        double[] p = new double[logits.length];
        for (int k = 0; k < p.length; k++) {
            p[k] = Math.exp(logits[k] - most);
            sum += p[k];
        }
        for (int k = 0; k < p.length; k++) {
            p[k] /= sum;
        }
        return p;
    }

    /** Index of the largest value; the first of equal ones, as ONNX's ArgMax. */
    static int best(double[] values) {
        int best = 0;
        for (int k = 1; k < values.length; k++) {
            if (values[k] > values[best]) {
                best = k;
            }
        }
        return best;
    }

    /** Share of rows whose label is predicted, in [0, 1]. */
    double accuracy(Table table, int target) {
        int right = 0;
        for (String[] row : table.rows()) {
            right += classes.get(best(logits(row))).equals(row[target].strip()) ? 1 : 0;
        }
        return table.size() == 0 ? 0 : right / (double) table.size();
    }
}
