package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Names;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Budgets of answers in words; amounts are the server's exact decimals. */
final class BudgetText {
    private static final String KEY = "key:";

    private BudgetText() {}

    /** Whose spend it counts; of a key with its name and owner. */
    static String scope(JsonNode budget, Names names) {
        String scope = Show.text(budget, "scope");
        String owner = scope.startsWith(KEY) ? names.key(scope.substring(KEY.length())) : "";
        return owner.isEmpty() ? scope : scope + " (" + owner + ")";
    }

    /** An amount with what it is of, such as {@code 12.5 USD}. */
    static String amount(JsonNode of, String field) {
        String unit = Show.text(of, "unit");
        return Show.text(of, field) + " " + (unit.equals("usd") ? "USD" : unit.replace('-', ' '));
    }

    /** Everything that is known of it, a row each. */
    static List<List<String>> facts(JsonNode budget, Terminal terminal, Names names) {
        var rows = new ArrayList<List<String>>();
        String raised = Show.text(budget, "raised");
        rows.add(List.of("counts", scope(budget, names)));
        rows.add(List.of("window", window(budget)));
        rows.add(List.of(
                "limit", amount(budget, "limit") + (raised.equals("0") ? "" : ", raised by " + raised + " for now")));
        rows.add(List.of("spent", amount(budget, "settled") + ", " + Show.text(budget, "percent") + " %"));
        rows.add(List.of("held", amount(budget, "held") + " by calls under way"));
        rows.add(List.of("left", amount(budget, "remaining")));
        rows.add(List.of("burn", amount(budget, "burnPerHour") + " an hour"));
        rows.add(List.of("forecast", amount(budget, "forecast") + " at the window's end"));
        rows.add(List.of("state", terminal.state(Show.text(budget, "state"))));
        rows.add(List.of("told at", Show.text(budget, "thresholds") + " %"));
        for (JsonNode rung : budget.path("ladder")) {
            rows.add(List.of(
                    "goes over to",
                    Show.text(rung, "model") + " from a forecast of " + Show.text(rung, "from") + " %, at "
                            + Show.text(rung, "price") + " % of the price"));
        }
        for (JsonNode channel : budget.path("notify")) {
            channel.properties()
                    .forEach(each ->
                            rows.add(List.of("tells", each.getKey() + " " + Show.text(channel, each.getKey()))));
        }
        return rows;
    }

    private static String window(JsonNode budget) {
        String end = Show.text(budget, "windowEnd");
        String zone = Show.text(budget, "zone");
        return Show.text(budget, "window")
                + (zone.equals("Z") ? "" : " in " + zone)
                + (end.isEmpty() ? ", without end" : ", ends " + Show.until(end) + " at " + end);
    }
}
