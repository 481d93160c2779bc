package dev.pilothouse.platform.columns;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.duckdb.DuckDBAppender;

/** Gives the rows of a {@link RowBatch} to an appender without making an object of each number. */
final class RowCursor {
    private final ByteBuffer values;
    private final int rows;
    private final Signal.Type[] types;
    private final int at;
    /** Per column: where its null bitmap begins, or -1, and where its next value is. */
    private final int[] nulls;

    private final int[] next;

    RowCursor(RowBatch.Head head) {
        this.values = head.values();
        this.rows = head.rows();
        this.types = head.types().toArray(Signal.Type[]::new);
        this.at = values.position();
        this.nulls = new int[types.length];
        this.next = new int[types.length];
        int position = at + 8 * rows;
        for (int c = 0; c < types.length; c++) {
            boolean nullable = values.get(position++) == 1;
            nulls[c] = nullable ? position : -1;
            position += nullable ? (rows + 7) / 8 : 0;
            next[c] = position;
            position = end(types[c], position);
        }
    }

    private int end(Signal.Type type, int begin) {
        return switch (type) {
            case LONG, TIMESTAMP, DOUBLE -> begin + 8 * rows;
            case BOOLEAN -> begin + rows;
            case TEXT, BYTES -> {
                int position = begin;
                for (int r = 0; r < rows; r++) {
                    position += 4 + values.getInt(position);
                }
                yield position;
            }
        };
    }

    void appendTo(DuckDBAppender appender) throws SQLException {
        for (int r = 0; r < rows; r++) {
            appender.beginRow();
            appender.append(values.getLong(at + 8 * r));
            for (int c = 0; c < types.length; c++) {
                append(appender, r, c);
            }
            appender.endRow();
        }
    }

    private void append(DuckDBAppender appender, int row, int column) throws SQLException {
        boolean isNull = nulls[column] >= 0 && (values.get(nulls[column] + row / 8) >> (row % 8) & 1) == 1;
        int position = next[column];
        Signal.Type type = types[column];
        if (isNull) {
            appender.appendNull();
        }
        switch (type) {
            case LONG -> {
                next[column] = position + 8;
                if (!isNull) {
                    appender.append(values.getLong(position));
                }
            }
            case TIMESTAMP -> {
                next[column] = position + 8;
                if (!isNull) {
                    appender.appendEpochMicros(values.getLong(position));
                }
            }
            case DOUBLE -> {
                next[column] = position + 8;
                if (!isNull) {
                    appender.append(values.getDouble(position));
                }
            }
            case BOOLEAN -> {
                next[column] = position + 1;
                if (!isNull) {
                    appender.append(values.get(position) == 1);
                }
            }
            case TEXT, BYTES -> {
                int length = values.getInt(position);
                next[column] = position + 4 + length;
                if (!isNull) {
                    byte[] bytes = new byte[length];
                    values.get(position + 4, bytes);
                    if (type == Signal.Type.TEXT) {
                        appender.append(new String(bytes, StandardCharsets.UTF_8));
                    } else {
                        appender.append(bytes);
                    }
                }
            }
        }
    }
}
