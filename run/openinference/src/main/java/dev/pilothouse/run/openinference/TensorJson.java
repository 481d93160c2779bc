package dev.pilothouse.run.openinference;

import dev.pilothouse.kernel.CommonError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.InputCoercionException;

/**
 * Tensor content as JSON: a flat or nested array of elements in row-major order. {@code null} in a floating-point tensor
 * is NaN, both ways, for JSON has no NaN.
 */
public final class TensorJson {
    private TensorJson() {}

    /**
     * Reads the array the parser stands at.
     *
     * @param bodyLength bytes of the whole body, which bounds how many elements can be in it
     */
    static Tensor read(JsonParser in, String name, DataType type, long[] shape, int bodyLength) {
        int count = Tensor.count(name, shape);
        if (in.currentToken() != JsonToken.START_ARRAY) {
            throw CommonError.INVALID.because("The data of tensor '" + name + "' must be a JSON array.");
        }
        if (count > bodyLength / 2 + 1) {
            throw mismatch(name, shape, count, "fewer");
        }
        if (type == DataType.FP16 || type == DataType.BF16) {
            throw CommonError.INVALID.because("Tensor '" + name + "' of type " + type
                    + " has no JSON form in the protocol; send it by the binary tensor extension.");
        }
        ByteBuffer data = ByteBuffer.allocate(count * type.size()).order(ByteOrder.LITTLE_ENDIAN);
        byte[][] strings = new byte[type == DataType.BYTES ? count : 0][];
        int depth = 1;
        int i = 0;
        try {
            while (depth > 0) {
                JsonToken token = in.nextToken();
                if (token == JsonToken.START_ARRAY) {
                    depth++;
                } else if (token == JsonToken.END_ARRAY) {
                    depth--;
                } else if (i == count) {
                    throw mismatch(name, shape, count, "more");
                } else {
                    element(in, token, name, type, i, data, strings);
                    i++;
                }
            }
        } catch (InputCoercionException e) {
            throw CommonError.INVALID.because(
                    "Element " + i + " of tensor '" + name + "' is out of the range of " + type + ".", e);
        }
        if (i < count) {
            throw mismatch(name, shape, count, i + "");
        }
        return type == DataType.BYTES ? Tensor.strings(name, shape, strings) : Tensor.fixed(name, type, shape, data);
    }

    private static RuntimeException mismatch(String name, long[] shape, int count, String came) {
        return CommonError.INVALID.because("Tensor '" + name + "' of shape " + Arrays.toString(shape) + " needs "
                + count + " elements, but its data holds " + came + ".");
    }

    private static void element(
            JsonParser in, JsonToken token, String name, DataType type, int i, ByteBuffer data, byte[][] strings) {
        switch (type) {
            case FP32 -> data.putFloat(i * 4, (float) real(in, token, name, type, i));
            case FP64 -> data.putDouble(i * 8, real(in, token, name, type, i));
            case BYTES -> {
                if (token != JsonToken.VALUE_STRING) {
                    throw wrong(name, type, i, "a string");
                }
                strings[i] = in.getString().getBytes(StandardCharsets.UTF_8);
            }
            case BOOL -> {
                boolean value = token == JsonToken.VALUE_TRUE
                        || (token == JsonToken.VALUE_NUMBER_INT && in.getLongValue() == 1);
                if (!value
                        && token != JsonToken.VALUE_FALSE
                        && !(token == JsonToken.VALUE_NUMBER_INT && in.getLongValue() == 0)) {
                    throw wrong(name, type, i, "true or false");
                }
                data.put(i, (byte) (value ? 1 : 0));
            }
            case INT8 -> data.put(i, (byte) whole(in, token, name, type, i, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT8 -> data.put(i, (byte) whole(in, token, name, type, i, 0, 0xff));
            case INT16 ->
                data.putShort(i * 2, (short) whole(in, token, name, type, i, Short.MIN_VALUE, Short.MAX_VALUE));
            case UINT16 -> data.putShort(i * 2, (short) whole(in, token, name, type, i, 0, 0xffff));
            case INT32 ->
                data.putInt(i * 4, (int) whole(in, token, name, type, i, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case UINT32 -> data.putInt(i * 4, (int) whole(in, token, name, type, i, 0, 0xffffffffL));
            case INT64 -> data.putLong(i * 8, whole(in, token, name, type, i, Long.MIN_VALUE, Long.MAX_VALUE));
            case UINT64 -> {
                if (token == JsonToken.VALUE_NUMBER_INT && in.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                    var value = in.getBigIntegerValue();
                    if (value.signum() < 0 || value.bitLength() > 64) {
                        throw wrong(name, type, i, "from 0 to 2^64-1");
                    }
                    data.putLong(i * 8, value.longValue());
                } else {
                    data.putLong(i * 8, whole(in, token, name, type, i, 0, Long.MAX_VALUE));
                }
            }
            case FP16, BF16 -> throw new IllegalStateException("refused before");
        }
    }

    private static double real(JsonParser in, JsonToken token, String name, DataType type, int i) {
        if (token == JsonToken.VALUE_NULL) {
            return Double.NaN;
        }
        if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
            throw wrong(name, type, i, "a number (null stands for NaN)");
        }
        double value = type == DataType.FP32 ? in.getFloatValue() : in.getDoubleValue();
        if (Double.isInfinite(value)) {
            throw wrong(name, type, i, "within the range of " + type);
        }
        return value;
    }

    private static long whole(JsonParser in, JsonToken token, String name, DataType type, int i, long min, long max) {
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw wrong(name, type, i, "a whole number");
        }
        long value = in.getLongValue();
        if (value < min || value > max) {
            throw wrong(name, type, i, "from " + min + " to " + max);
        }
        return value;
    }

    private static RuntimeException wrong(String name, DataType type, int i, String expected) {
        return CommonError.INVALID.because(
                "Element " + i + " of tensor '" + name + "' of type " + type + " must be " + expected + ".");
    }

    /**
     * Tensors as a JSON array with one object per row, from tensor name to value (an array where a row has several). A
     * tensor whose first dimension differs from the others' is the same in each.
     *
     * @param atMost rows beyond this are left out
     */
    public static String rows(List<Tensor> tensors, int atMost) {
        long most = tensors.stream().mapToLong(Tensor::rows).max().orElse(0);
        int rows = (int) Math.min(atMost, most);
        var out = new JsonBytes(64 + rows * tensors.size() * 24);
        out.put('[');
        for (int row = 0; row < rows; row++) {
            out.ascii(row == 0 ? "{" : ",{");
            for (int t = 0; t < tensors.size(); t++) {
                Tensor tensor = tensors.get(t);
                if (t > 0) {
                    out.put(',');
                }
                out.quote(tensor.name()).put(':');
                boolean perRow = tensor.shape().length > 0 && tensor.shape()[0] == most;
                int width = perRow ? tensor.count() / (int) most : tensor.count();
                int from = perRow ? row * width : 0;
                if (width == 1) {
                    element(out, tensor, from);
                } else {
                    write(out, tensor, from, from + width);
                }
            }
            out.put('}');
        }
        out.put(']');
        return new String(out.array(), 0, out.length(), StandardCharsets.UTF_8);
    }

    /** Writes elements {@code [from, to)} as a flat array. */
    static void write(JsonBytes out, Tensor tensor, int from, int to) {
        out.put('[');
        for (int i = from; i < to; i++) {
            if (i > from) {
                out.put(',');
            }
            element(out, tensor, i);
        }
        out.put(']');
    }

    /** Writes one element. */
    private static void element(JsonBytes out, Tensor tensor, int i) {
        ByteBuffer data = tensor.data();
        switch (tensor.type()) {
            case FP32 -> out.number(data.getFloat(i * 4));
            case FP64 -> out.number(data.getDouble(i * 8));
            case FP16 -> out.number(Float.float16ToFloat(data.getShort(i * 2)));
            case BF16 -> out.number(Tensor.bfloat16(data.getShort(i * 2)));
            case BYTES -> out.quote(tensor.strings()[i]);
            case BOOL -> out.ascii(data.get(i) != 0 ? "true" : "false");
            case INT8 -> out.number((long) data.get(i));
            case UINT8 -> out.number((long) Byte.toUnsignedInt(data.get(i)));
            case INT16 -> out.number((long) data.getShort(i * 2));
            case UINT16 -> out.number((long) Short.toUnsignedInt(data.getShort(i * 2)));
            case INT32 -> out.number((long) data.getInt(i * 4));
            case UINT32 -> out.number(Integer.toUnsignedLong(data.getInt(i * 4)));
            case INT64 -> out.number(data.getLong(i * 8));
            case UINT64 -> out.ascii(Long.toUnsignedString(data.getLong(i * 8)));
        }
    }
}
