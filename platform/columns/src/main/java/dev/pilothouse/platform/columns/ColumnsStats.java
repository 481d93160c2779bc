package dev.pilothouse.platform.columns;

/**
 * Counters and gauges of the columns; counters since opening.
 *
 * @param appendedRows acknowledged rows
 * @param refusedBatches batches refused because the loader was behind
 * @param behindBytes bytes acknowledged and not yet in what queries see
 * @param hotBytes bytes of the log that are hot
 * @param loadedRows rows loaded into the hot window
 * @param seals times the hot window was sealed
 * @param files Parquet files
 * @param fileBytes bytes of the Parquet files
 * @param queries queries run
 * @param failedQueries queries that failed
 */
public record ColumnsStats(
        long appendedRows,
        long refusedBatches,
        long behindBytes,
        long hotBytes,
        long loadedRows,
        long seals,
        long files,
        long fileBytes,
        long queries,
        long failedQueries) {}
