package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Env;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Query;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** Commands on service files and running services. */
final class ServiceCommands {
    private ServiceCommands() {}

    /** Sends a service file to {@code plan} or {@code apply}. */
    private static JsonNode send(Pilot pilot, Query query, Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new Exit(Exit.USAGE, file + " is not there or cannot be read. Name the service file with -f.");
        }
        return pilot.api()
                .post(
                        query.with("file", file.getFileName().toString()).toString(),
                        "application/yaml",
                        BodyPublishers.ofByteArray(Files.readAllBytes(file)));
    }

    private static void print(Terminal terminal, JsonNode answer) {
        for (JsonNode change : answer.path("changes")) {
            String action = Show.text(change, "action");
            terminal.line(action + "  " + Show.text(change, "kind") + " " + terminal.bold(Show.text(change, "name"))
                    + switch (action) {
                        case "left" -> "  the file names this environment no more; it goes on as it is";
                        case "remove" -> "  the file does not name it";
                        default -> "";
                    });
            for (JsonNode field : change.path("fields")) {
                terminal.line("  " + Show.text(field, "path") + ": " + orNothing(field, "from") + " -> "
                        + orNothing(field, "to"));
            }
        }
    }

    private static long removals(JsonNode answer) {
        return answer.path("changes")
                .valueStream()
                .filter(change -> Show.text(change, "action").equals("remove"))
                .count();
    }

    private static String orNothing(JsonNode field, String name) {
        String text = Show.text(field, name);
        return text.isEmpty() ? "(none)" : text;
    }

    /** The file of a command, and what becomes of what it does not name. */
    @SuppressWarnings("NullAway.Init") // picocli fills options
    static final class Declared {
        @Option(
                names = {"-f", "--file"},
                paramLabel = "FILE",
                defaultValue = "pilothouse.yaml",
                description = "Service file (default: ${DEFAULT-VALUE}).")
        private Path file;

        @Option(
                names = "--prune",
                description = "Remove providers, routes and budgets that the file does not name, of kinds of which it"
                        + " names some.")
        private boolean prune;

        private Query query(String operation) {
            return new Query("/api/v1/" + operation).with("prune", prune ? "true" : "");
        }
    }

    @Command(
            name = "plan",
            description = "Show what applying a file would change; nothing is changed.",
            headerHeading = "Example: pilot plan -f pilothouse.yaml%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class PlanCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Mixin
        private Declared declared;

        @Override
        public Integer call() throws IOException {
            JsonNode planned = send(pilot, declared.query("plan"), declared.file);
            if (!pilot.terminal().printedJson(planned)) {
                print(pilot.terminal(), planned);
            }
            pilot.terminal()
                    .next("pilot apply -f " + declared.file
                            + (declared.prune ? " --prune --confirm " + removals(planned) : ""));
            return 0;
        }
    }

    @Command(
            name = "apply",
            description = {
                "Make services, providers, routes and budgets be as the file says.",
                "What it does not name stays, unless --prune is said: that shows first what would go, and asks for --confirm."
            },
            headerHeading = "Example: pilot apply -f pilothouse.yaml%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class ApplyCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Mixin
        private Declared declared;

        @Option(
                names = "--confirm",
                paramLabel = "N",
                description = "With --prune: so many are removed, as 'pilot plan --prune' shows; else nothing is done.")
        private long confirmed;

        @Override
        public Integer call() throws IOException {
            Terminal terminal = pilot.terminal();
            if (declared.prune) {
                JsonNode planned = send(pilot, declared.query("plan"), declared.file);
                long removals = removals(planned);
                if (removals != confirmed) {
                    if (!terminal.printedJson(planned)) {
                        print(terminal, planned);
                    }
                    throw new Exit(
                            Exit.USAGE,
                            "Nothing was changed. This plan removes " + removals
                                    + "; if that is meant: pilot apply -f " + declared.file + " --prune --confirm "
                                    + removals);
                }
            }
            Query query = declared.query("apply").with("removals", declared.prune ? Long.toString(confirmed) : "");
            JsonNode applied = send(pilot, query, declared.file);
            if (!terminal.printedJson(applied)) {
                print(terminal, applied);
            }
            terminal.next(next(applied));
            return 0;
        }

        /** After services a release; after what counts at once a look at it. */
        private static String next(JsonNode applied) {
            List<String> kinds = applied.path("changes")
                    .valueStream()
                    .map(change -> Show.text(change, "kind"))
                    .toList();
            return kinds.contains("Service")
                    ? "pilot release SERVICE"
                    : kinds.contains("Route") ? "pilot rollouts list" : "pilot providers list";
        }
    }

    @Command(
            name = "history",
            description = "Show what happened to a service, from the ledger.",
            headerHeading = "Example: pilot history fraud%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class HistoryCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "SERVICE", description = "Service name, or a subject such as model/fraud.")
        private String name;

        @Mixin
        private Env env;

        @Option(names = "--limit", paramLabel = "N", description = "Newest N entries (default: ${DEFAULT-VALUE}).")
        private int limit = 50;

        @Override
        public Integer call() {
            String subject = name.contains("/") ? name : "service/" + env.stored(pilot, name);
            JsonNode answer =
                    pilot.api().get("/api/v1/ledger/entries?limit=" + limit + "&subject=" + Api.encode(subject));
            Terminal terminal = pilot.terminal();
            if (terminal.printedJson(answer)) {
                return 0;
            }
            var rows = new ArrayList<List<String>>();
            for (JsonNode entry : answer.path("items")) {
                JsonNode payload = entry.path("payload");
                String why = Show.text(payload, "reason").isEmpty()
                        ? Show.text(payload, "sentence")
                        : Show.text(payload, "reason");
                rows.add(List.of(
                        Show.text(entry, "number"),
                        Show.text(entry, "at"),
                        Show.text(entry, "kind"),
                        Show.text(entry.path("actor"), "name"),
                        why));
            }
            terminal.table(List.of("#", "WHEN", "WHAT", "WHO", "WHY"), rows);
            if (rows.isEmpty()) {
                terminal.talk("The ledger has no entry about " + subject + ".");
            }
            return 0;
        }
    }

    @Command(
            name = "logs",
            description = "Show the output of a service's processes, once or as it comes.",
            headerHeading = "Example: pilot logs churn -f%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class LogsCommand implements Callable<Integer> {
        private static final long BETWEEN_LOOKS_MILLIS = 500;

        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "SERVICE", description = "Service name.")
        private String name;

        @Mixin
        private Env env;

        @Option(names = "--lines", paramLabel = "N", description = "How many lines (default: ${DEFAULT-VALUE}).")
        private int lines = 100;

        @Option(
                names = {"-f", "--follow"},
                description = "Go on with what is written, across restarts and releases, until interrupted.")
        private boolean follow;

        @Override
        public Integer call() throws InterruptedException {
            Api api = pilot.api();
            String path = "/api/v1/services/" + Api.encode(env.of(name)) + "/logs?lines=" + lines;
            JsonNode answer = api.get(path);
            show(answer);
            if (!follow) {
                return 0;
            }
            Terminal terminal = pilot.terminal();
            boolean reached = true;
            try (var _ = terminal.new ComeBack("stopped watching; the service goes on")) {
                while (true) {
                    Thread.sleep(BETWEEN_LOOKS_MILLIS);
                    try {
                        answer = api.get(path + "&cursor=" + Api.encode(Show.text(answer, "next")));
                        show(answer);
                        reached = true;
                    } catch (Exit e) {
                        if (e.code() != Exit.UNREACHED) {
                            throw e;
                        }
                        if (reached) {
                            terminal.talk("the server does not answer; going on when it does");
                        }
                        reached = false;
                    }
                }
            }
        }

        private void show(JsonNode answer) {
            Terminal terminal = pilot.terminal();
            if (!follow && terminal.printedJson(answer)) {
                return;
            }
            for (JsonNode line : answer.path("items")) {
                terminal.line(terminal.json() ? Json.write(line) : line.asString());
            }
        }
    }

    @Command(
            name = "infer",
            description = "Send one inference request (Open Inference Protocol v2).",
            headerHeading = "Example: pilot infer fraud --input request.json%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class InferCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "SERVICE", description = "Service name.")
        private String name;

        @Mixin
        private Env env;

        @Option(
                names = "--input",
                required = true,
                paramLabel = "FILE|JSON",
                description = "The request, as a file or as text.")
        private String input;

        @Override
        public Integer call() throws IOException {
            if (!input.stripLeading().startsWith("{") && !Files.isReadable(Path.of(input))) {
                throw new Exit(
                        Exit.USAGE,
                        input + " is not there or cannot be read. Give a file, or the request itself as JSON.");
            }
            byte[] body = input.stripLeading().startsWith("{")
                    ? input.getBytes(java.nio.charset.StandardCharsets.UTF_8)
                    : Files.readAllBytes(Path.of(input));
            JsonNode answer = pilot.api()
                    .post("/v2/models/" + Api.encode(env.stored(pilot, name)) + "/infer", Json.parseObject(body));
            pilot.terminal().line(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(answer));
            return 0;
        }
    }
}
