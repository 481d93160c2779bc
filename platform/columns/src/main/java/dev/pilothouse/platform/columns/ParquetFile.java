package dev.pilothouse.platform.columns;

/**
 * A sealed file.
 *
 * @param key whose rows it holds
 * @param name path below the Parquet folder; of a file that another process sealed, the whole path
 * @param width columns it has, after {@code at}
 * @param rows rows it holds
 * @param bytes its length
 * @param from smallest {@code at}
 * @param to largest {@code at}
 */
record ParquetFile(SeriesKey key, String name, int width, long rows, long bytes, long from, long to) {
    /** The same under another name. */
    ParquetFile named(String other) {
        return new ParquetFile(key, other, width, rows, bytes, from, to);
    }
}
