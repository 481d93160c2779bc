package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one tenant and signal as a record of the log: format (1 byte), tenant and signal (length in 2 bytes, UTF-8),
 * number of columns and of rows (4 bytes each), the columns' types (1 byte each), {@code at} of each row, then the columns
 * one by one: whether it has nulls (1 byte), if so a bitmap of them, then its values; texts and bytes with their length
 * in 4 bytes. All big-endian. A record carries its types, so that it can be read before the signal is declared.
 */
final class RowBatch {
    private static final byte FORMAT = 1;

    private RowBatch() {}

    /** Checks the rows against the signal and encodes them. */
    static ByteBuffer encode(String tenant, Signal signal, List<Columns.Row> rows) {
        List<Signal.Column> columns = signal.columns();
        byte[] tenantBytes = name(tenant);
        byte[] signalBytes = name(signal.name());
        int width = columns.size();
        int count = rows.size();
        long size = 1 + 2 + tenantBytes.length + 2 + signalBytes.length + 8 + width + 8L * count;
        byte[][][] blobs = new byte[width][][];
        boolean[] nulls = new boolean[width];
        for (int r = 0; r < count; r++) {
            if (rows.get(r).values().length != width) {
                throw invalid(
                        signal,
                        r,
                        "it has " + rows.get(r).values().length + " values, the signal has " + width + " columns");
            }
        }
        for (int c = 0; c < width; c++) {
            Signal.Type type = columns.get(c).type();
            boolean variable = type == Signal.Type.TEXT || type == Signal.Type.BYTES;
            byte[][] cells = variable ? new byte[count][] : new byte[0][];
            for (int r = 0; r < count; r++) {
                Object value = rows.get(r).values()[c];
                if (value == null) {
                    nulls[c] = true;
                } else if (!fits(type, value)) {
                    throw invalid(
                            signal,
                            r,
                            "'" + columns.get(c).name() + "' is of type " + type + ", the value is a "
                                    + value.getClass().getSimpleName());
                }
                if (variable) {
                    byte[] cell = cell(value);
                    cells[r] = cell;
                    size += cell.length;
                }
            }
            blobs[c] = cells;
            size += 1 + (nulls[c] ? (count + 7) / 8 : 0) + (long) count * bytesEach(type);
        }
        if (size > 64L << 20) {
            throw CommonError.TOO_LARGE.because("A batch of " + size + " bytes for the signal '" + signal.name()
                    + "' does not fit: at most 64 MiB are allowed. Send fewer rows at once.");
        }
        ByteBuffer out = ByteBuffer.allocate((int) size);
        out.put(FORMAT).putShort((short) tenantBytes.length).put(tenantBytes);
        out.putShort((short) signalBytes.length).put(signalBytes).putInt(width).putInt(count);
        for (Signal.Column column : columns) {
            out.put(code(column.type()));
        }
        for (Columns.Row row : rows) {
            out.putLong(row.at());
        }
        for (int c = 0; c < width; c++) {
            out.put((byte) (nulls[c] ? 1 : 0));
            if (nulls[c]) {
                putNulls(out, rows, c);
            }
            putValues(out, columns.get(c).type(), rows, c, blobs[c]);
        }
        return out.flip();
    }

    private static void putNulls(ByteBuffer out, List<Columns.Row> rows, int column) {
        for (int r = 0; r < rows.size(); r += 8) {
            int bits = 0;
            for (int i = r; i < Math.min(rows.size(), r + 8); i++) {
                if (rows.get(i).values()[column] == null) {
                    bits |= 1 << (i - r);
                }
            }
            out.put((byte) bits);
        }
    }

    private static void putValues(
            ByteBuffer out, Signal.Type type, List<Columns.Row> rows, int column, byte[][] cells) {
        for (int r = 0; r < rows.size(); r++) {
            Object value = rows.get(r).values()[column];
            switch (type) {
                case LONG, TIMESTAMP -> out.putLong(value == null ? 0 : (Long) value);
                case DOUBLE -> out.putDouble(value == null ? 0 : (Double) value);
                case BOOLEAN -> out.put((byte) (Boolean.TRUE.equals(value) ? 1 : 0));
                case TEXT, BYTES -> out.putInt(cells[r].length).put(cells[r]);
            }
        }
    }

    private static boolean fits(Signal.Type type, Object value) {
        return switch (type) {
            case TEXT -> value instanceof String;
            case LONG, TIMESTAMP -> value instanceof Long;
            case DOUBLE -> value instanceof Double;
            case BOOLEAN -> value instanceof Boolean;
            case BYTES -> value instanceof byte[];
        };
    }

    private static int bytesEach(Signal.Type type) {
        return switch (type) {
            case LONG, TIMESTAMP, DOUBLE -> 8;
            case BOOLEAN -> 1;
            case TEXT, BYTES -> 4;
        };
    }

    /** The byte that names a type in a record, for ever. */
    private static byte code(Signal.Type type) {
        return switch (type) {
            case TEXT -> 't';
            case LONG -> 'l';
            case DOUBLE -> 'd';
            case BOOLEAN -> 'b';
            case BYTES -> 'y';
            case TIMESTAMP -> 's';
        };
    }

    private static Signal.Type type(byte code) {
        for (Signal.Type type : Signal.Type.values()) {
            if (code(type) == code) {
                return type;
            }
        }
        throw CommonError.INTERNAL.because(
                "The log holds a type of column that this version does not know. Run the newer version that wrote it.");
    }

    private static byte[] cell(@Nullable Object value) {
        return switch (value) {
            case String text -> text.getBytes(StandardCharsets.UTF_8);
            case byte[] bytes -> bytes;
            case null, default -> new byte[0];
        };
    }

    private static byte[] name(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > 1000) {
            throw CommonError.INVALID.because("A tenant's name has 1 to 1000 bytes, not " + bytes.length + ".");
        }
        return bytes;
    }

    private static PilothouseException invalid(Signal signal, int row, String why) {
        return CommonError.INVALID.because(
                "Row " + row + " does not fit the signal '" + signal.name() + "': " + why + ".");
    }

    /** What a record says about itself before its values, at which its buffer then stands. */
    record Head(String tenant, String signal, List<Signal.Type> types, int rows, ByteBuffer values) {}

    static Head head(ByteBuffer record) {
        byte format = record.get();
        if (format != FORMAT) {
            throw CommonError.INTERNAL.because(
                    "The log holds a batch of format " + format + ", which a newer version wrote. Run that version.");
        }
        String tenant = text(record, record.getShort());
        String signal = text(record, record.getShort());
        int width = record.getInt();
        int rows = record.getInt();
        Signal.Type[] types = new Signal.Type[width];
        for (int c = 0; c < width; c++) {
            types[c] = type(record.get());
        }
        return new Head(tenant, signal, List.of(types), rows, record);
    }

    private static String text(ByteBuffer from, int length) {
        byte[] bytes = new byte[length];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
