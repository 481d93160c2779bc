package dev.pilothouse.run.openinference;

import dev.pilothouse.kernel.CommonError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A named tensor in row-major order. Immutable by agreement: nobody writes to its arrays once it is made. Elements of fixed
 * size stand little-endian in one buffer that is read by absolute position only; those of {@link DataType#BYTES} are
 * arrays.
 */
public final class Tensor {
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);
    private static final byte[][] NO_STRINGS = {};

    private final String name;
    private final DataType type;
    private final long[] shape;
    private final ByteBuffer data;
    private final byte[][] strings;

    private Tensor(String name, DataType type, long[] shape, ByteBuffer data, byte[][] strings) {
        this.name = name;
        this.type = type;
        this.shape = shape;
        this.data = data;
        this.strings = strings;
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** Its element type. */
    public DataType type() {
        return type;
    }

    /** Its dimensions; none of a scalar. */
    public long[] shape() {
        return shape;
    }

    /** Elements of fixed size, little-endian, from position 0; empty for BYTES. */
    public ByteBuffer data() {
        return data;
    }

    /** Elements of BYTES; empty for all others. */
    public byte[][] strings() {
        return strings;
    }

    /** A tensor of elements of fixed size; the buffer's content from 0 to its limit is kept, not copied. */
    public static Tensor fixed(String name, DataType type, long[] shape, ByteBuffer data) {
        return new Tensor(name, type, shape, data.order(ByteOrder.LITTLE_ENDIAN), NO_STRINGS);
    }

    /** A tensor of BYTES. */
    public static Tensor strings(String name, long[] shape, byte[][] strings) {
        return new Tensor(name, DataType.BYTES, shape, NONE, strings);
    }

    /**
     * Reads raw content as the binary extension and gRPC carry it.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where its length contradicts the shape
     */
    static Tensor raw(String name, DataType type, long[] shape, ByteBuffer content) {
        int count = count(name, shape);
        if (type != DataType.BYTES) {
            long expected = (long) count * type.size();
            if (expected != content.remaining()) {
                throw CommonError.INVALID.because("Tensor '" + name + "' of shape " + Arrays.toString(shape)
                        + " and type " + type + " needs " + expected + " bytes, but " + content.remaining() + " came.");
            }
            return fixed(name, type, shape, content.slice());
        }
        ByteBuffer in = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (count > in.remaining() / 4) {
            throw framing(name, count);
        }
        byte[][] strings = new byte[count][];
        for (int i = 0; i < count; i++) {
            if (in.remaining() < 4) {
                throw framing(name, count);
            }
            int length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw framing(name, count);
            }
            strings[i] = new byte[length];
            in.get(strings[i]);
        }
        if (in.hasRemaining()) {
            throw framing(name, count);
        }
        return strings(name, shape, strings);
    }

    private static RuntimeException framing(String name, int count) {
        return CommonError.INVALID.because("The raw content of tensor '" + name + "' does not hold exactly " + count
                + " elements of type BYTES, each after its length in 4 little-endian bytes.");
    }

    /**
     * Number of elements of a shape.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} for negative or immense dimensions
     */
    public static int count(String name, long[] shape) {
        long count = 1;
        for (long dimension : shape) {
            if (dimension < 0 || dimension > Integer.MAX_VALUE) {
                throw CommonError.INVALID.because("Tensor '" + name + "' has the shape " + Arrays.toString(shape)
                        + "; each dimension must be from 0 to " + Integer.MAX_VALUE + ".");
            }
            count *= dimension;
            if (count > Integer.MAX_VALUE) {
                throw CommonError.INVALID.because("Tensor '" + name + "' of shape " + Arrays.toString(shape)
                        + " has more than " + Integer.MAX_VALUE + " elements; send smaller batches.");
            }
        }
        return (int) count;
    }

    /** Number of elements. */
    public int count() {
        return type == DataType.BYTES ? strings.length : data.limit() / type.size();
    }

    /** First dimension, or 1 of a scalar. */
    public long rows() {
        return shape.length == 0 ? 1 : shape[0];
    }

    /** Rows {@code [from, from + rows)} along the first dimension, sharing this tensor's content. */
    public Tensor slice(int from, int rows) {
        long[] part = shape.clone();
        part[0] = rows;
        int perRow = shape[0] == 0 ? 0 : count() / (int) shape[0];
        if (type == DataType.BYTES) {
            return strings(name, part, Arrays.copyOfRange(strings, from * perRow, (from + rows) * perRow));
        }
        int bytes = perRow * type.size();
        return fixed(name, type, part, data.slice(from * bytes, rows * bytes));
    }

    /** The element as Boolean, Long, Double or String; UINT64 beyond 2^63-1 as a decimal String. */
    public Object element(int i) {
        return switch (type) {
            case BOOL -> data.get(i) != 0;
            case UINT8 -> (long) Byte.toUnsignedInt(data.get(i));
            case INT8 -> (long) data.get(i);
            case UINT16 -> (long) Short.toUnsignedInt(data.getShort(i * 2));
            case INT16 -> (long) data.getShort(i * 2);
            case UINT32 -> Integer.toUnsignedLong(data.getInt(i * 4));
            case INT32 -> (long) data.getInt(i * 4);
            case UINT64 -> {
                long value = data.getLong(i * 8);
                yield value >= 0 ? (Object) value : Long.toUnsignedString(value);
            }
            case INT64 -> data.getLong(i * 8);
            case FP16 -> (double) Float.float16ToFloat(data.getShort(i * 2));
            case BF16 -> (double) bfloat16(data.getShort(i * 2));
            // Through the text, so that 0.1f reads as 0.1 and not as 0.10000000149011612.
            case FP32 -> Double.parseDouble(Float.toString(data.getFloat(i * 4)));
            case FP64 -> data.getDouble(i * 8);
            case BYTES -> new String(strings[i], StandardCharsets.UTF_8);
        };
    }

    static float bfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Length of the raw form in bytes. */
    public int rawLength() {
        if (type != DataType.BYTES) {
            return data.limit();
        }
        int length = 0;
        for (byte[] string : strings) {
            length = Math.addExact(length, 4 + string.length);
        }
        return length;
    }

    /** Writes the raw form. */
    void writeRaw(ByteBuffer out) {
        if (type != DataType.BYTES) {
            out.put(data.duplicate().rewind());
            return;
        }
        out.order(ByteOrder.LITTLE_ENDIAN);
        for (byte[] string : strings) {
            out.putInt(string.length).put(string);
        }
    }

    /** The tensor of that name, or null. */
    public static @Nullable Tensor find(Iterable<Tensor> tensors, String name) {
        for (Tensor tensor : tensors) {
            if (tensor.name.equals(name)) {
                return tensor;
            }
        }
        return null;
    }
}
