package dev.pilothouse.examples.cardpayments;

/**
 * A trained linear model over encoded rows: {@code outputs = bias + numbers * numberWeights + sum of the active cells'
 * weights}. For classes the outputs are logits, whose softmax gives probabilities (multinomial logistic regression); for a
 * quantity there is one, in standard deviations from the mean (least squares).
 *
 * @param encoder how rows become features
 * @param target what it predicts
 * @param numberWeights by numeric input, then output
 * @param cellWeights by cell, then output
 * @param bias by output
 */
record LinearModel(Encoder encoder, Target target, double[][] numberWeights, double[][] cellWeights, double[] bias) {
    /** Outputs of a row. */
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
}
