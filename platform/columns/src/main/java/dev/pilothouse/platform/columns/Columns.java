package dev.pilothouse.platform.columns;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Front door of the signals. Thread-safe. */
public interface Columns extends AutoCloseable {
    /**
     * One row.
     *
     * @param at microseconds since the epoch, UTC
     * @param values one per column of the signal, in its order, of the Java class its type names
     */
    record Row(long at, @Nullable Object... values) {}

    /**
     * What a query answered.
     *
     * @param columns names, in order
     * @param rows values, in the order of {@code columns}
     */
    record Result(List<String> columns, List<List<@Nullable Object>> rows) {}

    /** Declares a signal; declaring the same one again is harmless. */
    void define(Signal signal, Duration retention);

    /**
     * Appends rows of one tenant.
     *
     * @return completes once the rows are in the log (and synced, under {@code durability: power})
     */
    CompletableFuture<Void> append(String tenant, String signal, List<Row> rows);

    /**
     * Runs one SELECT over the signals, by their names, on one tenant's rows. Integers come back as {@link Long} (as {@link
     * java.math.BigInteger} where they do not fit), fractions and decimals as {@link Double}, timestamps as {@link Long}
     * microseconds, lists as {@link List}, what is left as text. WITH, joins (ASOF too), windows and sub-queries are
     * allowed; of table functions {@code unnest}, {@code range} and {@code generate_series}.
     *
     * @param parameters values of the {@code ?} in the text, in order
     * @param limit time limit
     * @return completes with the rows; TIMEOUT or TOO_LARGE where a limit was reached, INVALID where the text is wrong
     */
    CompletableFuture<Result> query(String tenant, String sql, List<?> parameters, Duration limit);

    /** Moves everything up to now into what queries see; for tests and for reading one's own writes. */
    CompletableFuture<Void> flush();

    /** Makes all rows whose append has completed survive power loss; does not load DuckDB. */
    CompletableFuture<Void> sync();

    /** Rows and bytes per signal, for {@code /metrics}. */
    Map<String, Long> rowsBySignal();

    @Override
    void close();
}
