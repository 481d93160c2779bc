package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code pilot units}: the departments, teams and projects that keys belong to and budgets are for. */
@Command(
        name = "units",
        description = "Make and list departments, teams and projects, whose budgets count their keys.",
        headerHeading = "Example: pilot units create research --kind department%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
final class UnitCommands {
    private static final String UNITS = "/api/v1/units";

    @ParentCommand
    private Pilot pilot;

    @Command(
            name = "create",
            description = "Make a department, team or project.",
            headerHeading = "Example: pilot units create nlp --kind team --parent ID%n",
            mixinStandardHelpOptions = true)
    int create(
            @Parameters(paramLabel = "NAME", description = "Unique among its siblings, without '/'.") String name,
            @Option(
                            names = "--kind",
                            paramLabel = "KIND",
                            required = true,
                            description = "department, team or project.")
                    String kind,
            @Option(
                            names = "--parent",
                            paramLabel = "ID",
                            defaultValue = "",
                            description = "The unit above (default: the organisation).")
                    String parent) {
        ObjectNode body = Json.object().put("kind", kind).put("name", name);
        if (!parent.isEmpty()) {
            body.put("parent", parent);
        }
        JsonNode answer = pilot.api().post(UNITS, body);
        if (!pilot.terminal().printedJson(answer)) {
            pilot.terminal().line(Show.text(answer, "id"));
            pilot.terminal().next("pilot keys create NAME --role invoker --unit " + Show.text(answer, "id"));
        }
        return 0;
    }

    @Command(
            name = "list",
            description = "List units with the scope that a budget for them has.",
            headerHeading = "Example: pilot units list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = pilot.api().get(UNITS);
        if (!pilot.terminal().printedJson(answer)) {
            pilot.terminal()
                    .table(
                            List.of("ID", "KIND", "NAME", "SCOPE"),
                            Show.rows(answer.path("items"), "id", "kind", "name", "scope"));
        }
        return 0;
    }
}
