package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code pilot rollouts}: changes of who answers an alias, on their way through traffic. */
@Command(
        name = "rollouts",
        description = {
            "Watch and steer changes of who answers an alias, on their way through its calls.",
            "One begins where 'pilot apply' finds a Route with 'rollout' that answers otherwise than before."
        },
        headerHeading = "Example: pilot rollouts show chat%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class RolloutCommands {
    private static final String ROLLOUTS = "/api/v1/rollouts";

    @ParentCommand
    private Session session;

    @Command(
            name = "list",
            description = "List the newest rollout of each alias.",
            headerHeading = "Example: pilot rollouts list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = session.api().get(ROLLOUTS);
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        var rows = new ArrayList<List<String>>();
        for (JsonNode each : answer.path("items")) {
            rows.add(List.of(
                    Show.text(each, "alias"),
                    state(each),
                    Show.text(each, "percent") + " %",
                    TargetText.words(each.at("/candidate/targets"), true),
                    Show.text(each, "sentence")));
        }
        terminal.table(List.of("ALIAS", "STATE", "CANDIDATE HAS", "CANDIDATE", "WHY"), rows);
        if (rows.isEmpty()) {
            terminal.talk("No alias was ever rolled out.");
        }
        return 0;
    }

    @Command(
            name = "show",
            description = "Show where the newest rollout of an alias stands, with the evidence.",
            headerHeading = "Example: pilot rollouts show chat%n",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "ALIAS", description = "What clients name as the model.") String alias) {
        JsonNode rollout = session.api().get(path(alias));
        if (!session.terminal().printedJson(rollout)) {
            tell(rollout);
        }
        return 0;
    }

    @Command(
            name = "pause",
            description = "Keep a rollout where it is; harm still takes it back.",
            headerHeading = "Example: pilot rollouts pause chat --reason lunch%n",
            mixinStandardHelpOptions = true)
    int pause(
            @Parameters(paramLabel = "ALIAS", description = "What clients name as the model.") String alias,
            @Option(names = "--reason", defaultValue = "", paramLabel = "TEXT", description = "Why, for the ledger.")
                    String reason) {
        return steer(alias, "pause", reason);
    }

    @Command(
            name = "resume",
            description = "Let a paused rollout go on.",
            headerHeading = "Example: pilot rollouts resume chat%n",
            mixinStandardHelpOptions = true)
    int resume(
            @Parameters(paramLabel = "ALIAS", description = "What clients name as the model.") String alias,
            @Option(names = "--reason", defaultValue = "", paramLabel = "TEXT", description = "Why, for the ledger.")
                    String reason) {
        return steer(alias, "resume", reason);
    }

    @Command(
            name = "abort",
            description = "End a rollout; all calls go to who answered before.",
            headerHeading = "Example: pilot rollouts abort chat --reason 'wrong model'%n",
            mixinStandardHelpOptions = true)
    int abort(
            @Parameters(paramLabel = "ALIAS", description = "What clients name as the model.") String alias,
            @Option(names = "--reason", defaultValue = "", paramLabel = "TEXT", description = "Why, for the ledger.")
                    String reason) {
        return steer(alias, "abort", reason);
    }

    @Command(
            name = "promote",
            description = "Let the candidate answer all calls without waiting for evidence. Needs the role approver.",
            headerHeading = "Example: pilot rollouts promote chat --reason 'the old model is gone'%n",
            mixinStandardHelpOptions = true)
    int promote(
            @Parameters(paramLabel = "ALIAS", description = "What clients name as the model.") String alias,
            @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why, for the ledger.")
                    String reason) {
        return steer(alias, "promote", reason);
    }

    private int steer(String alias, String action, String reason) {
        ObjectNode body = Json.object().put("action", action).put("reason", reason);
        JsonNode rollout = session.api().post(path(alias), body);
        if (!session.terminal().printedJson(rollout)) {
            tell(rollout);
        }
        return 0;
    }

    private static String path(String alias) {
        return ROLLOUTS + "/" + Api.encode(alias);
    }

    private static String state(JsonNode rollout) {
        return rollout.path("paused").asBoolean() ? "paused" : Show.text(rollout, "phase");
    }

    private void tell(JsonNode rollout) {
        Terminal terminal = session.terminal();
        terminal.table(
                List.of("ROLLOUT", Show.text(rollout, "alias") + " #" + Show.text(rollout, "number")),
                List.of(
                        List.of("state", state(rollout)),
                        List.of("candidate has", Show.text(rollout, "percent") + " % of the calls"),
                        List.of("candidate", answers(rollout.path("candidate"))),
                        List.of("declared", answers(rollout.path("declared"))),
                        List.of("why", Show.text(rollout, "sentence"))));
        terminal.table(
                List.of("OUTCOME", "CANDIDATE", "STABLE", "E", "LIMIT", "E NO HARM", "NEEDED"),
                Show.rows(
                        rollout.path("comparison"),
                        "outcome",
                        "candidate",
                        "stable",
                        "e",
                        "limit",
                        "eNoHarm",
                        "needed"));
    }

    private static String answers(JsonNode route) {
        String prompt = Show.text(route.path("prompt"), "name");
        return TargetText.words(route.path("targets"), true)
                + (prompt.isEmpty() ? "" : ", prompt " + prompt + " " + Show.text(route.path("prompt"), "version"));
    }
}
