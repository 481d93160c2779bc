package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Front door of datasets for other modules. Thread-safe; calls block. */
public final class Datasets {
    /** Types a column can have. */
    public enum ColumnType {
        TEXT,
        LONG,
        DOUBLE,
        BOOLEAN,
        TIMESTAMP
    }

    /** A column of a version's schema. */
    public record Column(String name, ColumnType type) {}

    /**
     * An immutable version.
     *
     * @param tenant owner
     * @param name dataset name
     * @param version number, from 1
     * @param digest digest of its manifest
     * @param files blobs by file name
     * @param schema columns, in order
     * @param rows number of rows
     * @param createdBy principal
     * @param createdAt when
     */
    public record Version(
            String tenant,
            String name,
            int version,
            Digest digest,
            Map<String, Digest> files,
            List<Column> schema,
            long rows,
            String createdBy,
            Instant createdAt) {
        public Version {
            files = Map.copyOf(files);
            schema = List.copyOf(schema);
        }
    }

    /**
     * Rows of a version, column by column.
     *
     * @param columns columns, in order
     * @param values values by column name: String, Long, Double, Boolean or null; all lists have the same length
     */
    public record Batch(List<Column> columns, Map<String, List<@Nullable Object>> values) {}

    /**
     * What checking a version against expectations found.
     *
     * @param passed whether nothing was broken
     * @param checked number of expectations checked
     * @param broken each broken expectation in words, with the number of rows and up to five of them
     */
    public record Validation(boolean passed, int checked, List<String> broken) {}

    /**
     * What a reference means now: {@code name} (newest version), {@code name@3} or {@code name@sha256:…}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND that names the nearest dataset
     */
    public Version resolve(String tenant, String reference) {
        throw new IllegalStateException("under construction");
    }

    /** One version. */
    public Optional<Version> find(String tenant, String name, int version) {
        throw new IllegalStateException("under construction");
    }

    /** Reads rows from an offset on, at most {@code limit}; the order is the files' own. */
    public Batch read(Version version, long offset, int limit, Duration within) {
        throw new IllegalStateException("under construction");
    }

    /** Checks a version against its dataset's expectations as they are now. */
    public Validation validate(Version version, Duration within) {
        throw new IllegalStateException("under construction");
    }
}
