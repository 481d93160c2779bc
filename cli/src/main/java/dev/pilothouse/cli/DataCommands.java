package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.cli.terminal.Upload;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot data}: versions of datasets. */
@Command(
        name = "data",
        description = "Version, check, compare and restore datasets.",
        headerHeading = "Example: pilot data add payments train.csv%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
final class DataCommands {
    @ParentCommand
    private Pilot pilot;

    @Command(
            name = "add",
            description = "Add CSV, Parquet or JSONL as a new version.",
            headerHeading = "Example: pilot data add payments train.csv%n",
            mixinStandardHelpOptions = true)
    int add(
            @Parameters(paramLabel = "NAME", description = "Dataset name.") String name,
            @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files, each a version.") List<Path> files,
            @Option(names = "--no-header", description = "The CSV has no header row.") boolean noHeader) {
        Terminal terminal = pilot.terminal();
        for (Path file : files) {
            JsonNode version = send("/versions", name, file, noHeader, terminal);
            if (!terminal.printedJson(version)) {
                terminal.line(terminal.bold(name + "@" + Show.text(version, "version")) + "  "
                        + Show.count(version.path("rows").asLong()) + " rows, "
                        + version.path("schema").size() + " columns, " + Show.brief(Show.text(version, "digest")));
            }
        }
        terminal.next("pilot data show " + name);
        return 0;
    }

    @Command(
            name = "validate",
            description = "Check a file against a dataset's expectations; nothing is stored.",
            headerHeading = "Example: pilot data validate payments today.csv%n",
            mixinStandardHelpOptions = true)
    int validate(
            @Parameters(paramLabel = "NAME", description = "Dataset name.") String name,
            @Parameters(paramLabel = "FILE", description = "The file to check.") Path file,
            @Option(names = "--no-header", description = "The CSV has no header row.") boolean noHeader) {
        Terminal terminal = pilot.terminal();
        JsonNode answer = send("/validate", name, file, noHeader, terminal);
        if (!terminal.printedJson(answer)) {
            terminal.line(terminal.state("passed") + "  " + Show.text(answer, "checked") + " expectations hold");
        }
        return 0;
    }

    private JsonNode send(String what, String name, Path file, boolean noHeader, Terminal terminal) {
        return pilot.api()
                .post(
                        "/api/v1/datasets/" + Api.encode(name) + what + "?file="
                                + Api.encode(file.getFileName().toString()) + "&header=" + !noHeader,
                        "application/octet-stream",
                        Upload.of(file, terminal));
    }

    @Command(
            name = "list",
            description = "List datasets.",
            headerHeading = "Example: pilot data list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = pilot.api().get("/api/v1/datasets");
        Terminal terminal = pilot.terminal();
        if (!terminal.printedJson(answer)) {
            terminal.table(
                    List.of("NAME", "VERSION", "ROWS", "DIGEST", "CREATED"),
                    Show.rows(answer.path("items"), "name", "version", "rows", "digest:brief", "createdAt:ago"));
            if (answer.path("items").isEmpty()) {
                terminal.talk("No datasets yet. Add one: pilot data add NAME FILE.csv");
            }
        }
        return 0;
    }

    @Command(
            name = "show",
            description = "Show a dataset's version: schema, profile, expectations.",
            headerHeading = "Example: pilot data show payments@2%n",
            mixinStandardHelpOptions = true)
    int show(
            @Parameters(paramLabel = "NAME[@VERSION]", description = "Dataset, newest version unless named.")
                    String reference) {
        JsonNode version = pilot.api().get(versionPath(reference));
        Terminal terminal = pilot.terminal();
        if (!terminal.printedJson(version)) {
            terminal.line(terminal.bold(Show.text(version, "name") + "@" + Show.text(version, "version")) + "  "
                    + Show.count(version.path("rows").asLong()) + " rows  " + Show.text(version, "digest") + "  by "
                    + Show.text(version, "createdBy") + " " + Show.ago(Show.text(version, "createdAt")));
            terminal.table(
                    List.of("COLUMN", "TYPE", "NULLS", "DISTINCT", "MIN", "MAX", "MEAN"),
                    Show.rows(
                            version.path("profile").path("columns"),
                            "name",
                            "type",
                            "nulls",
                            "distinct",
                            "min",
                            "max",
                            "mean"));
        }
        return 0;
    }

    @Command(
            name = "diff",
            description = "Compare two versions.",
            headerHeading = "Example: pilot data diff payments 1 2%n",
            mixinStandardHelpOptions = true)
    int diff(
            @Parameters(paramLabel = "NAME", description = "Dataset name.") String name,
            @Parameters(paramLabel = "FROM", description = "Older version.") int from,
            @Parameters(paramLabel = "TO", description = "Newer version.") int to) {
        JsonNode answer = pilot.api().get("/api/v1/datasets/" + Api.encode(name) + "/diff?from=" + from + "&to=" + to);
        pilot.terminal().line(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(answer));
        return 0;
    }

    @Command(
            name = "restore",
            description = "Write a version's bytes to a file.",
            headerHeading = "Example: pilot data restore payments@1 -f train.csv%n",
            mixinStandardHelpOptions = true)
    int restore(
            @Parameters(paramLabel = "NAME@VERSION", description = "Which version.") String reference,
            @Option(
                            names = {"-f", "--file"},
                            required = true,
                            paramLabel = "FILE",
                            description = "Where to write; must not exist.")
                    Path file)
            throws IOException {
        if (Files.exists(file)) {
            throw new Exit(Exit.USAGE, file + " is there already; name a file that is not.");
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (InputStream in = pilot.api().stream(versionPath(reference) + "/content")) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.move(part, file);
        pilot.terminal().line(file + "  " + Show.count(Files.size(file)) + " bytes");
        return 0;
    }

    private String versionPath(String reference) {
        int at = reference.lastIndexOf('@');
        String name = at < 0 ? reference : reference.substring(0, at);
        String version = at < 0 ? "" : reference.substring(at + 1);
        if (version.isEmpty()) {
            version = Show.text(pilot.api().get("/api/v1/datasets/" + Api.encode(name)), "version");
        }
        return "/api/v1/datasets/" + Api.encode(name) + "/versions/" + Api.encode(version);
    }
}
