package dev.pilothouse.cli;

import dev.pilothouse.platform.json.Json;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot model}: registered models. */
@Command(
        name = "model",
        description = "Register and list models.",
        headerHeading = "Example: pilot model add fraud model.onnx%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
final class ModelCommands {
    @ParentCommand
    private Pilot pilot;

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
}
