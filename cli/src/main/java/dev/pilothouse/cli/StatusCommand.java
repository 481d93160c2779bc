package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Env;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot status}: services, or one service with its rollout, once or live. */
@Command(
        name = "status",
        description = "Show services, or one service and its rollout.",
        headerHeading = "Example: pilot status fraud -w%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and options
final class StatusCommand implements Callable<Integer> {
    private static final Set<String> ENDED_WELL = Set.of("promoted");
    private static final Set<String> ENDED_BADLY = Set.of("rolled-back", "rejected", "aborted", "failed", "superseded");

    @ParentCommand
    private Pilot pilot;

    @Parameters(paramLabel = "SERVICE", arity = "0..1", description = "Service name; all services without it.")
    private String service = "";

    @Mixin
    private Env env;

    @Option(
            names = {"-w", "--watch"},
            description = "Watch until the release in motion ends; exit code 1 unless it is promoted.")
    private boolean watch;

    @Override
    public Integer call() {
        Terminal terminal = pilot.terminal();
        if (service.isEmpty()) {
            JsonNode answer = pilot.api().get("/api/v1/services");
            if (!terminal.printedJson(answer)) {
                terminal.table(List.of("SERVICE", "STATE", "STABLE", "RELEASE", "WHAT"), rows(answer.path("items")));
                if (answer.path("items").isEmpty()) {
                    terminal.talk("No services yet. Apply one: pilot apply -f pilothouse.yaml");
                }
            }
            return 0;
        }
        if (watch) {
            return watch(pilot, env.of(service), "");
        }
        JsonNode status = pilot.api().get("/api/v1/services/" + Api.encode(env.of(service)));
        if (!terminal.printedJson(status)) {
            show(terminal, status);
        }
        return 0;
    }

    private static List<List<String>> rows(JsonNode items) {
        var rows = new ArrayList<List<String>>();
        for (JsonNode item : items) {
            JsonNode release = item.path("release");
            rows.add(List.of(
                    Show.text(item, "name"),
                    Show.text(item, "state"),
                    Show.text(item, "stable"),
                    Show.text(release, "state"),
                    Show.text(release, "sentence")));
        }
        return rows;
    }

    /**
     * Prints what changes until the release ends, connecting anew where the connection breaks.
     *
     * @param release id of the release to wait for; empty for the newest
     */
    static int watch(Pilot pilot, String service, String release) {
        Terminal terminal = pilot.terminal();
        var last = new AtomicReference<>("");
        var ended = new AtomicReference<>("");
        Api api = pilot.api();
        api.get("/api/v1/services/" + Api.encode(service)); // an unknown service or key is an error, not a wait
        boolean done = false;
        try (var _ = terminal
        .new ComeBack("\nstopped watching; the release goes on. Watch again: pilot status " + service + " -w")) {
            done = follow(api, service, release, terminal, last, ended);
        }
        if (!done) {
            throw new Exit(
                    Exit.UNREACHED,
                    "The server stopped answering. The release goes on; come back with: pilot status " + service
                            + " -w");
        }
        terminal.progressDone();
        terminal.next(ENDED_BADLY.contains(ended.get()) ? "pilot history " + service : "pilot status " + service);
        return ENDED_BADLY.contains(ended.get()) ? Exit.NOT_SO : 0;
    }

    private static boolean follow(
            Api api,
            String service,
            String release,
            Terminal terminal,
            AtomicReference<String> last,
            AtomicReference<String> ended) {
        boolean done = false;
        for (int failures = 0; !done && failures < 30; ) {
            try {
                done = api.events("/api/v1/services/" + Api.encode(service) + "/watch", status -> {
                    JsonNode current = status.path("release");
                    if (!release.isEmpty() && !Show.text(current, "id").equals(release)) {
                        return true;
                    }
                    String state = Show.text(current, "state");
                    String line = terminal.state(state) + "  " + Show.text(current, "sentence");
                    if (terminal.json()) {
                        terminal.line(dev.pilothouse.platform.json.Json.write(status));
                    } else {
                        String stage =
                                state + " " + Show.text(current, "sentence").replaceFirst(":.*", "");
                        if (stage.equals(last.getAndSet(stage))) {
                            terminal.progress(line);
                        } else {
                            terminal.progressDone();
                            terminal.line(line);
                        }
                    }
                    if (state.isEmpty() || ENDED_WELL.contains(state) || ENDED_BADLY.contains(state)) {
                        ended.set(state);
                        return false;
                    }
                    return true;
                });
                failures++;
            } catch (Exit e) {
                if (e.code() != Exit.UNREACHED || failures++ > 20) {
                    throw e;
                }
                terminal.talk("reconnecting ...");
            }
            if (!done) {
                pause();
            }
        }
        return done;
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Such as {@code scorecard#2  ready  1 of 2 processes, 3 restarts, the last because it ended with exit code 1}. */
    private static String processes(Terminal terminal, JsonNode process) {
        long restarts = process.path("restarts").asLong();
        String why = Show.text(process, "lastError").lines().findFirst().orElse("");
        return Show.text(process, "release") + "  " + terminal.state(Show.text(process, "state")) + "  "
                + Show.text(process, "ready") + " of " + Show.text(process, "replicas") + " processes"
                + (restarts == 0 ? "" : ", " + restarts + (restarts == 1 ? " restart" : " restarts"))
                + (why.isEmpty() ? "" : ", the last because " + why);
    }

    /** The service's environments, if it has several. */
    private static void environments(Terminal terminal, JsonNode status) {
        var rows = new ArrayList<List<String>>();
        for (JsonNode one : status.path("environments")) {
            rows.add(List.of(
                    Show.text(one, "environment"),
                    Show.text(one, "state"),
                    Show.text(one, "stable"),
                    "/v2/models/" + Show.text(one, "name")));
        }
        terminal.table(List.of("ENVIRONMENT", "STATE", "STABLE", "ENDPOINT"), rows);
    }

    private static void show(Terminal terminal, JsonNode status) {
        terminal.line(terminal.bold(Show.text(status, "name")) + "  " + terminal.state(Show.text(status, "state"))
                + "  stable "
                + (Show.text(status, "stable").isEmpty() ? "none" : Show.text(status, "stable")) + "  at "
                + Show.text(status, "endpoint"));
        environments(terminal, status);
        for (JsonNode trouble : status.path("notifications")) {
            terminal.line("not told: " + Show.text(trouble, "type") + " to " + Show.text(trouble, "to") + ", "
                    + terminal.state(Show.text(trouble, "state")) + " after " + Show.text(trouble, "attempts")
                    + " attempts: " + Show.text(trouble, "outcome"));
        }
        for (JsonNode held : status.path("quarantine")) {
            terminal.line(
                    Show.text(held, "version") + "  " + terminal.state("quarantined") + "  " + Show.text(held, "why"));
            terminal.line("let it be loaded again: " + Show.text(held, "command"));
        }
        for (JsonNode process : status.path("processes")) {
            terminal.line(processes(terminal, process));
        }
        JsonNode release = status.path("release");
        if (release.isMissingNode() || release.isNull()) {
            terminal.next("pilot release " + Show.text(status, "name"));
            return;
        }
        JsonNode from = release.path("promotedFrom");
        if (from.isObject()) {
            terminal.line("promoted from " + Show.text(from, "service") + ", release " + Show.text(from, "number"));
        }
        terminal.line("release " + Show.brief(Show.text(release, "id")) + "  " + Show.text(release, "candidate") + "  "
                + terminal.state(Show.text(release, "state")) + "  " + Show.text(release, "sentence"));
        var gates = new ArrayList<List<String>>();
        for (JsonNode gate : release.path("gates")) {
            gates.add(List.of(Show.text(gate, "kind"), Show.text(gate, "outcome"), Show.text(gate, "sentence")));
        }
        terminal.table(List.of("GATE", "OUTCOME", "WHAT"), gates);
        var arms = new ArrayList<List<String>>();
        for (JsonNode arm : release.path("comparison")) {
            arms.add(List.of(
                    Show.text(arm, "outcome"),
                    Show.text(arm, "stable"),
                    Show.text(arm, "candidate"),
                    Show.text(arm, "interval"),
                    Show.text(arm, "e"),
                    Show.text(arm, "limit")));
        }
        terminal.table(List.of("OUTCOME", "STABLE", "CANDIDATE", "DIFFERENCE", "E", "LIMIT"), arms);
    }
}
