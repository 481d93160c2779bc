package dev.pilothouse.run.onnx;

import ai.onnxruntime.MapInfo;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.SequenceInfo;
import ai.onnxruntime.TensorInfo;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.openinference.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Between ONNX values and the protocol's tensors. A zip-map output {@code p} (one map from label to probability per row, as
 * scikit-learn's converter makes) becomes two tensors: {@code p}, the probabilities of shape [rows, labels], and {@code
 * p_labels}, the labels in the same places, sorted.
 */
final class OnnxValues {
    private static final String LABELS = "_labels";

    private OnnxValues() {}

    /**
     * Specs of one input or output.
     *
     * @throws IllegalArgumentException with a sentence where the protocol cannot carry it
     */
    static List<TensorSpec> specs(NodeInfo node) {
        return switch (node.getInfo()) {
            case TensorInfo info -> {
                DataType type = dataType(info.onnxType);
                if (type == null) {
                    throw new IllegalArgumentException("'" + node.getName() + "' has the element type " + info.onnxType
                            + ", which the Open Inference Protocol cannot carry.");
                }
                yield List.of(TensorSpec.of(node.getName(), type, info.getShape()));
            }
            case SequenceInfo info when info.sequenceOfMaps -> maps(node.getName(), info.mapInfo);
            case MapInfo info -> maps(node.getName(), info);
            default ->
                throw new IllegalArgumentException("'" + node.getName()
                        + "' is a sequence of tensors, which the Open Inference Protocol cannot carry; let the graph stack"
                        + " them into one tensor.");
        };
    }

    private static List<TensorSpec> maps(String name, MapInfo info) {
        return List.of(
                TensorSpec.of(name, valueType(info.valueType), -1, -1),
                TensorSpec.of(
                        name + LABELS, info.keyType == OnnxJavaType.STRING ? DataType.BYTES : DataType.INT64, -1, -1));
    }

    private static DataType valueType(OnnxJavaType type) {
        return switch (type) {
            case DOUBLE -> DataType.FP64;
            case INT64 -> DataType.INT64;
            default -> DataType.FP32;
        };
    }

    /** Copies a value out of native memory. */
    static void read(String name, OnnxValue value, List<Tensor> to) throws OrtException {
        switch (value) {
            case OnnxTensor tensor -> to.add(tensor(name, tensor));
            case OnnxSequence sequence -> {
                List<Map<?, ?>> rows = new ArrayList<>();
                for (OnnxValue row : sequence.getValue()) {
                    try (row) {
                        if (row instanceof OnnxMap map) {
                            rows.add(map.getValue());
                        }
                    }
                }
                maps(name, rows, sequence.getInfo().mapInfo, to);
            }
            case OnnxMap map -> maps(name, List.of(map.getValue()), map.getInfo(), to);
            default -> throw new OrtException("Output '" + name + "' is of a kind that the protocol cannot carry");
        }
    }

    private static Tensor tensor(String name, OnnxTensor tensor) throws OrtException {
        TensorInfo info = tensor.getInfo();
        long[] shape = info.getShape();
        DataType type = dataType(info.onnxType);
        if (type == null) {
            throw new OrtException("Output '" + name + "' has the element type " + info.onnxType);
        }
        if (type == DataType.BYTES) {
            List<byte[]> strings = new ArrayList<>();
            flatten(tensor.getValue(), strings);
            return Tensor.strings(name, shape, strings.toArray(byte[][]::new));
        }
        ByteBuffer content = info.getNumElements() == 0 ? null : tensor.getByteBuffer();
        return Tensor.fixed(name, type, shape, content == null ? ByteBuffer.allocate(0) : content);
    }

    private static void flatten(Object value, List<byte[]> to) {
        if (value instanceof Object[] array) {
            for (Object item : array) {
                flatten(item, to);
            }
        } else {
            to.add(value.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void maps(String name, List<Map<?, ?>> rows, MapInfo info, List<Tensor> to) throws OrtException {
        int columns = rows.isEmpty() ? 0 : rows.getFirst().size();
        DataType type = valueType(info.valueType);
        ByteBuffer values =
                ByteBuffer.allocate(rows.size() * columns * type.size()).order(ByteOrder.LITTLE_ENDIAN);
        boolean text = info.keyType == OnnxJavaType.STRING;
        ByteBuffer numbers =
                ByteBuffer.allocate(text ? 0 : rows.size() * columns * 8).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> strings = new ArrayList<>();
        for (Map<?, ?> row : rows) {
            if (row.size() != columns) {
                throw new OrtException("Output '" + name + "' has maps of different sizes in one batch");
            }
            // OnnxMap gives a hash map: sort, so that the same label is always in the same place.
            for (var entry : new TreeMap<Object, Object>(row).entrySet()) {
                if (text) {
                    strings.add(entry.getKey().toString().getBytes(StandardCharsets.UTF_8));
                } else {
                    numbers.putLong(((Number) entry.getKey()).longValue());
                }
                Number value = (Number) entry.getValue();
                switch (type) {
                    case FP64 -> values.putDouble(value.doubleValue());
                    case INT64 -> values.putLong(value.longValue());
                    default -> values.putFloat(value.floatValue());
                }
            }
        }
        long[] shape = {rows.size(), columns};
        to.add(Tensor.fixed(name, type, shape, values.flip()));
        to.add(
                text
                        ? Tensor.strings(name + LABELS, shape, strings.toArray(byte[][]::new))
                        : Tensor.fixed(name + LABELS, DataType.INT64, shape, numbers.flip()));
    }

    /** The protocol's type of an ONNX element type, or null where the protocol has none. */
    private static @Nullable DataType dataType(TensorInfo.OnnxTensorType type) {
        return switch (type) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> DataType.BOOL;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> DataType.UINT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> DataType.UINT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> DataType.UINT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> DataType.UINT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> DataType.INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> DataType.INT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> DataType.INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> DataType.INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> DataType.FP16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> DataType.BF16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> DataType.FP32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> DataType.FP64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> DataType.BYTES;
            default -> null;
        };
    }
}
