package dev.pilothouse.run.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Makes tensors of UINT16, UINT32 and UINT64, for which ONNX Runtime for Java has no element type: the same bits go as a
 * signed tensor of that width through a graph of one {@code Cast}, which keeps them. Thread-safe.
 */
final class UnsignedTensors {
    /** Element types of {@code onnx.proto3}: what the bits are taken as, and what they become. */
    private enum Width {
        BITS_16(DataType.UINT16, OnnxJavaType.INT16, 5, 4),
        BITS_32(DataType.UINT32, OnnxJavaType.INT32, 6, 12),
        BITS_64(DataType.UINT64, OnnxJavaType.INT64, 7, 13);

        private final DataType type;
        private final OnnxJavaType signed;
        private final int from;
        private final int to;

        Width(DataType type, OnnxJavaType signed, int from, int to) {
            this.type = type;
            this.signed = signed;
            this.from = from;
            this.to = to;
        }
    }

    private record Cast(OnnxJavaType signed, OrtSession session) {}

    private final OrtEnvironment environment;
    private final Map<DataType, Cast> casts = new EnumMap<>(DataType.class);

    /** For the unsigned ones among a model's inputs; {@link #close} it with the model. */
    UnsignedTensors(OrtEnvironment environment, List<TensorSpec> inputs) throws OrtException {
        this.environment = environment;
        for (Width width : Width.values()) {
            if (inputs.stream().anyMatch(input -> input.type() == width.type)) {
                casts.put(width.type, new Cast(width.signed, environment.createSession(graph(width.from, width.to))));
            }
        }
    }

    /** Whether a type needs this way. */
    boolean makes(DataType type) {
        return casts.containsKey(type);
    }

    /** A tensor of the buffer's elements, from its position to its limit. */
    OnnxTensor make(DataType type, ByteBuffer buffer, long[] shape) throws OrtException {
        Cast cast = casts.get(type);
        if (cast == null) {
            throw new IllegalStateException("No input is of type " + type);
        }
        try (OnnxTensor signed = OnnxTensor.createTensor(environment, buffer, shape, cast.signed)) {
            // The result is not closed: its one tensor is the caller's.
            return (OnnxTensor) cast.session.run(Map.of("x", signed)).get(0);
        }
    }

    void close() throws OrtException {
        for (Cast cast : casts.values()) {
            cast.session.close();
        }
    }

    /** A model of one Cast between element types, over tensors of any shape; each of its lengths fits into one byte. */
    private static byte[] graph(int from, int to) {
        byte[] attribute = join(text(1, "to"), number(20, 2), number(3, to));
        byte[] node = join(text(1, "x"), text(2, "y"), text(4, "Cast"), bytes(5, attribute));
        byte[] graph = join(bytes(1, node), text(2, "cast"), bytes(11, value("x", from)), bytes(12, value("y", to)));
        return join(number(1, 8), bytes(7, graph), bytes(8, join(text(1, ""), number(2, 17))));
    }

    private static byte[] value(String name, int element) {
        return join(text(1, name), bytes(2, bytes(1, number(1, element))));
    }

    private static byte[] number(int field, int value) {
        return field < 16
                ? new byte[] {(byte) (field << 3), (byte) value}
                : new byte[] {(byte) (field << 3 | 0x80), (byte) (field >> 4), (byte) value};
    }

    private static byte[] text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(int field, byte[] value) {
        return join(new byte[] {(byte) (field << 3 | 2), (byte) value.length}, value);
    }

    private static byte[] join(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
