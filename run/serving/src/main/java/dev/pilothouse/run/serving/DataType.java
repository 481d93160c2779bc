package dev.pilothouse.run.serving;

import ai.onnxruntime.TensorInfo.OnnxTensorType;
import dev.pilothouse.kernel.CommonError;

/** Tensor data types of the Open Inference Protocol, section "Tensor Data Types". */
enum DataType {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    BF16(2),
    FP32(4),
    FP64(8),
    /** Elements of any length; each has 4 bytes of little-endian length before it where it travels raw. */
    BYTES(0);

    /** Size of one element in bytes, 0 where it varies. */
    final int size;

    private static final DataType[] VALUES = values();

    DataType(int size) {
        this.size = size;
    }

    /**
     * Reads the protocol's name.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the known ones
     */
    static DataType of(String name, String tensor) {
        for (DataType type : VALUES) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw CommonError.INVALID.because("Tensor '" + tensor + "' has the datatype '" + name
                + "', which the protocol does not know. Use one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32,"
                + " INT64, FP16, BF16, FP32, FP64, BYTES.");
    }

    /** The protocol's type of an ONNX element type, or null where the protocol has none. */
    static @org.jspecify.annotations.Nullable DataType of(OnnxTensorType type) {
        return switch (type) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> BOOL;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> UINT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> UINT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> UINT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> UINT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> INT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> FP16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> BF16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> FP32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> FP64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> BYTES;
            default -> null;
        };
    }
}
