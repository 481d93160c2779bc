package dev.pilothouse.pay.usage;

import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.Signal;
import dev.pilothouse.platform.columns.Signal.Column;
import dev.pilothouse.platform.segments.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Records of usage as rows of the signal {@code usage}. A row's {@code at} is when its request came; tags, budgets and what
 * guards found are separated by line feeds, which none of them can hold. DuckDB loads only where it is asked what is kept, which is after a crash.
 */
public final class ColumnsSink implements UsageSink {
    static final String SIGNAL = "usage";
    static final String SEPARATOR = "\n";
    private static final Duration WITHIN = Duration.ofSeconds(60);

    private static final String KEPT = """
            SELECT segment, record_offset FROM usage
            WHERE log = ? AND (segment > ? OR (segment = ? AND record_offset >= ?))
              AND (segment < ? OR (segment = ? AND record_offset < ?))
            """;

    private final Columns columns;

    /**
     * A sink into columns.
     *
     * @param retention how long rows are kept
     */
    public ColumnsSink(Columns columns, Duration retention) {
        this.columns = columns;
        columns.define(new Signal(SIGNAL, columns()), retention);
    }

    private static List<Column> columns() {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("log", Signal.Type.TEXT));
        columns.add(new Column("segment", Signal.Type.LONG));
        columns.add(new Column("record_offset", Signal.Type.LONG));
        for (String text : List.of(
                "request_id",
                "operation",
                "key_id",
                "principal",
                "agent",
                "session",
                "project",
                "end_user",
                "tags",
                "alias",
                "provider",
                "model",
                "price_version",
                "budgets",
                "outcome",
                "error")) {
            columns.add(new Column(text, Signal.Type.TEXT));
        }
        columns.add(new Column("streamed", Signal.Type.BOOLEAN));
        columns.add(new Column("degraded", Signal.Type.BOOLEAN));
        columns.add(new Column("cached", Signal.Type.BOOLEAN));
        for (String number :
                List.of("attempt", "status", "latency_us", "ttft_us", "cost_nano_usd", "ceiling_nano_usd")) {
            columns.add(new Column(number, Signal.Type.LONG));
        }
        for (TokenClass each : TokenClass.values()) {
            columns.add(new Column(tokens(each), Signal.Type.LONG));
        }
        for (String count : List.of("requests", "searches", "images")) {
            columns.add(new Column(count, Signal.Type.LONG));
        }
        columns.add(new Column("guards", Signal.Type.TEXT));
        columns.add(new Column("characters", Signal.Type.LONG));
        columns.add(new Column("audio_millis", Signal.Type.LONG));
        return columns;
    }

    /** The column of a class of tokens. */
    static String tokens(TokenClass tokenClass) {
        return tokenClass.name().toLowerCase(Locale.ROOT) + "_tokens";
    }

    private static Columns.Row row(UsageRecord each) {
        Who who = each.opening().who();
        Asked asked = each.opening().asked();
        UsageEnd end = each.end();
        List<@Nullable Object> values = new ArrayList<>();
        values.add(each.log());
        values.add(each.at().segment());
        values.add(each.at().offset());
        values.add(asked.requestId());
        values.add(asked.operation());
        values.add(who.key());
        values.add(who.principal());
        values.add(who.agent());
        values.add(who.session());
        values.add(who.project());
        values.add(who.user());
        values.add(String.join(SEPARATOR, who.tags()));
        values.add(asked.alias());
        values.add(end.target().provider());
        values.add(end.target().model());
        values.add(end.target().priceVersion());
        values.add(String.join(SEPARATOR, each.budgets()));
        values.add(end.outcome().label());
        values.add(end.error());
        values.add(asked.streamed());
        values.add(end.target().degraded());
        values.add(end.cached());
        values.add((long) each.opening().attempt());
        values.add((long) end.status());
        values.add(end.latencyMicros());
        values.add(end.ttftMicros() < 0 ? null : end.ttftMicros());
        values.add(each.costNanoUsd());
        values.add(each.ceilingNanoUsd());
        for (TokenClass tokenClass : TokenClass.values()) {
            values.add(end.usage().tokens(tokenClass));
        }
        values.add(end.usage().requests());
        values.add(end.usage().searches());
        values.add(end.usage().images());
        values.add(String.join(SEPARATOR, end.guards()));
        values.add(end.usage().characters());
        values.add(end.usage().audioMillis());
        return new Columns.Row(asked.startedMicros(), values.toArray());
    }

    @Override
    public void append(String tenant, List<UsageRecord> records) {
        Waiting.on(columns.append(
                tenant, SIGNAL, records.stream().map(ColumnsSink::row).toList()));
    }

    @Override
    public void sync() {
        Waiting.on(columns.sync());
    }

    @Override
    public Set<Position> kept(String tenant, String log, Position from, Position to) {
        Waiting.on(columns.flush());
        Columns.Result answer = Waiting.on(columns.query(
                tenant,
                KEPT,
                List.of(log, from.segment(), from.segment(), from.offset(), to.segment(), to.segment(), to.offset()),
                WITHIN));
        Set<Position> kept = new HashSet<>();
        answer.rows().forEach(row -> kept.add(new Position(Cells.number(row, 0), Cells.number(row, 1))));
        return kept;
    }
}
