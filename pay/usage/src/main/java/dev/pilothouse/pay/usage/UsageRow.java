package dev.pilothouse.pay.usage;

import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.platform.segments.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads rows of usage back as records, and says where a page of them ended. */
final class UsageRow {
    /** What {@link #record} reads, in this order. */
    static final String SELECTED = """
            "at", log, segment, record_offset, request_id, operation, key_id, principal, agent, session, project, end_user,
            tags, alias, provider, model, price_version, budgets, outcome, error, streamed, degraded, cached, attempt, status,
            latency_us, ttft_us, cost_nano_usd, ceiling_nano_usd, requests, searches, images\
            """ + behind();

    private static final int FIRST_TOKENS = 32;

    private UsageRow() {}

    private static String behind() {
        var columns = new StringBuilder();
        for (TokenClass each : TokenClass.values()) {
            columns.append(", ").append(ColumnsSink.tokens(each));
        }
        return columns.append(", guards, characters, audio_millis").toString();
    }

    static UsageRecord record(String tenant, List<? extends @Nullable Object> row) {
        var who = new Who(
                tenant,
                Cells.text(row, 6),
                Cells.text(row, 7),
                Cells.text(row, 8),
                Cells.text(row, 9),
                Cells.text(row, 10),
                Cells.text(row, 11),
                list(Cells.text(row, 12)));
        var asked = new Asked(
                Cells.text(row, 4), Cells.text(row, 5), Cells.text(row, 13), Cells.flag(row, 20), Cells.number(row, 0));
        var target = new Target(Cells.text(row, 14), Cells.text(row, 15), Cells.text(row, 16), Cells.flag(row, 21));
        var end = new UsageEnd(
                target,
                Outcome.parse(Cells.text(row, 18)),
                (int) Cells.number(row, 24),
                Cells.text(row, 19),
                Cells.flag(row, 22),
                Cells.flag(row, 22) ? Cells.number(row, 28) : 0,
                usage(row),
                Cells.number(row, 25),
                row.get(26) == null ? -1 : Cells.number(row, 26),
                list(Cells.text(row, FIRST_TOKENS + TokenClass.values().length)));
        return new UsageRecord(
                Cells.text(row, 1),
                new Position(Cells.number(row, 2), Cells.number(row, 3)),
                new UsageOpening(who, asked, (int) Cells.number(row, 23), target),
                end,
                list(Cells.text(row, 17)),
                Cells.number(row, 28),
                Cells.number(row, 27));
    }

    private static List<String> list(String joined) {
        return joined.isEmpty() ? List.of() : List.of(joined.split(ColumnsSink.SEPARATOR, -1));
    }

    private static Usage usage(List<? extends @Nullable Object> row) {
        Usage usage = Usage.NONE
                .withRequests(Cells.number(row, 29))
                .withSearches(Cells.number(row, 30))
                .withImages(Cells.number(row, 31));
        int place = FIRST_TOKENS;
        for (TokenClass each : TokenClass.values()) {
            usage = usage.with(each, Cells.number(row, place++));
        }
        // The guards stand between.
        return usage.withCharacters(Cells.number(row, place + 1)).withAudioMillis(Cells.number(row, place + 2));
    }
}
