package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.run.openinference.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A model run on raw columns, as gates do. */
final class OpenColumns implements Endpoints.OpenModel {
    private static final int ROWS_PER_RUN = 1_024;

    private final String label;
    private final LoadedModel loaded;
    private final long deadlineNanos;

    OpenColumns(String label, LoadedModel loaded, ServingConfig config) {
        this.label = label;
        this.loaded = loaded;
        this.deadlineNanos = config.deadline().toNanos();
    }

    @Override
    public List<String> inputs() {
        return loaded.model.info().inputs().stream().map(TensorSpec::name).toList();
    }

    @Override
    public CompletableFuture<Map<String, List<Object>>> run(Map<String, ? extends List<?>> columns) {
        int rows = columns.values().stream().mapToInt(List::size).max().orElse(0);
        for (var column : columns.entrySet()) {
            if (column.getValue().size() != rows) {
                return CompletableFuture.failedFuture(
                        CommonError.INVALID.because("Column '" + column.getKey() + "' has "
                                + column.getValue().size() + " rows, another has " + rows
                                + "; give all columns the same number of rows."));
            }
        }
        if (!loaded.hold()) {
            return CompletableFuture.failedFuture(CommonError.CONFLICT.because(label + " is closed."));
        }
        var all = new LinkedHashMap<String, List<Object>>();
        CompletableFuture<Map<String, List<Object>>> done = CompletableFuture.completedFuture(all);
        int step = rowsPerRun();
        for (int from = 0; from < rows; from += step) {
            int start = from;
            int end = Math.min(rows, from + step);
            done = done.thenCompose(so -> chunk(columns, start, end).thenApply(result -> {
                for (Tensor output : result.outputs()) {
                    append(output, end - start, so.computeIfAbsent(output.name(), n -> new ArrayList<>()));
                }
                return so;
            }));
        }
        return done.whenComplete((ok, failure) -> loaded.release());
    }

    private int rowsPerRun() {
        return (int) loaded.model.info().inputs().stream()
                .mapToLong(i -> i.shape().isEmpty() || i.shape().getFirst() < 0
                        ? ROWS_PER_RUN
                        : i.shape().getFirst())
                .min()
                .orElse(ROWS_PER_RUN);
    }

    private CompletableFuture<InferResult> chunk(Map<String, ? extends List<?>> columns, int from, int to) {
        var request = new InferRequest("", "", tensors(columns, from, to), List.of(), false, null);
        return loaded.model.infer(request, new ServedModel.Passage(System.nanoTime() + deadlineNanos, "", ""));
    }

    private List<Tensor> tensors(Map<String, ? extends List<?>> columns, int from, int to) {
        List<TensorSpec> specs = loaded.model.info().inputs();
        if (specs.isEmpty()) {
            throw CommonError.INVALID.because(label + " does not tell what it takes, so columns cannot be made into its"
                    + " inputs. Let its server answer the model's metadata at /v2/models/<model>.");
        }
        if (specs.size() == 1 && !columns.containsKey(specs.getFirst().name()) && isMatrix(specs.getFirst())) {
            return List.of(matrix(specs.getFirst(), columns, from, to));
        }
        List<Tensor> tensors = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (TensorSpec spec : specs) {
            List<?> column = columns.get(spec.name());
            if (column == null) {
                missing.add(spec.name());
            } else {
                tensors.add(column(spec, column.subList(from, to)));
            }
        }
        if (!missing.isEmpty()) {
            throw CommonError.INVALID.because(label + " takes the inputs " + inputs() + ", but there are no columns "
                    + missing + ". There are " + columns.keySet() + ".");
        }
        return tensors;
    }

    private static boolean isMatrix(TensorSpec spec) {
        return spec.shape().size() == 2 && (spec.type() == DataType.FP32 || spec.type() == DataType.FP64);
    }

    private Tensor matrix(TensorSpec spec, Map<String, ? extends List<?>> columns, int from, int to) {
        var numeric = new LinkedHashMap<String, List<?>>();
        columns.forEach((name, values) -> {
            if (values.stream().allMatch(v -> v == null || v instanceof Number || v instanceof Boolean)) {
                numeric.put(name, values);
            }
        });
        long wanted = spec.shape().get(1);
        if (wanted >= 0 && wanted != numeric.size()) {
            throw CommonError.INVALID.because(
                    label + " takes one input " + spec + " of " + wanted + " numbers per row, but" + " there are "
                            + numeric.size() + " numeric columns: " + numeric.keySet() + ".");
        }
        ByteBuffer data = allocate((to - from) * numeric.size(), spec.type());
        for (int row = from; row < to; row++) {
            for (var column : numeric.entrySet()) {
                put(data, spec.type(), column.getKey(), row, column.getValue().get(row));
            }
        }
        return Tensor.fixed(spec.name(), spec.type(), new long[] {to - from, numeric.size()}, data.flip());
    }

    private static Tensor column(TensorSpec spec, List<?> values) {
        long[] shape = spec.shape().size() == 2 ? new long[] {values.size(), 1} : new long[] {values.size()};
        if (spec.type() == DataType.BYTES) {
            byte[][] strings = values.stream()
                    .map(v -> (v == null ? "" : v.toString()).getBytes(StandardCharsets.UTF_8))
                    .toArray(byte[][]::new);
            return Tensor.strings(spec.name(), shape, strings);
        }
        ByteBuffer data = allocate(values.size(), spec.type());
        for (int row = 0; row < values.size(); row++) {
            put(data, spec.type(), spec.name(), row, values.get(row));
        }
        return Tensor.fixed(spec.name(), spec.type(), shape, data.flip());
    }

    private static ByteBuffer allocate(int count, DataType type) {
        return ByteBuffer.allocate(Math.multiplyExact(count, type.size())).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void put(ByteBuffer data, DataType type, String column, int row, @Nullable Object value) {
        double number = number(type, column, row, value);
        switch (type) {
            case FP32 -> data.putFloat((float) number);
            case FP64 -> data.putDouble(number);
            case FP16 -> data.putShort(Float.floatToFloat16((float) number));
            case BF16 -> data.putShort((short) (Float.floatToRawIntBits((float) number) >>> 16));
            case BOOL, INT8, UINT8 -> data.put((byte) number);
            case INT16, UINT16 -> data.putShort((short) number);
            case INT32 -> data.putInt((int) number);
            case UINT32 -> data.putInt((int) (long) number);
            // Not through double, which holds 53 bits only.
            case INT64, UINT64 -> data.putLong(value instanceof Long whole ? whole : (long) number);
            case BYTES -> throw new IllegalStateException("texts have no fixed size");
        }
    }

    private static double number(DataType type, String column, int row, @Nullable Object value) {
        boolean real = type == DataType.FP16 || type == DataType.BF16 || type == DataType.FP32 || type == DataType.FP64;
        double number =
                switch (value) {
                    case null -> Double.NaN;
                    case Number n -> n.doubleValue();
                    case Boolean b -> b ? 1 : 0;
                    default -> parse(value.toString(), column, row, type);
                };
        if (!real && (Double.isNaN(number) || number != Math.rint(number))) {
            throw CommonError.INVALID.because("Column '" + column + "' holds '" + value + "' in row " + (row + 1)
                    + ", but the model's input is of type " + type + " and takes whole numbers only.");
        }
        return number;
    }

    private static double parse(String text, String column, int row, DataType type) {
        if (text.isBlank()) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            throw CommonError.INVALID.because("Column '" + column + "' holds the text '" + text + "' in row "
                    + (row + 1) + ", but the model's input is of type " + type + ".");
        }
    }

    private void append(Tensor output, int rows, List<Object> to) {
        if (output.rows() != rows || output.shape().length == 0) {
            throw ServingError.MODEL_FAILED.because(label + " answered output '" + output.name() + "' with "
                    + output.rows() + " rows for " + rows + "; an evaluation needs one answer per row.");
        }
        int width = output.count() / rows;
        for (int row = 0; row < rows; row++) {
            if (width == 1) {
                to.add(output.element(row));
            } else if (output.type() == DataType.BYTES) {
                List<String> texts = new ArrayList<>(width);
                for (int i = 0; i < width; i++) {
                    texts.add((String) output.element(row * width + i));
                }
                to.add(texts);
            } else {
                double[] numbers = new double[width];
                for (int i = 0; i < width; i++) {
                    Object element = output.element(row * width + i);
                    numbers[i] = element instanceof Number n
                            ? n.doubleValue()
                            : element instanceof Boolean b ? (b ? 1 : 0) : Double.parseDouble(element.toString());
                }
                to.add(numbers);
            }
        }
    }

    @Override
    public void close() {
        var _ = loaded.retire();
    }
}
