package dev.pilothouse.testkit;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes small ONNX graphs without any ONNX library: the few messages of {@code onnx.proto3} that tests need. */
public final class OnnxBytes {
    /** Element type FLOAT. */
    public static final int FLOAT = 1;
    /** Element type INT64. */
    public static final int INT64 = 7;
    /** Element type STRING. */
    public static final int STRING = 8;
    /** Element type DOUBLE. */
    public static final int DOUBLE = 11;

    private final Message graph = new Message();

    /** One protobuf message being written. */
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

        private interface Write {
            void to(CodedOutputStream out) throws IOException;
        }

        private Message with(Write write) {
            try {
                write.to(out);
                return this;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Message number(int field, long value) {
            return with(o -> o.writeInt64(field, value));
        }

        Message real(int field, float value) {
            return with(o -> o.writeFloat(field, value));
        }

        Message text(int field, String value) {
            return with(o -> o.writeString(field, value));
        }

        Message bytes(int field, byte[] value) {
            return with(o -> o.writeBytes(field, ByteString.copyFrom(value)));
        }

        Message message(int field, Message value) {
            return bytes(field, value.done());
        }

        byte[] done() {
            with(CodedOutputStream::flush);
            return bytes.toByteArray();
        }
    }

    /** An attribute of a node. */
    public static final class Attribute {
        private final Message message;

        private Attribute(String name, int type) {
            message = new Message().text(1, name).number(20, type);
        }

        /** A whole number. */
        public static Attribute of(String name, long value) {
            var attribute = new Attribute(name, 2);
            attribute.message.number(3, value);
            return attribute;
        }

        /** A number. */
        public static Attribute of(String name, float value) {
            var attribute = new Attribute(name, 1);
            attribute.message.real(2, value);
            return attribute;
        }

        /** Numbers. */
        public static Attribute floats(String name, float... values) {
            var attribute = new Attribute(name, 6);
            for (float value : values) {
                attribute.message.real(7, value);
            }
            return attribute;
        }

        /** Texts. */
        public static Attribute strings(String name, String... values) {
            var attribute = new Attribute(name, 8);
            for (String value : values) {
                attribute.message.text(9, value);
            }
            return attribute;
        }
    }

    private static Message value(String name, int type, String... dimensions) {
        var shape = new Message();
        for (String dimension : dimensions) {
            var each = new Message();
            if (Character.isDigit(dimension.charAt(0))) {
                each.number(1, Long.parseLong(dimension));
            } else {
                each.text(2, dimension);
            }
            shape.message(1, each);
        }
        var tensor = new Message().number(1, type).message(2, shape);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /** An input of an element type; dimensions are numbers, or names for any size. */
    public OnnxBytes input(String name, int type, String... dimensions) {
        graph.message(11, value(name, type, dimensions));
        return this;
    }

    /** An output of an element type; dimensions as for inputs. */
    public OnnxBytes output(String name, int type, String... dimensions) {
        graph.message(12, value(name, type, dimensions));
        return this;
    }

    /** An output that is a sequence of maps from text to FLOAT. */
    public OnnxBytes zipMapOutput(String name) {
        var real = new Message().message(1, new Message().number(1, FLOAT));
        var map = new Message().message(5, new Message().number(1, STRING).message(2, real));
        graph.message(
                12, new Message().text(1, name).message(2, new Message().message(4, new Message().message(1, map))));
        return this;
    }

    /** A constant of FLOAT. */
    public OnnxBytes constant(String name, long[] shape, float... values) {
        var tensor = new Message();
        for (long dimension : shape) {
            tensor.number(1, dimension);
        }
        ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        graph.message(5, tensor.number(2, FLOAT).text(8, name).bytes(9, raw.array()));
        return this;
    }

    /** A constant whose content is in another file. */
    public OnnxBytes external(String name, long[] shape, String file) {
        var tensor = new Message();
        for (long dimension : shape) {
            tensor.number(1, dimension);
        }
        graph.message(
                5,
                tensor.number(2, FLOAT)
                        .text(8, name)
                        .message(13, new Message().text(1, "location").text(2, file))
                        .number(14, 1));
        return this;
    }

    /** A node; operators with a dot before their name, such as {@code ai.onnx.ml.ZipMap}, are of that domain. */
    public OnnxBytes node(String operator, String inputs, String outputs, Attribute... attributes) {
        var node = new Message();
        for (String input : inputs.split(",", -1)) {
            node.text(1, input);
        }
        for (String output : outputs.split(",", -1)) {
            node.text(2, output);
        }
        int dot = operator.lastIndexOf('.');
        node.text(4, operator.substring(dot + 1));
        for (Attribute attribute : attributes) {
            node.message(5, attribute.message);
        }
        if (dot > 0) {
            node.text(7, operator.substring(0, dot));
        }
        graph.message(1, node);
        return this;
    }

    /** The file; this graph must not be used any more. */
    public byte[] bytes() {
        graph.text(2, "test");
        return new Message()
                .number(1, 8)
                .message(8, new Message().text(1, "").number(2, 17))
                .message(8, new Message().text(1, "ai.onnx.ml").number(2, 3))
                .message(7, graph)
                .done();
    }

    /** y = x + added, over rows of width numbers. */
    public static byte[] adding(float added, int width) {
        return new OnnxBytes()
                .input("x", FLOAT, "N", Integer.toString(width))
                .output("y", FLOAT, "N", Integer.toString(width))
                .constant("added", new long[] {1}, added)
                .node("Add", "x,added", "y")
                .bytes();
    }

    /** The input as it is. */
    public static byte[] identity(int type, String... dimensions) {
        return new OnnxBytes()
                .input("x", type, dimensions)
                .output("y", type, dimensions)
                .node("Identity", "x", "y")
                .bytes();
    }

    /** y = values[x], where x is INT64 [N]; a request that asks beyond the table fails. */
    public static byte[] table(float... values) {
        return new OnnxBytes()
                .input("x", INT64, "N")
                .output("y", FLOAT, "N")
                .constant("table", new long[] {values.length}, values)
                .node("Gather", "table,x", "y")
                .bytes();
    }

    /** A graph with an operator that does not exist. */
    public static byte[] unknownOperator() {
        return new OnnxBytes()
                .input("x", FLOAT, "N")
                .output("y", FLOAT, "N")
                .node("Frobnicate", "x", "y")
                .bytes();
    }

    /** y = x after a long way: multiplies big matrices, as often as told, by something that depends on x. */
    public static byte[] slow(int times) {
        int size = 384;
        var graph = new OnnxBytes()
                .input("x", FLOAT, "1")
                .output("y", FLOAT, "1")
                .constant("matrix", new long[] {size, size}, new float[size * size])
                .node("Add", "matrix,x", "m0");
        for (int i = 0; i < times; i++) {
            graph.node("MatMul", "m" + i + ",matrix", "m" + (i + 1));
        }
        return graph.node("ReduceMax", "m" + times, "zero", Attribute.of("keepdims", 0L))
                .node("Add", "x,zero", "y")
                .bytes();
    }

    /** A fraud model of raw columns: amount and channel in, label and zip-map of probabilities out. */
    public static byte[] fraud() {
        return new OnnxBytes()
                .input("amount", FLOAT, "N", "1")
                .input("channel", STRING, "N", "1")
                .output("label", INT64, "N")
                .zipMapOutput("probability")
                .constant("bias", new long[] {2}, 0.5f, 0)
                .constant("zero", new long[] {1}, 0)
                .node(
                        "ai.onnx.ml.LabelEncoder",
                        "channel",
                        "code",
                        Attribute.strings("keys_strings", "web", "branch"),
                        Attribute.floats("values_floats", 2, -1),
                        Attribute.of("default_float", 0f))
                .node("Mul", "amount,code", "score")
                .node("Mul", "amount,zero", "stay")
                .node("Concat", "stay,score", "pair", Attribute.of("axis", 1L))
                .node("Add", "pair,bias", "scores")
                .node("Softmax", "scores", "probabilities", Attribute.of("axis", 1L))
                .node("ArgMax", "probabilities", "label", Attribute.of("axis", 1L), Attribute.of("keepdims", 0L))
                .node(
                        "ai.onnx.ml.ZipMap",
                        "probabilities",
                        "probability",
                        Attribute.strings("classlabels_strings", "fine", "fraud"))
                .bytes();
    }
}
