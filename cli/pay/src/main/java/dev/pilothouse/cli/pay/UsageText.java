package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Names;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Usage of answers as tables; amounts are the server's exact decimals. */
final class UsageText {
    private static final List<String> WRITTEN = List.of("output", "reasoning", "audio-output", "image-output");

    private UsageText() {}

    /** Sums of groups, and those of all last; keys and principals with their names. */
    static void sums(Terminal terminal, JsonNode answer, List<String> dimensions, Names names) {
        boolean cached = answer.path("total").path("cached").asLong() > 0;
        boolean told = answer.path("total").path("outcomes").asLong() > 0;
        var header = new ArrayList<String>();
        dimensions.forEach(dimension -> header.add(dimension.toUpperCase(Locale.ROOT)));
        header.addAll(List.of("CALLS", "OK", "REFUSED", "FAILED", "IN", "OUT", "COST USD"));
        if (cached) {
            header.addAll(List.of("CACHED", "SAVED USD"));
        }
        if (told) {
            header.addAll(List.of("COST/SUCCESS", "MARGIN USD"));
        }
        var rows = new ArrayList<List<String>>();
        for (JsonNode group : answer.path("items")) {
            var row = new ArrayList<String>();
            dimensions.forEach(dimension -> row.add(value(group, dimension, names)));
            rows.add(with(row, group, cached, told));
        }
        if (!rows.isEmpty()) {
            var row = new ArrayList<String>();
            dimensions.forEach(_ -> row.add(row.isEmpty() ? "all" : ""));
            rows.add(with(row, answer.path("total"), cached, told));
        }
        terminal.table(header, rows);
    }

    private static List<String> with(List<String> row, JsonNode sums, boolean cached, boolean told) {
        long failed = sums.path("errors").asLong()
                + sums.path("aborted").asLong()
                + sums.path("bounded").asLong();
        row.add(count(sums, "calls"));
        row.add(count(sums, "ok"));
        row.add(count(sums, "refused"));
        row.add(Show.count(failed));
        row.add(count(sums, "inputTokens"));
        row.add(count(sums, "outputTokens"));
        row.add(Show.text(sums, "costUsd"));
        if (cached) {
            row.add(count(sums, "cached"));
            row.add(Show.text(sums, "savedUsd"));
        }
        if (told) {
            row.add(Show.text(sums, "costPerSuccessUsd"));
            row.add(Show.text(sums, "marginUsd"));
        }
        return row;
    }

    private static String value(JsonNode group, String dimension, Names names) {
        String value = Show.text(group, dimension);
        String name =
                switch (dimension) {
                    case "key" -> value.isEmpty() ? "" : names.key(value);
                    case "principal" -> value.isEmpty() ? "" : names.principal(value);
                    default -> "";
                };
        return value.isEmpty() ? "-" : name.isEmpty() || name.equals(value) ? value : value + " (" + name + ")";
    }

    private static String count(JsonNode sums, String field) {
        return Show.count(sums.path(field).asLong());
    }

    /** Single calls. */
    static void calls(Terminal terminal, JsonNode items) {
        var rows = new ArrayList<List<String>>();
        for (JsonNode call : items) {
            long in = 0;
            long out = 0;
            for (Map.Entry<String, JsonNode> tokens : call.path("tokens").properties()) {
                if (WRITTEN.contains(tokens.getKey())) {
                    out += tokens.getValue().asLong();
                } else {
                    in += tokens.getValue().asLong();
                }
            }
            String model = Show.text(call, "model");
            String error = Show.text(call, "error");
            rows.add(List.of(
                    Show.ago(Show.text(call, "at")),
                    Show.text(call, "alias"),
                    model.isEmpty() ? "-" : Show.text(call, "provider") + "/" + model,
                    Show.text(call, "outcome") + (error.isEmpty() ? "" : " " + error),
                    Show.count(in),
                    Show.count(out),
                    Show.text(call, "costUsd"),
                    Show.count(call.path("latencyMicros").asLong() / 1000) + " ms",
                    Show.text(call, "requestId")));
        }
        terminal.table(
                List.of("WHEN", "ASKED", "ANSWERED", "OUTCOME", "IN", "OUT", "COST USD", "TOOK", "REQUEST"), rows);
    }
}
