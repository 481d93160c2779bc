package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Paging;
import dev.pilothouse.cli.terminal.Query;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.cli.terminal.Upload;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot prices}: what models cost, where that is from, and where sources disagree. */
@Command(
        name = "prices",
        description = "Import prices of models and look them up.",
        headerHeading = "Example: pilot prices import model_prices_and_context_window.json --format litellm%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class PriceCommands {
    private static final String PRICES = "/api/v1/prices";
    private static final String IN_COLLECTION = "providers/[^/]+/models/.+\\.toml";
    private static final Pattern MODELS_DEV = Pattern.compile("(?:.*/)?(" + IN_COLLECTION + ")");

    @ParentCommand
    private Session session;

    @Command(
            name = "import",
            description = {
                "Import a price file, which replaces what its source said. The first source that was imported stands against"
                        + " later ones, an overlay (your contracts) against all. Needs the role admin.",
                "A file of models.dev is a ZIP archive of its repository, or one TOML file below providers/."
            },
            headerHeading = "Example: pilot prices import contract.yaml --format overlay%n",
            mixinStandardHelpOptions = true)
    int load(
            @Parameters(paramLabel = "FILE", description = "The price file.") Path file,
            @Option(
                            names = "--format",
                            required = true,
                            paramLabel = "FORMAT",
                            description = "litellm, genai-prices, models.dev or overlay.")
                    String format,
            @Option(
                            names = "--source",
                            paramLabel = "NAME",
                            defaultValue = "",
                            description = "Its name on prices (default: the format).")
                    String source,
            @Option(
                            names = "--date",
                            paramLabel = "DATE",
                            defaultValue = "",
                            description = "The day the file is of, such as 2026-02-01 (default: today).")
                    String date,
            @Option(
                            names = "--from",
                            paramLabel = "DATE",
                            defaultValue = "",
                            description =
                                    "The day (UTC) or moment from which it counts; what the source said before stays"
                                            + " until then (default: since ever).")
                    String from) {
        Matcher path = MODELS_DEV.matcher(file.toAbsolutePath().toString().replace('\\', '/'));
        Query query = new Query(PRICES + "/imports")
                .with("format", format)
                .with("source", source)
                .with("date", date)
                .with("effective-from", from)
                .with("path", format.equals("models.dev") && path.matches() ? path.group(1) : "");
        Terminal terminal = session.terminal();
        JsonNode answer = session.api().post(query.toString(), "application/octet-stream", Upload.of(file, terminal));
        if (!terminal.printedJson(answer)) {
            printImported(terminal, answer);
        }
        return 0;
    }

    private static void printImported(Terminal terminal, JsonNode answer) {
        JsonNode version = answer.path("version");
        terminal.line(count(answer, "read") + " prices read: " + count(answer, "added") + " added, "
                + count(answer, "altered") + " altered, " + count(answer, "removed") + " removed");
        terminal.line((answer.path("changed").asBoolean() ? "version " : "nothing changed, version still ")
                + Show.text(version, "version") + ", " + count(version, "rows") + " prices in all, "
                + count(version, "conflicts") + " of other sources disagree");
        var kinds = new LinkedHashMap<String, List<String>>();
        answer.path("notes")
                .forEach(note -> kinds.computeIfAbsent(Show.text(note, "what"), _ -> new ArrayList<>())
                        .add(Show.text(note, "where")));
        if (!kinds.isEmpty()) {
            terminal.talk(count(answer, "leftOut") + " notes on the file (all of them: --output json):");
            kinds.forEach((what, places) ->
                    terminal.talk("  " + Show.count(places.size()) + " x " + what + " Such as " + places.getFirst()));
        }
        terminal.next(
                version.path("conflicts").asLong() > 0
                        ? "pilot prices conflicts"
                        : "pilot prices list --provider NAME");
    }

    @Command(
            name = "list",
            description = "List prices in US dollars for a million tokens.",
            headerHeading = "Example: pilot prices list --provider anthropic --model 'claude-*'%n",
            mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--provider", paramLabel = "NAME", defaultValue = "", description = "Only this provider's.")
                    String provider,
            @Option(
                            names = "--model",
                            paramLabel = "NAME",
                            defaultValue = "",
                            description = "Only this model's; with a star at its end, of all that begin so.")
                    String model,
            @Option(
                            names = "--at",
                            paramLabel = "DATE",
                            defaultValue = "",
                            description = "Only what counts then, such as 2026-02-01 (default: all dates).")
                    String at,
            @Option(
                            names = "--table",
                            paramLabel = "VERSION",
                            defaultValue = "",
                            description =
                                    "A table of the past, from 'pilot prices versions' (default: the current one).")
                    String table,
            @Mixin Paging paging) {
        Query query = paging.of(PRICES)
                .with("provider", provider)
                .with("model", model)
                .with("at", at)
                .with("version", table);
        JsonNode answer = session.api().get(query.toString());
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        var rows = new ArrayList<List<String>>();
        for (JsonNode price : answer.path("items")) {
            JsonNode rates = price.path("nanoUsdPerMillion");
            rows.add(List.of(
                    PriceText.model(price),
                    PriceText.tier(price),
                    PriceText.from(price),
                    PriceText.usd(rates.path("input")),
                    PriceText.usd(rates.path("cache-read")),
                    PriceText.usd(rates.path("output")),
                    PriceText.more(price),
                    Show.text(price, "source")));
        }
        terminal.table(
                List.of("MODEL", "SERVICE TIER", "FROM", "INPUT", "CACHE READ", "OUTPUT", "AND", "SOURCE"), rows);
        if (rows.isEmpty()) {
            terminal.talk("There is no such price: the model is unpriced, or no prices were imported yet.");
            terminal.next("pilot prices import FILE --format litellm");
        }
        Paging.more(terminal, answer);
        return 0;
    }

    @Command(
            name = "show",
            description = "Show all that is known of a model's prices: each class of tokens, service tier and date.",
            headerHeading = "Example: pilot prices show openai/gpt-4o%n",
            mixinStandardHelpOptions = true)
    int show(
            @Parameters(paramLabel = "PROVIDER/MODEL", description = "As 'pilot prices list' names it.")
                    String reference) {
        int slash = reference.indexOf('/');
        if (slash < 1 || slash == reference.length() - 1) {
            throw new Exit(
                    Exit.USAGE, "'" + reference + "' is no model. Name its provider too, such as openai/gpt-4o.");
        }
        Query query = new Query(PRICES)
                .with("provider", reference.substring(0, slash))
                .with("model", reference.substring(slash + 1))
                .with("limit", "1000");
        JsonNode answer = session.api().get(query.toString());
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(answer)) {
            answer.path("items").forEach(price -> {
                terminal.line(terminal.bold(PriceText.model(price)) + "  " + PriceText.tier(price) + "  from "
                        + PriceText.from(price) + "  by " + Show.text(price, "source") + " of "
                        + Show.text(price, "sourceDate"));
                terminal.table(List.of("PRICE", "USD", "FOR"), PriceText.rates(price));
            });
        }
        if (answer.path("items").isEmpty()) {
            throw new Exit(
                    Exit.NOT_SO,
                    "There is no price of " + reference
                            + ": it is unpriced. See what there is: pilot prices list --provider "
                            + reference.substring(0, slash));
        }
        terminal.talk("Version of the prices: " + Show.text(answer, "version"));
        return 0;
    }

    @Command(
            name = "conflicts",
            description = "List where a source says another price than the one that counts.",
            headerHeading = "Example: pilot prices conflicts%n",
            mixinStandardHelpOptions = true)
    int conflicts(@Mixin Paging paging) {
        JsonNode answer = session.api().get(paging.of(PRICES + "/conflicts").toString());
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        var rows = new ArrayList<List<String>>();
        answer.path("items").forEach(conflict -> rows.addAll(PriceText.differences(conflict)));
        terminal.table(
                List.of("MODEL", "SERVICE TIER", "PRICE", "COUNTS", "SOURCE", "ANOTHER", "SOURCE", "FROM"), rows);
        if (rows.isEmpty()) {
            terminal.talk("No two sources disagree.");
        } else {
            terminal.next("set what is right in an overlay: pilot prices import FILE --format overlay");
        }
        Paging.more(terminal, answer);
        return 0;
    }

    @Command(
            name = "versions",
            description = "List the tables of prices that there were, the newest first.",
            headerHeading = "Example: pilot prices versions%n",
            mixinStandardHelpOptions = true)
    int versions(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "Newest N, 1 to 1000 (default: ${DEFAULT-VALUE}).")
                    int limit) {
        JsonNode answer = session.api()
                .get(new Query(PRICES + "/versions")
                        .with("limit", Integer.toString(limit))
                        .toString());
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(answer)) {
            terminal.table(
                    List.of("NUMBER", "VERSION", "SOURCE", "FORMAT", "PRICES", "CONFLICTS", "BY", "WHEN"),
                    Show.rows(
                            answer.path("items"),
                            "number",
                            "version",
                            "source",
                            "format",
                            "rows",
                            "conflicts",
                            "importedBy",
                            "importedAt:ago"));
            if (answer.path("items").isEmpty()) {
                terminal.talk("No prices were imported yet, so every model is unpriced.");
                terminal.next("pilot prices import FILE --format litellm");
            }
        }
        return 0;
    }

    private static String count(JsonNode answer, String field) {
        return Show.count(answer.path(field).asLong());
    }
}
