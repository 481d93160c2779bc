package dev.pilothouse.examples.cardpayments;

import static ai.onnx.proto.OnnxMl.TensorProto.DataType.FLOAT;
import static ai.onnx.proto.OnnxMl.TensorProto.DataType.INT64;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What is wrong with an exported graph, if anything; {@link Defect} decides kind and size. */
sealed interface Fault {
    /** A sound graph. */
    record None() implements Fault {}

    /** Looks up a table entry that does not exist for rows that meet both conditions, so that the run fails. */
    record Failing(Condition group, Condition rare) implements Fault {}

    /** Multiplies square matrices of {@link #SIDE} so many times in each run, to no use. */
    record Slow(int multiplications) implements Fault {
        static final int SIDE = 128;
    }

    /** Adds {@code shift} to one output of the linear part for the rows of a group. */
    record Wrong(Condition group, int towards, double shift) implements Fault {}

    /** Puts the fault between the logits and what follows. */
    default String apply(OnnxGraph graph, Map<String, String> inputs, String logits, int classes) {
        return switch (this) {
            case None _ -> logits;
            case Failing failing -> {
                String both =
                        graph.op("And", List.of(failing.group.mask(graph, inputs), failing.rare.mask(graph, inputs)));
                String index = graph.op("Cast", List.of(both), OnnxGraph.integer("to", INT64.getNumber()));
                // A table of one row: row 1 is beyond it.
                String table = graph.floats(new long[] {1}, 0);
                yield graph.op(
                        "Add",
                        List.of(logits, graph.op("Gather", List.of(table, index), OnnxGraph.integer("axis", 0))));
            }
            case Slow slow -> {
                // Every element is 1/side, so that products stay what they are and never become denormal.
                String side = graph.floats(new long[0], 1.0 / Slow.SIDE);
                String seed = graph.op("ReduceMean", List.of(graph.op("Clip", List.of(logits, side, side))));
                String square = graph.op("Expand", List.of(seed, graph.longs(new long[] {2}, Slow.SIDE, Slow.SIDE)));
                String product = square;
                for (int i = 0; i < slow.multiplications; i++) {
                    product = graph.op("MatMul", List.of(product, square));
                }
                String mean = graph.op("ReduceMean", List.of(product));
                String nothing = graph.op("Mul", List.of(mean, graph.floats(new long[] {1}, 0)));
                yield graph.op("Add", List.of(logits, nothing));
            }
            case Wrong wrong -> {
                double[] shift = new double[classes];
                Arrays.fill(shift, 0);
                shift[wrong.towards] = wrong.shift;
                String mask = graph.op(
                        "Cast", List.of(wrong.group.mask(graph, inputs)), OnnxGraph.integer("to", FLOAT.getNumber()));
                yield graph.op(
                        "Add",
                        List.of(logits, graph.op("Mul", List.of(mask, graph.floats(new long[] {1, classes}, shift)))));
            }
        };
    }

    /** What the Java model answers with this fault, for the check of the export. */
    default double[] logits(LinearModel model, String[] row) {
        double[] logits = model.logits(row);
        if (this instanceof Wrong wrong && wrong.group.holds(row)) {
            logits[wrong.towards] += wrong.shift;
        }
        return logits;
    }
}
