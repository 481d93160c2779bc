package dev.pilothouse.platform.columns;

import java.util.List;

/**
 * The shape of a signal's rows. Every row also has {@code tenant} (text) and {@code at} (microseconds since the epoch),
 * which are not listed here. In SQL {@code at} is a BIGINT and, being a keyword of DuckDB, is written {@code "at"} in double
 * quotes or with its signal, {@code points.at}; columns of type TIMESTAMP are SQL timestamps.
 *
 * @param name table name, {@code [a-z][a-z0-9_]*}, such as {@code inference_samples}
 * @param columns its columns, in the order rows give them; later versions may append columns, which read as null in
 *     older rows
 */
public record Signal(String name, List<Column> columns) {
    public Signal {
        columns = List.copyOf(columns);
    }

    /**
     * A column.
     *
     * @param name {@code [a-z][a-z0-9_]*}
     * @param type its type
     */
    public record Column(String name, Type type) {}

    /** Types of columns and the Java values rows carry for them; every column is nullable. */
    public enum Type {
        /** {@link String}. */
        TEXT,
        /** {@link Long}. */
        LONG,
        /** {@link Double}. */
        DOUBLE,
        /** {@link Boolean}. */
        BOOLEAN,
        /** {@code byte[]}. */
        BYTES,
        /** {@link Long}: microseconds since the epoch, UTC. */
        TIMESTAMP
    }
}
