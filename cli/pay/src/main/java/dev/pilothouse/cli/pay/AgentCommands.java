package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Names;
import dev.pilothouse.cli.terminal.Paging;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot agents}: what agents spend and usually spend, and their Safety Pauses. */
@Command(
        name = "agents",
        description = "See what agents spend on language models, pause them, and resume those that were paused.",
        headerHeading = "Example: pilot agents show crawler%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class AgentCommands {
    private static final String AGENTS = "/api/v1/agents";

    @ParentCommand
    private Session session;

    private static String path(String name) {
        return AGENTS + "/" + Api.encode(name);
    }

    @Command(
            name = "list",
            description = "List agents that have called language models.",
            headerHeading = "Example: pilot agents list%n",
            mixinStandardHelpOptions = true)
    int list(@Mixin Paging paging) {
        JsonNode answer = session.api().get(paging.of(AGENTS).toString());
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        var rows = new ArrayList<List<String>>();
        for (JsonNode agent : answer.path("items")) {
            JsonNode pause = agent.path("latch");
            rows.add(List.of(
                    Show.text(agent, "name"),
                    Show.text(agent, "state"),
                    PriceText.usd(agent.path("burnNanoUsdPerMinute")),
                    PriceText.usd(agent.path("predictedNanoUsdPerMinute")),
                    Show.text(agent, "watchedHours") + " h",
                    Show.ago(Show.text(pause, "since")),
                    Show.text(pause, "why")));
        }
        terminal.table(List.of("NAME", "STATE", "USD/MIN", "USUALLY", "WATCHED", "PAUSED", "WHY"), rows);
        if (rows.isEmpty()) {
            terminal.talk(
                    "No agent has called a language model yet. A call names it in the header x-pilothouse-agent.");
        }
        Paging.more(terminal, answer);
        return 0;
    }

    @Command(
            name = "show",
            description = "Show what an agent spends, why it was paused, and what it did before.",
            headerHeading = "Example: pilot agents show crawler%n",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "NAME", description = "As 'pilot agents list' names it.") String name) {
        JsonNode agent = session.api().get(path(name));
        Terminal terminal = session.terminal();
        if (terminal.printedJson(agent)) {
            return 0;
        }
        terminal.line(terminal.bold(name) + "  " + terminal.state(Show.text(agent, "state")) + "  "
                + PriceText.usd(agent.path("burnNanoUsdPerMinute")) + " USD a minute, usually "
                + PriceText.usd(agent.path("predictedNanoUsdPerMinute")) + ", watched for "
                + Show.text(agent, "watchedHours") + " h");
        trace(agent);
        pauses(agent);
        if (agent.has("latch")) {
            terminal.next("pilot agents resume " + name + " --reason WHY --confirm "
                    + Show.text(agent.path("latch"), "number"));
        }
        return 0;
    }

    /** What it did before its pause. */
    private void trace(JsonNode agent) {
        Terminal terminal = session.terminal();
        var rows = new ArrayList<List<String>>();
        for (JsonNode call : agent.path("trace")) {
            rows.add(List.of(
                    Show.text(call, "at"),
                    Show.text(call, "model"),
                    Show.count(call.path("inputTokens").asLong()),
                    Show.count(call.path("outputTokens").asLong()),
                    PriceText.usd(call.path("nanoUsd")),
                    Show.text(call, "session"),
                    Show.text(call, "tag"),
                    Show.text(call, "requestId")));
        }
        if (!rows.isEmpty()) {
            terminal.line("\nlast calls before the pause");
            terminal.table(List.of("AT", "MODEL", "IN", "OUT", "COST USD", "SESSION", "TAG", "REQUEST"), rows);
        }
    }

    private void pauses(JsonNode agent) {
        var names = new Names(session.api());
        var rows = new ArrayList<List<String>>();
        for (JsonNode pause : agent.path("latches")) {
            JsonNode resumed = pause.path("resumed");
            rows.add(List.of(
                    Show.text(pause, "number"),
                    Show.ago(Show.text(pause, "since")),
                    names.principal(Show.text(pause, "pausedBy")),
                    Show.text(pause, "why"),
                    resumed.isMissingNode()
                            ? "still paused"
                            : Show.ago(Show.text(resumed, "at")) + " by " + names.principal(Show.text(resumed, "by"))
                                    + ": " + Show.text(resumed, "why")));
        }
        if (!rows.isEmpty()) {
            session.terminal().line("\npauses");
            session.terminal().table(List.of("NUMBER", "SINCE", "BY", "WHY", "RESUMED"), rows);
        }
    }

    @Command(
            name = "pause",
            description = "Pause an agent: its calls are refused until a person resumes it. Needs the role approver.",
            headerHeading = "Example: pilot agents pause crawler --reason 'loops over the same page'%n",
            mixinStandardHelpOptions = true)
    int pause(
            @Parameters(paramLabel = "NAME", description = "As calls name it.") String name,
            @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why; it is on the ledger.")
                    String reason) {
        JsonNode pause = session.api().post(path(name) + "/pause", Json.object().put("reason", reason));
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(pause)) {
            terminal.line(terminal.state("paused") + "  " + name + ", pause " + Show.text(pause, "number"));
            terminal.next("pilot agents show " + name);
        }
        return 0;
    }

    @Command(
            name = "resume",
            description = "End the pause of an agent, after seeing what it did. Needs the role approver.",
            headerHeading = "Example: pilot agents resume crawler --reason 'loop mended' --confirm 3%n",
            mixinStandardHelpOptions = true)
    int resume(
            @Parameters(paramLabel = "NAME", description = "As 'pilot agents list' names it.") String name,
            @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why; it is on the ledger.")
                    String reason,
            @Option(
                            names = "--accept",
                            description = "What it spent is usual from now on; without it, the same trips it again.")
                    boolean accept,
            @Option(
                            names = "--confirm",
                            paramLabel = "NUMBER",
                            defaultValue = "0",
                            description = "The number of the pause that you have seen, from 'pilot agents show'.")
                    long confirmed) {
        Api api = session.api();
        if (confirmed == 0) {
            JsonNode pause = api.get(path(name)).path("latch");
            if (pause.isMissingNode()) {
                throw new Exit(Exit.NOT_SO, "'" + name + "' is not paused. See it: pilot agents show " + name);
            }
            throw new Exit(
                    Exit.USAGE,
                    "'" + name + "' was paused " + Show.ago(Show.text(pause, "since")) + ": " + Show.text(pause, "why")
                            + "\n  Its calls go upstream again at once. First see what it did: pilot agents show "
                            + name
                            + "\n  Then repeat the number of the pause: pilot agents resume " + name
                            + " --reason WHY --confirm " + Show.text(pause, "number"));
        }
        JsonNode pause = api.post(
                path(name) + "/resume",
                Json.object().put("latch", confirmed).put("reason", reason).put("accept", accept));
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(pause)) {
            terminal.line("resumed " + name + ", pause " + Show.text(pause, "number") + " ended");
        }
        return 0;
    }
}
