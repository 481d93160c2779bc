package dev.pilothouse.platform.columns;

import dev.pilothouse.platform.segments.Durability;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How the signals are kept.
 *
 * @param folder folder that this process owns while the columns are open
 * @param durability when an append is acknowledged
 * @param memoryBytes memory of DuckDB: hot rows and running queries together; beyond it DuckDB spills to the folder
 * @param hotBytes bytes of the log that stay hot at most; more are sealed to Parquet early
 * @param sealInterval longest time that rows stay hot only
 * @param behindBytes bytes that may be acknowledged and not yet loaded; beyond them appends are refused
 * @param queryThreads queries that run at once
 * @param queryRows rows of one answer at most
 * @param lazy whether DuckDB loads with the first query, flush or seal instead of at once
 * @param exchange folder in which several processes show one another what they sealed; empty for none
 */
public record ColumnsConfig(
        Path folder,
        Durability durability,
        long memoryBytes,
        long hotBytes,
        Duration sealInterval,
        long behindBytes,
        int queryThreads,
        int queryRows,
        boolean lazy,
        Optional<Path> exchange) {

    public ColumnsConfig {
        if (memoryBytes < 64L << 20) {
            throw new IllegalArgumentException("The columns need at least 64 MiB of memory, not " + memoryBytes);
        }
        if (hotBytes < 1 || behindBytes < 1 || queryThreads < 1 || queryRows < 1) {
            throw new IllegalArgumentException("Sizes and counts of the columns are positive");
        }
        if (sealInterval.isNegative() || sealInterval.isZero()) {
            throw new IllegalArgumentException("The seal interval is positive, not " + sealInterval);
        }
    }

    /**
     * 1 GiB of memory, 128 MiB hot, sealed every 5 minutes, at most 512 MiB behind, 2 queries at once, answers of at most a
     * million rows, DuckDB on first use.
     */
    public static ColumnsConfig in(Path folder) {
        return new ColumnsConfig(
                folder,
                Durability.WRITE,
                1L << 30,
                128L << 20,
                Duration.ofMinutes(5),
                512L << 20,
                2,
                1_000_000,
                true,
                Optional.empty());
    }

    /** The same with another durability. */
    public ColumnsConfig withDurability(Durability other) {
        return with(parts -> parts.durability = other);
    }

    /** The same with another memory limit. */
    public ColumnsConfig withMemoryBytes(long bytes) {
        return with(parts -> parts.memoryBytes = bytes);
    }

    /** The same with another hot window. */
    public ColumnsConfig withHotBytes(long bytes) {
        return with(parts -> parts.hotBytes = bytes);
    }

    /** The same with another seal interval. */
    public ColumnsConfig withSealInterval(Duration interval) {
        return with(parts -> parts.sealInterval = interval);
    }

    /** The same with another bound of what is not yet loaded. */
    public ColumnsConfig withBehindBytes(long bytes) {
        return with(parts -> parts.behindBytes = bytes);
    }

    /** The same with another bound of an answer's rows. */
    public ColumnsConfig withQueryRows(int rows) {
        return with(parts -> parts.queryRows = rows);
    }

    /** The same with a folder in which several processes show one another what they sealed. */
    public ColumnsConfig withExchange(Path shared) {
        return with(parts -> parts.exchange = Optional.of(shared));
    }

    /** The same with DuckDB loaded at once. */
    public ColumnsConfig eager() {
        return with(parts -> parts.lazy = false);
    }

    private ColumnsConfig with(Consumer<Parts> change) {
        var parts = new Parts(this);
        change.accept(parts);
        return new ColumnsConfig(
                folder,
                parts.durability,
                parts.memoryBytes,
                parts.hotBytes,
                parts.sealInterval,
                parts.behindBytes,
                queryThreads,
                parts.queryRows,
                parts.lazy,
                parts.exchange);
    }

    /** What can be had otherwise. */
    private static final class Parts {
        private Durability durability;
        private long memoryBytes;
        private long hotBytes;
        private Duration sealInterval;
        private long behindBytes;
        private int queryRows;
        private boolean lazy;
        private Optional<Path> exchange;

        Parts(ColumnsConfig config) {
            durability = config.durability;
            memoryBytes = config.memoryBytes;
            hotBytes = config.hotBytes;
            sealInterval = config.sealInterval;
            behindBytes = config.behindBytes;
            queryRows = config.queryRows;
            lazy = config.lazy;
            exchange = config.exchange;
        }
    }
}
