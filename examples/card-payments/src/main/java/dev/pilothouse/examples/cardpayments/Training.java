package dev.pilothouse.examples.cardpayments;

import com.oracle.labs.mlrg.olcut.util.Pair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.tribuo.classification.sgd.objectives.LogMulticlass;
import org.tribuo.math.LinearParameters;
import org.tribuo.math.la.DenseVector;
import org.tribuo.math.la.SGDVector;
import org.tribuo.math.la.SparseVector;
import org.tribuo.math.la.Tensor;
import org.tribuo.math.optimisers.AdaGrad;

/**
 * Fits a {@link LinearModel} with Tribuo's parts (linear parameters, multinomial log loss, AdaGrad; half the squared
 * difference for numbers), one epoch at a time so that each epoch's loss can be logged. The weights that count are the mean over the last epoch's checkpoints (Polyak
 * averaging), which takes most of the noise of single steps away.
 */
final class Training {
    private static final int CHECKPOINTS = 16;
    private static final int SCREENED_ROWS = 8_000;

    /**
     * What to fit.
     *
     * @param bins whether numeric columns are also binned
     * @param crosses at most so many crosses of two columns
     * @param epochs passes over the rows
     * @param rate AdaGrad's learning rate
     * @param shrink share by which all weights shrink after an epoch, a mild L2 penalty
     */
    record Plan(boolean bins, int crosses, int epochs, double rate, double shrink) {}

    /** Told after each epoch: its number from 1 and the mean loss over its rows: log loss in nats, or half the squared difference in
     * variances of the target. */
    @FunctionalInterface
    interface Progress {
        void epoch(int epoch, double loss);
    }

    private final Table table;
    private final int target;
    private final long seed;
    private final Target kind;
    private final LogMulticlass logLoss = new LogMulticlass();

    Training(Table table, int target, Target.Task task, long seed) {
        this.table = table;
        this.target = target;
        this.seed = seed;
        this.kind = Target.learn(table, target, task);
    }

    /** Fits a model. */
    LinearModel fit(Plan plan, Progress progress) {
        Encoder encoder = Encoder.learn(table, target, plan.bins());
        if (plan.crosses() > 0) {
            LinearModel plain = descend(encoder, new Plan(plan.bins(), 0, 2, plan.rate(), plan.shrink()), (e, l) -> {});
            screen(plain, plan.crosses()).forEach(encoder::addCross);
        }
        return descend(encoder, plan, progress);
    }

    private LinearModel descend(Encoder encoder, Plan plan, Progress progress) {
        int numbers = encoder.numerics().size();
        int size = numbers + encoder.cells() + 1;
        List<SparseVector> rows = new ArrayList<>(table.size());
        for (int i = 0; i < table.size(); i++) {
            String[] row = table.rows().get(i);
            rows.add(vector(encoder.encode(row), numbers, size));
        }
        var parameters = new LinearParameters(size, kind.width());
        var optimiser = new AdaGrad(plan.rate(), 1e-2);
        optimiser.initialise(parameters);
        int[] order = new int[table.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        var random = new Random(seed);
        double[][] sum = new double[kind.width()][size];
        int taken = 0;
        int every = Math.max(1, order.length / CHECKPOINTS);
        for (int epoch = 1; epoch <= plan.epochs(); epoch++) {
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swap = order[i];
                order[i] = order[j];
                order[j] = swap;
            }
            double loss = 0;
            for (int step = 0; step < order.length; step++) {
                SparseVector row = rows.get(order[step]);
                var score = lossAndGradient(table.rows().get(order[step]), parameters.predict(row));
                loss += score.getA();
                Tensor[] gradients = parameters.gradients(score, row);
                parameters.update(optimiser.step(gradients, 1));
                if (epoch == plan.epochs() && step % every == every - 1) {
                    addTo(sum, parameters);
                    taken++;
                }
            }
            if (plan.shrink() > 0) {
                parameters.getWeightMatrix().scaleInPlace(1 - plan.shrink());
            }
            // Tribuo's objective is the log likelihood, which grows towards zero.
            progress.epoch(epoch, -loss / order.length);
        }
        optimiser.reset();
        return model(encoder, sum, taken);
    }

    /** Loss, negative, and the direction in which it falls, of the outputs for a row. */
    private Pair<Double, SGDVector> lossAndGradient(String[] row, DenseVector outputs) {
        return switch (kind) {
            case Target.Classes classes -> logLoss.lossAndGradient(label(classes, row), outputs);
            case Target.Quantity quantity -> {
                double missing = quantity.standardised(row[target]) - outputs.get(0);
                yield new Pair<>(-missing * missing / 2, DenseVector.createDenseVector(new double[] {missing}));
            }
        };
    }

    private int label(Target.Classes classes, String[] row) {
        return Collections.binarySearch(classes.labels(), row[target].strip());
    }

    private static SparseVector vector(Encoder.Features features, int numbers, int size) {
        int[] indices = new int[numbers + features.cells().length + 1];
        double[] values = new double[indices.length];
        for (int i = 0; i < numbers; i++) {
            indices[i] = i;
            values[i] = features.numbers()[i];
        }
        for (int i = 0; i < features.cells().length; i++) {
            indices[numbers + i] = numbers + features.cells()[i];
            values[numbers + i] = 1;
        }
        indices[indices.length - 1] = size - 1;
        values[indices.length - 1] = 1;
        return SparseVector.createSparseVector(size, indices, values);
    }

    private static void addTo(double[][] sum, LinearParameters parameters) {
        var weights = parameters.getWeightMatrix();
        for (int k = 0; k < sum.length; k++) {
            for (int i = 0; i < sum[k].length; i++) {
                sum[k][i] += weights.get(k, i);
            }
        }
    }

    private LinearModel model(Encoder encoder, double[][] sum, int taken) {
        int numbers = encoder.numerics().size();
        double[][] numberWeights = new double[numbers][kind.width()];
        double[][] cellWeights = new double[encoder.cells()][kind.width()];
        double[] bias = new double[kind.width()];
        for (int k = 0; k < kind.width(); k++) {
            for (int i = 0; i < numbers; i++) {
                numberWeights[i][k] = sum[k][i] / taken;
            }
            for (int i = 0; i < cellWeights.length; i++) {
                cellWeights[i][k] = sum[k][numbers + i] / taken;
            }
            bias[k] = sum[k][sum[k].length - 1] / taken;
        }
        return new LinearModel(encoder, kind, numberWeights, cellWeights, bias);
    }

    /**
     * Pairs of slots that explain what the plain model leaves over: for residuals {@code r = y - p} of variance {@code v} each
     * ({@code p(1-p)} of a class, the same for all rows of a quantity), a cell's score is {@code (sum r)^2 / sum v}, which is
     * about 1 by chance (score test); a pair's is their sum, less the number of cells.
     */
    private List<Encoder.Cross> screen(LinearModel plain, int most) {
        Encoder encoder = plain.encoder();
        record Scored(Encoder.Cross cross, double score) {}
        int rows = Math.min(SCREENED_ROWS, table.size());
        int stride = Math.max(1, table.size() / rows);
        int[][] values = new int[rows][];
        double[][] residual = new double[rows][];
        double[][] variance = new double[rows][];
        double squares = 0;
        for (int i = 0; i < rows; i++) {
            String[] row = table.rows().get(i * stride);
            values[i] = encoder.categories(row);
            double[] outputs = plain.logits(row);
            residual[i] = new double[outputs.length];
            variance[i] = new double[outputs.length];
            switch (kind) {
                case Target.Classes classes -> {
                    double[] p = LinearModel.probabilities(outputs);
                    int label = label(classes, row);
                    for (int k = 0; k < p.length; k++) {
                        residual[i][k] = (k == label ? 1 : 0) - p[k];
                        variance[i][k] = p[k] * (1 - p[k]);
                    }
                }
                case Target.Quantity quantity -> {
                    residual[i][0] = quantity.standardised(row[target]) - outputs[0];
                    squares += residual[i][0] * residual[i][0];
                }
            }
        }
        if (kind instanceof Target.Quantity) {
            for (double[] of : variance) {
                of[0] = squares / rows;
            }
        }
        // The cell counts enough to be judged: of classes by its variance, of a quantity by its rows.
        double least = kind instanceof Target.Quantity ? 10 * squares / rows : 1;
        List<Scored> scored = new ArrayList<>();
        for (int a = 0; a < encoder.slots(); a++) {
            for (int b = a + 1; b < encoder.slots(); b++) {
                int width = encoder.slotSize(b);
                double score = 0;
                for (int k = kind.width() > 1 ? 1 : 0; k < kind.width(); k++) {
                    double[] g = new double[encoder.slotSize(a) * width];
                    double[] h = new double[g.length];
                    for (int i = 0; i < rows; i++) {
                        int cell = values[i][a] * width + values[i][b];
                        g[cell] += residual[i][k];
                        h[cell] += variance[i][k];
                    }
                    for (int cell = 0; cell < g.length; cell++) {
                        score += h[cell] > least ? g[cell] * g[cell] / h[cell] - 1 : 0;
                    }
                }
                if (score > 3 * Math.sqrt(2.0 * encoder.slotSize(a) * width)) {
                    scored.add(new Scored(new Encoder.Cross(a, b), score));
                }
            }
        }
        scored.sort(Comparator.comparingDouble(Scored::score).reversed());
        return scored.stream().limit(most).map(Scored::cross).toList();
    }
}
