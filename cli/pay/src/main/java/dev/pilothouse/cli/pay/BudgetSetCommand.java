package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Declares a budget, or changes what is said of one. */
@Command(
        name = "set",
        description = {
            "Declare a budget, or change its limit, thresholds, ladder and who is told; what is not said stays as it is. Needs"
                    + " the role admin.",
            "A scope is KIND:VALUE: organisation, department, team, project, agent, session, key, user or tag."
        },
        headerHeading =
                "Example: pilot budget set research --scope team:research --limit 1500.00 --ladder chat-mini=10%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and options
final class BudgetSetCommand implements Callable<Integer> {
    private static final List<String> DECLARED =
            List.of("scope", "window", "zone", "unit", "limit", "thresholds", "ladder", "notify");
    private static final Pattern RUNG = Pattern.compile("([^=]+)=(\\d{1,3})(?:@(\\d{1,3}))?");

    @ParentCommand
    private BudgetCommands parent;

    @Parameters(paramLabel = "NAME", description = "Letters, digits, dots, dashes and underscores.")
    private String name;

    @Option(names = "--scope", paramLabel = "KIND:VALUE", description = "Whose spend it counts, such as team:research.")
    private String scope = "";

    @Option(
            names = "--limit",
            paramLabel = "AMOUNT",
            description = "The most in each window: exact dollars such as 1500.00, or a whole number of another unit.")
    private String limit = "";

    @Option(
            names = "--window",
            paramLabel = "WINDOW",
            description = "hour, day, week, month or total (default: month).")
    private String window = "";

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description = "Time zone by whose calendar windows begin, such as Europe/Berlin (default: UTC).")
    private String zone = "";

    @Option(
            names = "--unit",
            paramLabel = "UNIT",
            description = "usd, input-tokens, output-tokens, tokens or requests (default: usd).")
    private String unit = "";

    @Option(
            names = "--threshold",
            paramLabel = "PERCENT",
            split = ",",
            description = "Percentages at which somebody is told, once in each window (default: 50,80,100).")
    private List<Integer> thresholds = new ArrayList<>();

    @Option(
            names = "--ladder",
            paramLabel = "ALIAS=PRICE[@FROM]",
            description =
                    "A cheaper alias that calls go over to before the budget ends, its price in percent of the one"
                            + " asked for, and the forecast in percent of the limit from which it may (default: 100); repeatable.")
    private List<String> ladder = new ArrayList<>();

    @Option(
            names = "--notify",
            paramLabel = "HOW=WHOM",
            description = "Who is told: webhook=URL, slack=URL, slackSecret=NAME or email=ADDRESS; repeatable.")
    private List<String> notify = new ArrayList<>();

    @Mixin
    private FromFile file;

    @Override
    public Integer call() throws IOException {
        Api api = parent.session().api();
        ObjectNode body = file.base(file.instead(() -> declared(api)));
        Declared.put(body, "scope", scope);
        Declared.put(body, "limit", limit);
        Declared.put(body, "window", window);
        Declared.put(body, "zone", zone);
        Declared.put(body, "unit", unit);
        if (!thresholds.isEmpty()) {
            ArrayNode list = body.putArray("thresholds");
            thresholds.forEach(list::add);
        }
        if (!ladder.isEmpty()) {
            ArrayNode rungs = body.putArray("ladder");
            ladder.forEach(each -> rungs.add(rung(each)));
        }
        if (!notify.isEmpty()) {
            ArrayNode channels = body.putArray("notify");
            notify.forEach(each -> channels.add(channel(each)));
        }
        JsonNode answer = api.put(BudgetCommands.path(name), body);
        Terminal terminal = parent.session().terminal();
        if (!terminal.printedJson(answer)) {
            terminal.line("set " + name + ": " + BudgetText.amount(answer, "limit") + " a window of "
                    + Show.text(answer, "window") + " for " + Show.text(answer, "scope") + ", "
                    + BudgetText.amount(answer, "remaining") + " left");
            terminal.next("pilot budget show " + name);
        }
        return 0;
    }

    /** What is declared now, without where it stands. */
    private Optional<ObjectNode> declared(Api api) {
        return api.find(BudgetCommands.path(name)).map(bytes -> {
            ObjectNode declared = Json.parseObject(bytes).retain(DECLARED);
            if (notify.isEmpty()) {
                for (JsonNode channel : declared.path("notify")) {
                    if (channel.has("slack")) {
                        throw new Exit(
                                Exit.USAGE,
                                "'" + name
                                        + "' tells Slack at an address that the server does not show, so that it would be"
                                        + " lost. Say everybody who is told once more: --notify slack=URL, or store the"
                                        + " address as a secret and say --notify slackSecret=NAME.");
                    }
                }
            }
            return declared;
        });
    }

    private static ObjectNode rung(String typed) {
        Matcher rung = RUNG.matcher(typed);
        if (!rung.matches()) {
            throw new Exit(
                    Exit.USAGE,
                    "'" + typed
                            + "' is no rung of a ladder. Write an alias, what it costs in percent of the model asked for"
                            + " and, if it may be used earlier, from which forecast: chat-mini=10@90.");
        }
        ObjectNode json = Json.object().put("model", rung.group(1)).put("price", Integer.parseInt(rung.group(2)));
        if (rung.group(3) != null) {
            json.put("from", Integer.parseInt(rung.group(3)));
        }
        return json;
    }

    private static ObjectNode channel(String typed) {
        int equals = typed.indexOf('=');
        if (equals < 1) {
            throw new Exit(
                    Exit.USAGE,
                    "'" + typed
                            + "' is nobody to tell. Write webhook=URL, slack=URL, slackSecret=NAME or email=ADDRESS.");
        }
        String how = typed.substring(0, equals);
        String whom = typed.substring(equals + 1);
        ObjectNode json = Json.object();
        if (how.equals("email")) {
            json.putArray("email").add(whom);
        } else {
            json.put(how, whom);
        }
        return json;
    }
}
