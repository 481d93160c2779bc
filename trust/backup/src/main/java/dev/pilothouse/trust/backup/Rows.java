package dev.pilothouse.trust.backup;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one table in a form of our own: compressed, the columns' names first, each cell with its type before it. A cell is
 * null, a {@link Long}, a {@link Double}, a {@link String} or bytes, as both databases know them.
 */
final class Rows {
    /** Bytes before compression after which the next part begins. */
    static final int FULL = 2 << 20;

    private static final int NULL = 0;
    private static final int LONG = 1;
    private static final int DOUBLE = 2;
    private static final int TEXT = 3;
    private static final int BYTES = 4;

    /** Gathers rows for one part. Not thread-safe. */
    static final class Writer {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final DataOutputStream out;
        private int written;

        Writer(List<String> columns) throws IOException {
            out = new DataOutputStream(new GZIPOutputStream(bytes, 64 << 10) {
                {
                    def.setLevel(Deflater.BEST_SPEED);
                }
            });
            out.writeShort(columns.size());
            for (String column : columns) {
                out.writeUTF(column);
            }
        }

        void beginRow() throws IOException {
            out.writeByte(1);
        }

        void cell(@Nullable Object value) throws IOException {
            switch (value) {
                case null -> out.writeByte(NULL);
                case Double number -> {
                    out.writeByte(DOUBLE);
                    out.writeDouble(number);
                }
                case Float number -> {
                    out.writeByte(DOUBLE);
                    out.writeDouble(number);
                }
                case Number number -> {
                    out.writeByte(LONG);
                    out.writeLong(number.longValue());
                }
                case byte[] content -> {
                    out.writeByte(BYTES);
                    write(content);
                }
                case String text -> {
                    out.writeByte(TEXT);
                    write(text.getBytes(StandardCharsets.UTF_8));
                }
                default -> throw new IOException("A cell of the type " + value.getClass() + " has no form in a backup");
            }
            written += 9;
        }

        private void write(byte[] content) throws IOException {
            out.writeInt(content.length);
            out.write(content);
            written += content.length;
        }

        boolean isFull() {
            return written >= FULL;
        }

        byte[] finish() throws IOException {
            out.writeByte(0);
            out.close();
            return bytes.toByteArray();
        }
    }

    private final DataInputStream in;
    private final List<String> columns = new ArrayList<>();

    /** Reads a part that {@link Writer} finished. */
    Rows(byte[] part) throws IOException {
        in = new DataInputStream(new GZIPInputStream(new ByteArrayInputStream(part), 64 << 10));
        int count = in.readUnsignedShort();
        for (int i = 0; i < count; i++) {
            columns.add(in.readUTF());
        }
    }

    List<String> columns() {
        return List.copyOf(columns);
    }

    /** Stands on the next row; false after the last. */
    boolean next() throws IOException {
        return in.readByte() == 1;
    }

    /** The next cell of the row. */
    @Nullable
    Object cell() throws IOException {
        int type = in.readByte();
        return switch (type) {
            case NULL -> null;
            case LONG -> in.readLong();
            case DOUBLE -> in.readDouble();
            case TEXT -> new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
            case BYTES -> in.readNBytes(in.readInt());
            default -> throw new IOException("A cell has the unknown type " + type);
        };
    }
}
