package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.cli.terminal.Upload;
import dev.pilothouse.platform.json.Json;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot model}: registered models. */
@Command(
        name = "model",
        description = "Register and list models.",
        headerHeading = "Example: pilot model add fraud model.onnx%n",
        mixinStandardHelpOptions = true,
        subcommands = ModelCommands.QuarantineCommand.class)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
final class ModelCommands {
    @ParentCommand
    private Pilot pilot;

    Pilot pilot() {
        return pilot;
    }

    @Command(
            name = "add",
            description = "Register a file as a new version, without MLflow.",
            headerHeading = "Example: pilot model add fraud model.onnx%n",
            mixinStandardHelpOptions = true)
    int add(
            @Parameters(paramLabel = "NAME", description = "Registered model.") String name,
            @Parameters(paramLabel = "FILE", description = "ONNX graph, or what a command of yours loads.") Path file) {
        Terminal terminal = pilot.terminal();
        JsonNode version = pilot.api()
                .post(
                        "/api/v1/models/" + Api.encode(name) + "/versions?file="
                                + Api.encode(file.getFileName().toString()),
                        "application/octet-stream",
                        Upload.of(file, terminal));
        if (!terminal.printedJson(version)) {
            terminal.line(terminal.bold(name + "/" + Show.text(version, "version")) + "  "
                    + Show.brief(Show.text(version, "digest")));
            terminal.next("pilot release SERVICE --model " + name + "/" + Show.text(version, "version"));
        }
        return 0;
    }

    @Command(
            name = "list",
            description = "List registered models.",
            headerHeading = "Example: pilot model list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = pilot.api().get("/api/v1/models");
        Terminal terminal = pilot.terminal();
        if (!terminal.printedJson(answer)) {
            terminal.table(
                    List.of("NAME", "LATEST", "ALIASES", "UPDATED"),
                    Show.rows(answer.path("items"), "name", "latestVersion", "aliases", "updatedAt:ago"));
            if (answer.path("items").isEmpty()) {
                terminal.talk("No models yet. Add one: pilot model add NAME FILE.onnx, or log one with MLflow.");
            }
        }
        return 0;
    }

    @Command(
            name = "show",
            description = "Show a model with its versions.",
            headerHeading = "Example: pilot model show fraud%n",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "NAME", description = "Registered model.") String name) {
        JsonNode answer = pilot.api().get("/api/v1/models/" + Api.encode(name));
        Terminal terminal = pilot.terminal();
        if (!terminal.printedJson(answer)) {
            terminal.line(terminal.bold(name));
            terminal.table(
                    List.of("VERSION", "DIGEST", "RUN", "ALIASES", "CREATED"),
                    Show.rows(
                            answer.path("versions"),
                            "version",
                            "digest:brief",
                            "runId:brief",
                            "aliases",
                            "createdAt:ago"));
        }
        return 0;
    }

    @Command(
            name = "alias",
            description = "Point an alias at a version.",
            headerHeading = "Example: pilot model alias fraud champion 3%n",
            mixinStandardHelpOptions = true)
    int alias(
            @Parameters(paramLabel = "NAME", description = "Registered model.") String name,
            @Parameters(paramLabel = "ALIAS", description = "Alias to set.") String alias,
            @Parameters(paramLabel = "VERSION", description = "Version it means from now on.") int version) {
        JsonNode answer = pilot.api()
                .put(
                        "/api/v1/models/" + Api.encode(name) + "/aliases/" + Api.encode(alias),
                        Json.object().put("version", version));
        if (!pilot.terminal().printedJson(answer)) {
            pilot.terminal().line(name + "@" + alias + " is now " + name + "/" + version);
        }
        return 0;
    }

    /** {@code pilot model quarantine}: models that ended the server while they were loaded. */
    @Command(
            name = "quarantine",
            description = "List and release models that are kept from being loaded, because they ended the server.",
            headerHeading = "Example: pilot model quarantine list%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class QuarantineCommand {
        @ParentCommand
        private ModelCommands models;

        @Command(
                name = "list",
                description = "List models under suspicion or in quarantine.",
                headerHeading = "Example: pilot model quarantine list%n",
                mixinStandardHelpOptions = true)
        int list() {
            Terminal terminal = models.pilot().terminal();
            JsonNode answer = models.pilot().api().get("/api/v1/quarantine");
            if (!terminal.printedJson(answer)) {
                terminal.table(
                        List.of("MODEL", "STATE", "CRASHES", "OTHER ENDS", "LAST", "DIGEST"),
                        Show.rows(
                                answer.path("items"),
                                "label",
                                "state",
                                "crashes",
                                "interruptions",
                                "lastAt:ago",
                                "graph"));
                if (answer.path("items").isEmpty()) {
                    terminal.talk("No model ended the server while it was loaded.");
                }
            }
            return 0;
        }

        @Command(
                name = "release",
                description = "Let a model be loaded again; only a person's key may.",
                headerHeading =
                        "Example: pilot model quarantine release sha256:... --reason 'the host has more memory now'%n",
                mixinStandardHelpOptions = true)
        int release(
                @Parameters(paramLabel = "DIGEST", description = "From 'pilot model quarantine list'.") String digest,
                @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "Stays on the ledger.")
                        String reason) {
            models.pilot()
                    .api()
                    .post(
                            "/api/v1/quarantine/" + Api.encode(digest) + "/release",
                            Json.object().put("reason", reason));
            models.pilot().terminal().line("released " + digest);
            return 0;
        }
    }
}
