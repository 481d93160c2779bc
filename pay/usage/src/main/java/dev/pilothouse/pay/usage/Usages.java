package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.Signal;
import dev.pilothouse.platform.columns.Signal.Column;
import java.io.InputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Front door of usage: rows of calls, their sums, and outcomes that are told of requests. What is read is what this server's
 * columns hold of one tenant; a call is there within about a second of its end. Thread-safe; all methods block.
 */
public final class Usages {
    /** Dimensions that sums can be grouped by at once. */
    public static final int MOST_DIMENSIONS = 3;

    /** Parts that a time can be cut into. */
    public static final int MOST_PARTS = 500;

    private static final String OUTCOMES = "usage_outcomes";
    private static final Duration WITHIN = Duration.ofSeconds(30);

    private final Columns columns;
    private final InstantSource clock;
    /** Tells apart outcomes that were told of one request; the last counts. */
    private final AtomicLong revision = new AtomicLong();

    /**
     * Usage in columns.
     *
     * @param retention how long outcomes are kept
     */
    public Usages(Columns columns, Duration retention, InstantSource clock) {
        this.columns = columns;
        this.clock = clock;
        columns.define(
                new Signal(
                        OUTCOMES,
                        List.of(
                                new Column("request_id", Signal.Type.TEXT),
                                new Column("revision", Signal.Type.LONG),
                                new Column("success", Signal.Type.BOOLEAN),
                                new Column("value_nano_usd", Signal.Type.LONG),
                                new Column("principal", Signal.Type.TEXT))),
                retention);
    }

    /**
     * Rows of a tenant, the newest request first.
     *
     * @param after where the page before ended; empty for the first
     * @param most at most so many, at least 1
     */
    public List<UsageRecord> rows(String tenant, UsageFilter filter, Optional<UsageCursor> after, int most) {
        return page(tenant, filter, after, most, false);
    }

    List<UsageRecord> page(
            String tenant, UsageFilter filter, Optional<UsageCursor> after, int most, boolean oldestFirst) {
        List<Object> parameters = new ArrayList<>(List.of(filter.fromMicros(), filter.toMicros()));
        parameters.addAll(filter.parameters());
        after.ifPresent(cursor -> parameters.addAll(cursor.parameters()));
        parameters.add(most);
        String sql =
                "SELECT " + UsageRow.SELECTED + " FROM usage WHERE \"at\" >= ? AND \"at\" < ?" + filter.conditions()
                        + (after.isPresent() ? UsageCursor.condition(oldestFirst) : "") + UsageCursor.order(oldestFirst)
                        + " LIMIT ?";
        return ask(tenant, sql, parameters).stream()
                .map(row -> UsageRow.record(tenant, row))
                .toList();
    }

    /**
     * All rows of a tenant as CSV (RFC 4180) with a header, the oldest request first, read from the columns while it is read.
     *
     * @throws dev.pilothouse.kernel.PilothouseException where the first rows cannot be read
     */
    public InputStream csv(String tenant, UsageFilter filter) {
        return new UsageCsv(after -> page(tenant, filter, after, UsageCsv.ROWS_PER_PAGE, true));
    }

    /**
     * Sums of a tenant's calls by some dimensions. Where a request has several attempts, its outcome counts in the last one's
     * group.
     *
     * @param by at most {@link #MOST_DIMENSIONS}; none for one sum of all
     * @param order which groups come first
     * @param most at most so many groups, at least 1
     */
    public List<UsageSums> sums(String tenant, UsageFilter filter, List<Dimension> by, UsageOrder order, int most) {
        if (by.size() > MOST_DIMENSIONS) {
            throw CommonError.INVALID.because(
                    "Usage is grouped by at most " + MOST_DIMENSIONS + " dimensions at once.");
        }
        return sums(tenant, filter, by.stream().map(Dimension::value).toList(), order(order), most);
    }

    /**
     * Sums of a tenant's calls by time: the time asked for is cut into parts of equal length.
     *
     * @param parts 1 to {@link #MOST_PARTS}
     * @return for each part in which there were calls its number from 0, in the order of time
     */
    public Map<Integer, UsageSums> course(String tenant, UsageFilter filter, int parts) {
        String part = "(\"at\" - " + filter.fromMicros() + ") // " + filter.partMicros(parts);
        Map<Integer, UsageSums> course = new TreeMap<>();
        for (UsageSums sums : sums(tenant, filter, List.of("CAST(" + part + " AS VARCHAR)"), "cost DESC", parts)) {
            course.put(Integer.parseInt(sums.group().getFirst()), sums);
        }
        return course;
    }

    private List<UsageSums> sums(String tenant, UsageFilter filter, List<String> by, String order, int most) {
        List<Object> parameters = new ArrayList<>(List.of(filter.fromMicros(), filter.toMicros(), filter.fromMicros()));
        parameters.addAll(filter.parameters());
        parameters.add(most);
        return ask(tenant, summary(filter, by, order), parameters).stream()
                .map(row -> sums(row, by.size()))
                .toList();
    }

    private static String summary(UsageFilter filter, List<String> by, String order) {
        var groups = new StringBuilder();
        var names = new StringBuilder();
        for (int i = 0; i < by.size(); i++) {
            groups.append(", ").append(by.get(i)).append(" AS group_").append(i);
            names.append("group_").append(i).append(", ");
        }
        String grouped = by.isEmpty() ? "" : " GROUP BY " + names.substring(0, names.length() - 2);
        return """
                WITH called AS (
                  SELECT *, row_number() OVER (
                    PARTITION BY request_id ORDER BY attempt DESC, segment DESC, record_offset DESC) = 1 AS is_last
                  FROM usage WHERE "at" >= ? AND "at" < ?
                ), told AS (
                  SELECT request_id AS told_id, arg_max(success, revision) AS success,
                         arg_max(coalesce(value_nano_usd, 0), revision) AS value
                  FROM usage_outcomes WHERE "at" >= ? GROUP BY request_id
                ), chosen AS (
                  SELECT called.*, told.success, told.value
                """ + groups + """
                   FROM called LEFT JOIN told
                    ON called.is_last AND called.request_id <> '' AND told.told_id = called.request_id
                  WHERE true
                """ + filter.conditions() + """
                )
                SELECT
                """ + names + """
                 count(*) AS calls, count(*) FILTER (outcome = 'ok'), count(*) FILTER (outcome = 'error'),
                  count(*) FILTER (outcome = 'refused'), count(*) FILTER (outcome = 'aborted'),
                  count(*) FILTER (outcome = 'bounded'), count(*) FILTER (degraded), count(*) FILTER (cached),
                """ + side(TokenClass.INPUT_SIDE) + ", "
                + side(TokenClass.OUTPUT_SIDE) + """
                , sum(cost_nano_usd) AS cost, sum(ceiling_nano_usd) FILTER (cached), count(*) FILTER (price_version = '' AND provider <> ''),
                  count(success), count(*) FILTER (success), sum(value),
                  approx_quantile(latency_us, 0.5) FILTER (outcome = 'ok' AND cached IS NOT TRUE),
                  approx_quantile(latency_us, 0.95) FILTER (outcome = 'ok' AND cached IS NOT TRUE)
                FROM chosen
                """ + grouped + " ORDER BY " + order + " NULLS LAST"
                + (by.isEmpty() ? "" : ", " + names.substring(0, names.length() - 2))
                + " LIMIT ?";
    }

    private static String order(UsageOrder order) {
        return switch (order) {
            case COST -> "cost DESC";
            case CALLS -> "calls DESC";
            case TOKENS -> side(TokenClass.INPUT_SIDE) + " + " + side(TokenClass.OUTPUT_SIDE) + " DESC";
        };
    }

    private static String side(List<TokenClass> classes) {
        var sum = new StringBuilder("sum(");
        for (TokenClass each : classes) {
            sum.append(sum.length() > 4 ? " + " : "").append(ColumnsSink.tokens(each));
        }
        return sum.append(')').toString();
    }

    private static UsageSums sums(List<?> row, int groups) {
        List<String> group = new ArrayList<>();
        for (int i = 0; i < groups; i++) {
            group.add(Cells.text(row, i));
        }
        return new UsageSums(
                group,
                Cells.number(row, groups),
                Cells.number(row, groups + 1),
                Cells.number(row, groups + 2),
                Cells.number(row, groups + 3),
                Cells.number(row, groups + 4),
                Cells.number(row, groups + 5),
                Cells.number(row, groups + 6),
                Cells.number(row, groups + 7),
                Cells.number(row, groups + 8),
                Cells.number(row, groups + 9),
                Cells.number(row, groups + 10),
                Cells.number(row, groups + 11),
                Cells.number(row, groups + 12),
                Cells.number(row, groups + 13),
                Cells.number(row, groups + 14),
                Cells.number(row, groups + 15),
                Cells.number(row, groups + 16),
                Cells.number(row, groups + 17));
    }

    /**
     * Tells what came of a request. Telling it again replaces what was told before; it never counts twice. It may be told
     * before the request's rows are there.
     *
     * @param requestId the id that the response carried
     * @param success whether it did what it was for
     * @param valueNanoUsd what it is worth; empty for nothing that can be told, may be negative
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role {@link Role#INVOKER}, INVALID
     */
    public void tell(Caller by, String requestId, boolean success, OptionalLong valueNanoUsd) {
        by.require(Role.INVOKER);
        if (requestId.isBlank() || !Texts.kept(requestId).equals(requestId)) {
            throw CommonError.INVALID.because("A request's id has 1 to " + Texts.LONGEST
                    + " characters and no control characters. Send the one that the response carried.");
        }
        long now = clock.millis() * 1_000;
        long next = revision.updateAndGet(last -> Math.max(last + 1, now));
        Object value = valueNanoUsd.isPresent() ? valueNanoUsd.getAsLong() : null;
        Waiting.on(columns.append(
                by.tenant(), OUTCOMES, List.of(new Columns.Row(now, requestId, next, success, value, by.principal()))));
    }

    private List<? extends List<?>> ask(String tenant, String sql, List<?> parameters) {
        return Waiting.on(columns.query(tenant, sql, parameters, WITHIN)).rows();
    }
}
