package dev.pilothouse.run.openinference;

import dev.pilothouse.kernel.CommonError;

/** Tensor data types of the Open Inference Protocol, section "Tensor Data Types". */
public enum DataType {
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

    private final int size;

    private static final DataType[] VALUES = values();

    DataType(int size) {
        this.size = size;
    }

    /** Size of one element in bytes, 0 where it varies. */
    public int size() {
        return size;
    }

    /**
     * Reads the protocol's name.
     *
     * @param tensor name of the tensor, for the message
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the known ones
     */
    public static DataType of(String name, String tensor) {
        for (DataType type : VALUES) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw CommonError.INVALID.because("Tensor '" + tensor + "' has the datatype '" + name
                + "', which the protocol does not know. Use one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32,"
                + " INT64, FP16, BF16, FP32, FP64, BYTES.");
    }
}
