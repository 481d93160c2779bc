package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.Money;
import dev.pilothouse.pay.prices.TokenClass;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Rows as CSV (RFC 4180, UTF-8, lines end in CR LF), a page at a time, so that an export of any length takes the memory of one.
 * A text that a spreadsheet would take for a formula, since it begins with {@code = + - @}, a tabulator or a line end, gets an
 * apostrophe before it (OWASP, "CSV Injection").
 */
final class UsageCsv extends InputStream {
    static final int ROWS_PER_PAGE = 10_000;
    private static final String FORMULA_STARTS = "=+-@\t\r\n";

    private final Function<Optional<UsageCursor>, List<UsageRecord>> pages;
    private Optional<UsageCursor> after = Optional.empty();
    private byte[] bytes;
    private int at;
    private boolean last;

    /**
     * Reads the first page at once, so that what cannot be answered fails before the answer has begun.
     *
     * @param pages gives the rows after one, at most {@link #ROWS_PER_PAGE}
     */
    UsageCsv(Function<Optional<UsageCursor>, List<UsageRecord>> pages) {
        this.pages = pages;
        this.bytes = (header() + nextPage()).getBytes(StandardCharsets.UTF_8);
    }

    private String nextPage() {
        List<UsageRecord> rows = pages.apply(after);
        last = rows.size() < ROWS_PER_PAGE;
        var text = new StringBuilder(rows.size() * 256);
        for (UsageRecord row : rows) {
            append(text, cells(row));
        }
        if (!rows.isEmpty()) {
            after = Optional.of(UsageCursor.after(rows.getLast()));
        }
        return text.toString();
    }

    private static String header() {
        List<String> names = new ArrayList<>(List.of(
                "at",
                "request_id",
                "attempt",
                "operation",
                "key",
                "principal",
                "agent",
                "session",
                "project",
                "user",
                "tags",
                "alias",
                "provider",
                "model",
                "streamed",
                "degraded",
                "cached",
                "outcome",
                "status",
                "error"));
        for (TokenClass each : TokenClass.values()) {
            names.add(ColumnsSink.tokens(each));
        }
        names.addAll(List.of(
                "requests",
                "searches",
                "images",
                "characters",
                "audio_millis",
                "cost_usd",
                "ceiling_usd",
                "price_version",
                "budgets",
                "latency_us",
                "ttft_us",
                "guards",
                "saved_usd"));
        var text = new StringBuilder();
        append(text, names);
        return text.toString();
    }

    private static List<String> cells(UsageRecord row) {
        Who who = row.opening().who();
        Asked asked = row.opening().asked();
        UsageEnd end = row.end();
        List<String> cells = new ArrayList<>(Arrays.asList(
                Instant.EPOCH.plus(asked.startedMicros(), ChronoUnit.MICROS).toString(),
                safe(asked.requestId()),
                Integer.toString(row.opening().attempt()),
                safe(asked.operation()),
                safe(who.key()),
                safe(who.principal()),
                safe(who.agent()),
                safe(who.session()),
                safe(who.project()),
                safe(who.user()),
                safe(String.join(";", who.tags())),
                safe(asked.alias()),
                safe(end.target().provider()),
                safe(end.target().model()),
                Boolean.toString(asked.streamed()),
                Boolean.toString(end.target().degraded()),
                Boolean.toString(end.cached()),
                end.outcome().label(),
                Integer.toString(end.status()),
                safe(end.error())));
        for (TokenClass each : TokenClass.values()) {
            cells.add(Long.toString(end.usage().tokens(each)));
        }
        cells.addAll(List.of(
                Long.toString(end.usage().requests()),
                Long.toString(end.usage().searches()),
                Long.toString(end.usage().images()),
                Long.toString(end.usage().characters()),
                Long.toString(end.usage().audioMillis()),
                Money.usd(row.costNanoUsd()),
                Money.usd(row.ceilingNanoUsd()),
                safe(end.target().priceVersion()),
                safe(String.join(";", row.budgets())),
                Long.toString(end.latencyMicros()),
                end.ttftMicros() < 0 ? "" : Long.toString(end.ttftMicros()),
                safe(String.join(";", end.guards())),
                Money.usd(end.savedNanoUsd())));
        return cells;
    }

    private static void append(StringBuilder text, List<String> cells) {
        for (int i = 0; i < cells.size(); i++) {
            text.append(i == 0 ? "" : ",").append(quoted(cells.get(i)));
        }
        text.append("\r\n");
    }

    /** A text of a client as a cell that no spreadsheet runs. */
    static String safe(String text) {
        return text.isEmpty() || FORMULA_STARTS.indexOf(text.charAt(0)) < 0 ? text : "'" + text;
    }

    static String quoted(String cell) {
        for (int i = 0; i < cell.length(); i++) {
            if (",\";\r\n'".indexOf(cell.charAt(i)) >= 0) {
                return '"' + cell.replace("\"", "\"\"") + '"';
            }
        }
        return cell;
    }

    private boolean fill() {
        while (at == bytes.length && !last) {
            bytes = nextPage().getBytes(StandardCharsets.UTF_8);
            at = 0;
        }
        return at < bytes.length;
    }

    @Override
    public int read() {
        return fill() ? bytes[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int some = Math.min(length, bytes.length - at);
        System.arraycopy(bytes, at, to, offset, some);
        at += some;
        return some;
    }
}
