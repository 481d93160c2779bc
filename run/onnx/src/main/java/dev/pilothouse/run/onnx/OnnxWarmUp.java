package dev.pilothouse.run.onnx;

import ai.onnxruntime.OrtException;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.ModelInfo;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.openinference.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * First runs of a model: they make ONNX Runtime allocate, and they show whether the rows of a batch are independent. That
 * cannot be read off the graph's shapes (a softmax over the first dimension has the same ones), so two different rows are
 * run alone and together; only if both ways agree may requests share a run.
 */
final class OnnxWarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxWarmUp.class);
    private static final double TOLERANCE = 1e-3;
    private static final int RUNS = 3;

    private OnnxWarmUp() {}

    /** Warms a model; tells whether its requests can share a run. */
    static boolean run(String label, OnnxRunner runner, ModelInfo info) {
        Tensor[] zeros = inputs(info, 0);
        Tensor[] ones = inputs(info, 1);
        try {
            List<Tensor> first = runner.run(List.<Tensor[]>of(zeros));
            for (int i = 1; i < RUNS; i++) {
                runner.run(List.<Tensor[]>of(zeros));
            }
            if (!growable(info)) {
                return false;
            }
            List<Tensor> second = runner.run(List.<Tensor[]>of(ones));
            List<Tensor> both = runner.run(List.of(zeros, ones));
            return agree(first, second, both);
        } catch (OrtException e) {
            // Made-up values may be outside what the model takes, which says nothing against it.
            LOG.info("{} does not take made-up values; its requests run one by one", label, e);
            return false;
        }
    }

    private static boolean growable(ModelInfo info) {
        return !info.inputs().isEmpty()
                && info.inputs().stream()
                        .allMatch(i -> !i.shape().isEmpty() && i.shape().getFirst() < 0);
    }

    private static Tensor[] inputs(ModelInfo info, int value) {
        return info.inputs().stream().map(spec -> input(spec, value)).toArray(Tensor[]::new);
    }

    private static Tensor input(TensorSpec spec, int value) {
        long[] shape = spec.shape().stream().mapToLong(d -> Math.max(1, d)).toArray();
        int count = Tensor.count(spec.name(), shape);
        if (spec.type() == DataType.BYTES) {
            byte[][] strings = new byte[count][];
            Arrays.fill(strings, (value == 0 ? "" : "a").getBytes(StandardCharsets.UTF_8));
            return Tensor.strings(spec.name(), shape, strings);
        }
        ByteBuffer data = ByteBuffer.allocate(count * spec.type().size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; value != 0 && i < count; i++) {
            switch (spec.type()) {
                case FP32 -> data.putFloat(i * 4, value);
                case FP64 -> data.putDouble(i * 8, value);
                case FP16 -> data.putShort(i * 2, Float.floatToFloat16(value));
                case BF16 -> data.putShort(i * 2, (short) (Float.floatToRawIntBits(value) >>> 16));
                default -> data.put(i * spec.type().size(), (byte) value);
            }
        }
        return Tensor.fixed(spec.name(), spec.type(), shape, data);
    }

    private static boolean agree(List<Tensor> first, List<Tensor> second, List<Tensor> both) {
        for (int o = 0; o < both.size(); o++) {
            Tensor together = both.get(o);
            if (together.shape().length == 0 || together.shape()[0] != 2) {
                return false;
            }
            if (!same(first.get(o), together.slice(0, 1)) || !same(second.get(o), together.slice(1, 1))) {
                return false;
            }
        }
        return true;
    }

    private static boolean same(Tensor alone, Tensor part) {
        if (!Arrays.equals(alone.shape(), part.shape())) {
            return false;
        }
        for (int i = 0; i < alone.count(); i++) {
            Object a = alone.element(i);
            Object b = part.element(i);
            boolean equal = (a instanceof Double x && b instanceof Double y)
                    ? (x.equals(y) || Math.abs(x - y) <= TOLERANCE * Math.max(1, Math.abs(x)))
                    : a.equals(b);
            if (!equal) {
                return false;
            }
        }
        return true;
    }
}
