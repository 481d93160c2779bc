package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** Commands on notifications: what was told to whom, and telling it again. */
final class NotificationCommands {
    private NotificationCommands() {}

    @Command(
            name = "notifications",
            description = "List what was told to whom, the newest first, and what became of it.",
            headerHeading = "Example: pilot notifications --state dead%n",
            mixinStandardHelpOptions = true,
            subcommands = RetryCommand.class)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class ListCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Option(
                names = "--state",
                paramLabel = "STATE",
                description = "Only those that are pending, delivered or dead.")
        private String state = "";

        @Option(names = "--limit", paramLabel = "N", description = "Newest N (default: ${DEFAULT-VALUE}).")
        private int limit = 50;

        @Override
        public Integer call() {
            JsonNode answer = pilot.api()
                    .get("/api/v1/webhooks/deliveries?limit=" + limit
                            + (state.isEmpty() ? "" : "&state=" + Api.encode(state)));
            Terminal terminal = pilot.terminal();
            if (terminal.printedJson(answer)) {
                return 0;
            }
            var rows = new ArrayList<List<String>>();
            for (JsonNode item : answer.path("items")) {
                rows.add(List.of(
                        Show.text(item, "id"),
                        Show.text(item, "state"),
                        Show.text(item, "type"),
                        Show.text(item, "subject"),
                        Show.text(item, "channel"),
                        Show.text(item, "url"),
                        Show.ago(Show.text(item, "createdAt")),
                        Show.text(item, "outcome")));
            }
            terminal.table(List.of("ID", "STATE", "WHAT", "ABOUT", "CHANNEL", "TO", "WHEN", "OUTCOME"), rows);
            if (rows.isEmpty()) {
                terminal.talk("Nothing was told so far. Name who hears of a service under 'notify' in its file.");
            }
            return 0;
        }
    }

    @Command(
            name = "retry",
            description = "Tell again what could not be told.",
            headerHeading = "Example: pilot notifications retry 0194…%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class RetryCommand implements Callable<Integer> {
        @ParentCommand
        private ListCommand parent;

        @Parameters(paramLabel = "ID", description = "Its id, from 'pilot notifications'.")
        private String id;

        @Override
        public Integer call() {
            JsonNode answer =
                    parent.pilot.api().post("/api/v1/webhooks/deliveries/" + Api.encode(id) + "/retry", Json.object());
            if (!parent.pilot.terminal().printedJson(answer)) {
                parent.pilot.terminal().line(Show.text(answer, "state") + "  " + Show.text(answer, "url"));
            }
            return 0;
        }
    }
}
