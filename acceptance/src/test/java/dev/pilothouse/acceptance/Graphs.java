package dev.pilothouse.acceptance;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Small ONNX models, written as the protobuf messages of {@code onnx.proto3} without any ONNX library. */
final class Graphs {
    private static final int FLOAT = 1;
    private static final int INT64 = 7;

    private Graphs() {}

    /** y = x + added, over rows of two FP32. */
    static byte[] adding(float added) {
        return model(
                node("Add", "y", "x", "added"),
                constant("added", added),
                value("x", FLOAT, dimension("N"), dimension(2)),
                value("y", FLOAT, dimension("N"), dimension(2)));
    }

    /** y = values[x], where x is INT64 [N]; a request that asks beyond the table fails. */
    static byte[] table(float... values) {
        return model(
                node("Gather", "y", "table", "x"),
                constant("table", values),
                value("x", INT64, dimension("N")),
                value("y", FLOAT, dimension("N")));
    }

    /** A graph with an operator that does not exist. */
    static byte[] unknownOperator() {
        return model(
                node("Frobnicate", "y", "x", "added"),
                constant("added", 1),
                value("x", FLOAT, dimension("N"), dimension(2)),
                value("y", FLOAT, dimension("N"), dimension(2)));
    }

    private static byte[] model(byte[] node, byte[] constant, byte[] input, byte[] output) {
        byte[] graph = message(out -> {
            out.writeByteArray(1, node);
            out.writeString(2, "acceptance");
            out.writeByteArray(5, constant);
            out.writeByteArray(11, input);
            out.writeByteArray(12, output);
        });
        byte[] operators = message(out -> {
            out.writeString(1, "");
            out.writeInt64(2, 17);
        });
        return message(out -> {
            out.writeInt64(1, 8);
            out.writeByteArray(7, graph);
            out.writeByteArray(8, operators);
        });
    }

    private static byte[] node(String operator, String output, String... inputs) {
        return message(out -> {
            for (String input : inputs) {
                out.writeString(1, input);
            }
            out.writeString(2, output);
            out.writeString(4, operator);
        });
    }

    private static byte[] constant(String name, float... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        return message(out -> {
            out.writeInt64(1, values.length);
            out.writeInt32(2, FLOAT);
            out.writeString(8, name);
            out.writeBytes(9, ByteString.copyFrom(raw.array()));
        });
    }

    private static byte[] dimension(String name) {
        return message(out -> out.writeString(2, name));
    }

    private static byte[] dimension(int size) {
        return message(out -> out.writeInt64(1, size));
    }

    private static byte[] value(String name, int type, byte[]... dimensions) {
        byte[] shape = message(out -> {
            for (byte[] dimension : dimensions) {
                out.writeByteArray(1, dimension);
            }
        });
        byte[] tensor = message(out -> {
            out.writeInt32(1, type);
            out.writeByteArray(2, shape);
        });
        byte[] wrapped = message(out -> out.writeByteArray(1, tensor));
        return message(out -> {
            out.writeString(1, name);
            out.writeByteArray(2, wrapped);
        });
    }

    private interface Write {
        void to(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Write write) {
        var bytes = new ByteArrayOutputStream();
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            write.to(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
