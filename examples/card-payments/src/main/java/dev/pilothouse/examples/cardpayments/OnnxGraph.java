package dev.pilothouse.examples.cardpayments;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.Collection;
import java.util.List;

/** Writes an ONNX graph node by node; each method answers the name of the value it made. */
final class OnnxGraph {
    private final GraphProto.Builder graph;
    private int values;

    OnnxGraph(String name) {
        graph = GraphProto.newBuilder().setName(name);
    }

    /** Declares an input {@code [N, 1]}. */
    String input(String name, TensorProto.DataType type) {
        graph.addInput(info(name, type, 1));
        return name;
    }

    /** Declares that a value is an output {@code [N, width]}, or {@code [N]} for width 0, under a name. */
    void output(String value, String name, TensorProto.DataType type, int width) {
        graph.addNode(
                NodeProto.newBuilder().setOpType("Identity").addInput(value).addOutput(name));
        graph.addOutput(info(name, type, width));
    }

    private static ValueInfoProto info(String name, TensorProto.DataType type, int width) {
        var shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
        if (width > 0) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(width));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }

    private String fresh() {
        return "/v" + ++values;
    }

    /** A constant of doubles. */
    String doubles(long[] shape, double... data) {
        var tensor = tensor(TensorProto.DataType.DOUBLE, shape);
        for (double value : data) {
            tensor.addDoubleData(value);
        }
        return constant(tensor);
    }

    /** A constant of floats. */
    String floats(long[] shape, double... data) {
        var tensor = tensor(TensorProto.DataType.FLOAT, shape);
        for (double value : data) {
            tensor.addFloatData((float) value);
        }
        return constant(tensor);
    }

    /** A constant of 64-bit integers. */
    String longs(long[] shape, long... data) {
        var tensor = tensor(TensorProto.DataType.INT64, shape);
        for (long value : data) {
            tensor.addInt64Data(value);
        }
        return constant(tensor);
    }

    private static TensorProto.Builder tensor(TensorProto.DataType type, long[] shape) {
        var tensor = TensorProto.newBuilder().setDataType(type.getNumber());
        for (long dimension : shape) {
            tensor.addDims(dimension);
        }
        return tensor;
    }

    private String constant(TensorProto.Builder tensor) {
        String name = fresh();
        graph.addInitializer(tensor.setName(name));
        return name;
    }

    /** A node of the standard operators with one output. */
    String op(String type, List<String> inputs, AttributeProto... attributes) {
        return node("", type, inputs, attributes);
    }

    private String node(String domain, String type, List<String> inputs, AttributeProto... attributes) {
        String name = fresh();
        graph.addNode(NodeProto.newBuilder()
                .setDomain(domain)
                .setOpType(type)
                .setName(type + "_" + name)
                .addAllInput(inputs)
                .addOutput(name)
                .addAllAttribute(List.of(attributes)));
        return name;
    }

    /** The index of each text among keys; 0 where it is none of them. */
    String indexOf(String texts, Collection<String> keys, Collection<Integer> indices) {
        var keyList = AttributeProto.newBuilder().setName("keys_strings").setType(AttributeProto.AttributeType.STRINGS);
        keys.forEach(key -> keyList.addStrings(ByteString.copyFromUtf8(key)));
        var valueList = AttributeProto.newBuilder().setName("values_int64s").setType(AttributeProto.AttributeType.INTS);
        indices.forEach(valueList::addInts);
        return node(
                "ai.onnx.ml",
                "LabelEncoder",
                List.of(texts),
                keyList.build(),
                valueList.build(),
                integer("default_int64", 0));
    }

    /** The text at each index. */
    String textAt(String indices, List<String> texts) {
        var keyList = AttributeProto.newBuilder().setName("keys_int64s").setType(AttributeProto.AttributeType.INTS);
        var valueList =
                AttributeProto.newBuilder().setName("values_strings").setType(AttributeProto.AttributeType.STRINGS);
        for (int i = 0; i < texts.size(); i++) {
            keyList.addInts(i);
            valueList.addStrings(ByteString.copyFromUtf8(texts.get(i)));
        }
        return node("ai.onnx.ml", "LabelEncoder", List.of(indices), keyList.build(), valueList.build());
    }

    static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    /** The whole model: ONNX IR version 8, operator set 17, ai.onnx.ml 3. */
    ModelProto model(String producer) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .setProducerName(producer)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("ai.onnx.ml").setVersion(3))
                .setGraph(graph)
                .build();
    }
}
