package dev.pilothouse.platform.columns;

/**
 * A sealed file.
 *
 * @param key whose rows it holds
 * @param name path below the Parquet folder
 * @param width columns it has, after {@code at}
 * @param rows rows it holds
 * @param bytes its length
 * @param from smallest {@code at}
 * @param to largest {@code at}
 */
record ParquetFile(SeriesKey key, String name, int width, long rows, long bytes, long from, long to) {}
