package dev.pilothouse.examples.cardpayments;

import static ai.onnx.proto.OnnxMl.TensorProto.DataType.DOUBLE;
import static ai.onnx.proto.OnnxMl.TensorProto.DataType.FLOAT;
import static ai.onnx.proto.OnnxMl.TensorProto.DataType.STRING;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a model as one ONNX graph whose inputs are the table's raw columns: STRING {@code [N, 1]} for text, DOUBLE
 * {@code [N, 1]} for numbers (NaN where missing). Imputation, scaling, bins, crosses and categories are inside, so that
 * there is nothing to repeat, and nothing to get wrong, where the model is used. Outputs of classes are {@code label} (STRING
 * {@code [N]}) and {@code probabilities} (FLOAT {@code [N, classes]}, in the order of the labels' text); of a quantity {@code
 * prediction} (DOUBLE {@code [N, 1]}).
 */
final class OnnxExport {
    private final LinearModel model;
    private final Encoder encoder;
    private final OnnxGraph graph;
    private final Map<String, String> raw = new LinkedHashMap<>();

    private OnnxExport(LinearModel model, String name) {
        this.model = model;
        this.encoder = model.encoder();
        this.graph = new OnnxGraph(name);
    }

    /** The graph's bytes. */
    static byte[] bytes(LinearModel model, Fault fault, String name) {
        return new OnnxExport(model, name).build(fault).toByteArray();
    }

    private ai.onnx.proto.OnnxMl.ModelProto build(Fault fault) {
        for (Encoder.Input input : encoder.inputs()) {
            TensorProto.DataType type = input instanceof Encoder.Numeric ? DOUBLE : STRING;
            raw.put(input.name(), graph.input(input.name(), type));
        }
        List<String> slots = new ArrayList<>();
        for (Encoder.Text text : encoder.texts()) {
            slots.add(graph.indexOf(
                    input(text), text.categories().keySet(), text.categories().values()));
        }
        int classes = model.target().width();
        String logits = graph.floats(new long[] {1, classes}, model.bias());
        if (!encoder.numerics().isEmpty()) {
            String numbers = graph.op(
                    "Concat", encoder.numerics().stream().map(this::input).toList(), OnnxGraph.integer("axis", 1));
            logits = graph.op("Add", List.of(logits, graph.op("MatMul", List.of(scaled(numbers), numberWeights()))));
            if (!encoder.binned().isEmpty()) {
                slots.add(bins(numbers));
            }
        }
        if (!slots.isEmpty()) {
            String cells = cells(graph.op("Concat", slots, OnnxGraph.integer("axis", 1)));
            String table = graph.floats(
                    new long[] {encoder.cells(), classes},
                    Arrays.stream(model.cellWeights())
                            .flatMapToDouble(Arrays::stream)
                            .toArray());
            String rows = graph.op("Gather", List.of(table, cells), OnnxGraph.integer("axis", 0));
            String sum = graph.op(
                    "ReduceSum", List.of(rows, graph.longs(new long[] {1}, 1)), OnnxGraph.integer("keepdims", 0));
            logits = graph.op("Add", List.of(logits, sum));
        }
        logits = fault.apply(graph, raw, logits, classes);
        switch (model.target()) {
            case Target.Classes labels -> {
                String best = graph.op(
                        "ArgMax", List.of(logits), OnnxGraph.integer("axis", 1), OnnxGraph.integer("keepdims", 0));
                graph.output(graph.textAt(best, labels.labels()), "label", STRING, 0);
                graph.output(
                        graph.op("Softmax", List.of(logits), OnnxGraph.integer("axis", 1)),
                        "probabilities",
                        FLOAT,
                        classes);
            }
            case Target.Quantity quantity -> {
                String wide = graph.op("Cast", List.of(logits), OnnxGraph.integer("to", DOUBLE.getNumber()));
                String scaled = graph.op("Mul", List.of(wide, graph.doubles(new long[] {1, 1}, quantity.scale())));
                graph.output(
                        graph.op("Add", List.of(scaled, graph.doubles(new long[] {1, 1}, quantity.mean()))),
                        "prediction",
                        DOUBLE,
                        1);
            }
        }
        return graph.model("card-payments trainer");
    }

    private String input(Encoder.Input input) {
        return java.util.Objects.requireNonNull(raw.get(input.name()));
    }

    private String scaled(String numbers) {
        var columns = encoder.numerics();
        long[] shape = {1, columns.size()};
        String missing = graph.op("IsNaN", List.of(numbers));
        String imputed = graph.op(
                "Where",
                List.of(
                        missing,
                        graph.doubles(
                                shape,
                                columns.stream()
                                        .mapToDouble(Encoder.Numeric::median)
                                        .toArray()),
                        numbers));
        String centred = graph.op(
                "Sub",
                List.of(
                        imputed,
                        graph.doubles(
                                shape,
                                columns.stream()
                                        .mapToDouble(Encoder.Numeric::mean)
                                        .toArray())));
        String scaled = graph.op(
                "Div",
                List.of(
                        centred,
                        graph.doubles(
                                shape,
                                columns.stream()
                                        .mapToDouble(Encoder.Numeric::scale)
                                        .toArray())));
        String clipped = graph.op(
                "Clip",
                List.of(
                        scaled,
                        graph.doubles(new long[0], -Encoder.clip()),
                        graph.doubles(new long[0], Encoder.clip())));
        return graph.op("Cast", List.of(clipped), OnnxGraph.integer("to", FLOAT.getNumber()));
    }

    private String numberWeights() {
        return graph.floats(
                new long[] {encoder.numerics().size(), model.target().width()},
                Arrays.stream(model.numberWeights())
                        .flatMapToDouble(Arrays::stream)
                        .toArray());
    }

    /** Bin of each binned column, [N, columns]: edges are padded to one width with infinity, which nothing exceeds. */
    private String bins(String numbers) {
        var columns = encoder.binned();
        long[] which = columns.stream().mapToLong(encoder.numerics()::indexOf).toArray();
        String values = graph.op(
                "Gather",
                List.of(numbers, graph.longs(new long[] {which.length}, which)),
                OnnxGraph.integer("axis", 1));
        int width =
                columns.stream().mapToInt(column -> column.edges().length).max().orElse(0);
        double[] edges = new double[columns.size() * width];
        Arrays.fill(edges, Double.POSITIVE_INFINITY);
        for (int i = 0; i < columns.size(); i++) {
            double[] own = columns.get(i).edges();
            System.arraycopy(own, 0, edges, i * width, own.length);
        }
        String wide = graph.op("Unsqueeze", List.of(values, graph.longs(new long[] {1}, 2)));
        String above = graph.op("Greater", List.of(wide, graph.doubles(new long[] {1, columns.size(), width}, edges)));
        String ones = graph.op("Cast", List.of(above), OnnxGraph.integer("to", TensorProto.DataType.INT64.getNumber()));
        String count =
                graph.op("ReduceSum", List.of(ones, graph.longs(new long[] {1}, 2)), OnnxGraph.integer("keepdims", 0));
        String bin = graph.op("Add", List.of(count, graph.longs(new long[] {1}, 1)));
        return graph.op("Where", List.of(graph.op("IsNaN", List.of(values)), graph.longs(new long[] {1}, 0), bin));
    }

    /** Indices into the weight table, [N, slots + crosses]. */
    private String cells(String slots) {
        long[] offsets = new long[encoder.slots()];
        long offset = 0;
        for (int slot = 0; slot < offsets.length; slot++) {
            offsets[slot] = offset;
            offset += encoder.slotSize(slot);
        }
        String cells = graph.op("Add", List.of(slots, graph.longs(new long[] {1, offsets.length}, offsets)));
        List<Encoder.Cross> crosses = encoder.crosses();
        if (crosses.isEmpty()) {
            return cells;
        }
        long[] shape = {1, crosses.size()};
        long[] widths = new long[crosses.size()];
        long[] starts = new long[crosses.size()];
        for (int i = 0; i < crosses.size(); i++) {
            widths[i] = encoder.slotSize(crosses.get(i).right());
            starts[i] = offset;
            offset += encoder.slotSize(crosses.get(i).left()) * widths[i];
        }
        String left =
                pick(slots, crosses.stream().mapToLong(Encoder.Cross::left).toArray());
        String right =
                pick(slots, crosses.stream().mapToLong(Encoder.Cross::right).toArray());
        String crossed = graph.op(
                "Add",
                List.of(
                        graph.op("Mul", List.of(left, graph.longs(shape, widths))),
                        graph.op("Add", List.of(right, graph.longs(shape, starts)))));
        return graph.op("Concat", List.of(cells, crossed), OnnxGraph.integer("axis", 1));
    }

    private String pick(String slots, long[] which) {
        return graph.op(
                "Gather", List.of(slots, graph.longs(new long[] {which.length}, which)), OnnxGraph.integer("axis", 1));
    }
}
