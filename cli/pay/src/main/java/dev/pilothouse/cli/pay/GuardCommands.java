package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code pilot guards}: what is looked for in requests and answers, what was found, and what looking costs. */
@Command(
        name = "guards",
        description =
                "Declare what is looked for in requests and answers of language models, and see what it finds and costs.",
        headerHeading = "Example: pilot guards list%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class GuardCommands {
    private static final String GUARDS = "/api/v1/guards";

    @ParentCommand
    private Session session;

    @Command(
            name = "list",
            description =
                    "List guards with what each did on this server since it started, and how long it took for a request or answer.",
            headerHeading = "Example: pilot guards list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = session.api().get(GUARDS);
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        var rows = new ArrayList<List<String>>();
        for (JsonNode guard : answer.path("items")) {
            for (String side : List.of("input", "output")) {
                JsonNode measured = guard.path("measured").path(side);
                if (guard.has(side) || measured.path("checked").asLong(0) > 0) {
                    rows.add(List.of(
                            Show.text(guard, "name"),
                            side,
                            Show.text(measured, "checked"),
                            Show.text(measured, "flagged"),
                            Show.text(measured, "redacted"),
                            Show.text(measured, "blocked"),
                            millis(measured.path("p50Micros")),
                            millis(measured.path("p99Micros"))));
                }
            }
            if (!guard.has("input") && !guard.has("output")) {
                rows.add(List.of(
                        Show.text(guard, "name"), guard.has("webhook") ? "webhook" : "limits", "", "", "", "", "", ""));
            }
        }
        terminal.table(List.of("GUARD", "SIDE", "CHECKED", "FLAGGED", "REDACTED", "BLOCKED", "P50 MS", "P99 MS"), rows);
        if (rows.isEmpty()) {
            terminal.talk("No guard yet, so that requests and answers pass as they are.");
            terminal.next("pilot guards set NAME -f guard.yaml");
        }
        return 0;
    }

    private static String millis(JsonNode micros) {
        return String.format(Locale.ROOT, "%.3f", micros.asLong(0) / 1_000.0);
    }

    @Command(
            name = "show",
            description = "Show a guard as it was declared.",
            headerHeading = "Example: pilot guards show secrets%n",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "GUARD", description = "As 'pilot guards list' names it.") String name) {
        ObjectNode guard = Declared.get(session.api().items(GUARDS), "name", name, "guard");
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(guard)) {
            terminal.line(guard.toPrettyString());
        }
        return 0;
    }

    @Command(
            name = "set",
            description = "Declare a guard from a file, in the place of one of its name. Needs the role engineer.",
            headerHeading = "Example: pilot guards set secrets -f secrets.yaml%n",
            mixinStandardHelpOptions = true)
    int set(
            @Parameters(paramLabel = "GUARD", description = "Its name.") String name,
            @Option(
                            names = {"--file", "-f"},
                            paramLabel = "FILE",
                            required = true,
                            description = "What it looks for, in YAML or JSON; - for standard input.")
                    String file)
            throws IOException {
        JsonNode declared = session.api().put(GUARDS + "/" + Api.encode(name), Declared.read(file));
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(declared)) {
            terminal.line("guard " + name + " counts from now on");
            terminal.next("pilot guards list");
        }
        return 0;
    }

    @Command(
            name = "remove",
            description = "Remove a guard; calls that it guards go on guarded.",
            headerHeading = "Example: pilot guards remove secrets%n",
            mixinStandardHelpOptions = true)
    int remove(@Parameters(paramLabel = "GUARD", description = "As 'pilot guards list' names it.") String name) {
        session.api().delete(GUARDS + "/" + Api.encode(name));
        session.terminal().line("removed " + name);
        return 0;
    }
}
