package dev.pilothouse.examples.cardpayments;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Runs an exported graph in ONNX Runtime, to prove that it answers as the model it was written from. */
final class Parity implements AutoCloseable {
    private static final double TOLERANCE = 1e-3;

    private static final long WIDE_STACK = 64L << 20;

    private final OrtEnvironment environment;
    private final OrtSession session;

    Parity(byte[] graph) throws OrtException {
        environment = environment();
        var options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        session = environment.createSession(graph, options);
    }

    /**
     * ONNX Runtime 1.29 matches the process's command line with a recursive regular expression when it starts, which
     * overflows a usual stack where the class path is long; so it is started on a thread with a wide one.
     */
    private static OrtEnvironment environment() {
        var started = new CompletableFuture<OrtEnvironment>();
        new Thread(null, () -> started.complete(OrtEnvironment.getEnvironment()), "onnx-start", WIDE_STACK).start();
        return started.join();
    }

    /** Labels and probabilities of rows, or their numbers, whichever the graph gives. */
    record Answer(List<String> labels, float[][] probabilities, double[] numbers) {}

    /** Runs rows in one batch. */
    Answer run(Encoder encoder, List<String[]> rows) throws OrtException {
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            for (Encoder.Input input : encoder.inputs()) {
                inputs.put(input.name(), tensor(input, rows));
            }
            try (OrtSession.Result result = session.run(inputs)) {
                if (result.get("prediction").isPresent()) {
                    double[][] numbers =
                            (double[][]) result.get("prediction").get().getValue();
                    return new Answer(
                            List.of(),
                            new float[0][],
                            Arrays.stream(numbers).mapToDouble(of -> of[0]).toArray());
                }
                String[] labels = (String[]) result.get("label").orElseThrow().getValue();
                float[][] probabilities =
                        (float[][]) result.get("probabilities").orElseThrow().getValue();
                return new Answer(List.of(labels), probabilities, new double[0]);
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor tensor(Encoder.Input input, List<String[]> rows) throws OrtException {
        long[] shape = {rows.size(), 1};
        return switch (input) {
            case Encoder.Numeric column ->
                OnnxTensor.createTensor(
                        environment,
                        DoubleBuffer.wrap(rows.stream()
                                .map(row -> row[column.position()])
                                .mapToDouble(cell -> Table.missing(cell) ? Double.NaN : Encoder.number(cell))
                                .toArray()),
                        shape);
            case Encoder.Text column ->
                OnnxTensor.createTensor(
                        environment,
                        rows.stream().map(row -> row[column.position()]).toArray(String[]::new),
                        shape);
        };
    }

    /**
     * Compares the graph with the model row by row.
     *
     * @throws IllegalStateException where a probability, or a number in standard deviations, differs by more than rounding
     */
    void check(LinearModel model, Fault fault, Table table) throws OrtException {
        List<String[]> rows = table.rows().stream()
                .filter(row -> !(fault instanceof Fault.Failing failing)
                        || !failing.group().holds(row))
                .limit(300)
                .toList();
        if (rows.isEmpty()) {
            return;
        }
        Answer answer = run(model.encoder(), rows);
        for (int i = 0; i < rows.size(); i++) {
            double[] outputs = fault.logits(model, rows.get(i));
            switch (model.target()) {
                case Target.Classes classes -> {
                    double[] expected = LinearModel.probabilities(outputs);
                    for (int k = 0; k < expected.length; k++) {
                        if (Math.abs(expected[k] - answer.probabilities()[i][k]) > TOLERANCE) {
                            throw new IllegalStateException("Row " + (i + 1) + ": the exported graph gives class '"
                                    + classes.labels().get(k) + "' the probability " + answer.probabilities()[i][k]
                                    + ", the model " + expected[k] + ".");
                        }
                    }
                }
                case Target.Quantity quantity -> {
                    double expected = quantity.value(outputs);
                    if (Math.abs(expected - answer.numbers()[i]) > TOLERANCE * quantity.scale()) {
                        throw new IllegalStateException("Row " + (i + 1) + ": the exported graph answers "
                                + answer.numbers()[i] + ", the model " + expected + ".");
                    }
                }
            }
        }
    }

    /** Median milliseconds of a run of one row. */
    double milliseconds(Encoder encoder, Table table) throws OrtException {
        List<String[]> row = table.rows().subList(0, 1);
        double[] times = new double[31];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            run(encoder, row);
            times[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(times);
        return times[times.length / 2];
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
