package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Names;
import dev.pilothouse.cli.terminal.Paging;
import dev.pilothouse.cli.terminal.Query;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.kernel.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot usage}: what calls to language models cost, in sums, row by row, or all of it as CSV. */
@Command(
        name = "usage",
        description = {
            "Show what calls to language models cost: sums by dimensions, single calls with --rows, all of them with --csv.",
            "Dimensions are key, principal, agent, session, project, user, tag, alias, provider, model, operation, outcome,"
                    + " error, request, budget, day and hour."
        },
        headerHeading = "Example: pilot usage --by tag,model --from 7d --where agent=crawler%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and options
public final class UsageCommand implements Callable<Integer> {
    private static final List<String> DIMENSIONS = List.of(
            "key",
            "principal",
            "agent",
            "session",
            "project",
            "user",
            "tag",
            "alias",
            "provider",
            "model",
            "operation",
            "outcome",
            "error",
            "request",
            "budget",
            "day",
            "hour");

    @ParentCommand
    private Session session;

    @Option(
            names = "--by",
            paramLabel = "DIMENSION",
            split = ",",
            description = "Sums for each value of up to three dimensions (default: model).")
    private List<String> by = new ArrayList<>();

    @Option(
            names = "--where",
            paramLabel = "DIMENSION=VALUE",
            description = "Only calls of this value, such as tag=search; nothing behind the sign for those without one;"
                    + " repeatable.")
    private Map<String, String> where = new LinkedHashMap<>();

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Calls from then on: a day (UTC), a moment, or how long ago, such as 7d (default: 24h).")
    private String from = "";

    @Option(names = "--to", paramLabel = "TIME", description = "Calls before then (default: now).")
    private String to = "";

    @Option(
            names = "--order",
            paramLabel = "BY",
            defaultValue = "",
            description = "Which sums come first: those of most cost, calls or tokens (default: cost).")
    private String order = "";

    @Option(names = "--rows", description = "Single calls, the newest first.")
    private boolean rows;

    @Option(
            names = "--csv",
            arity = "0..1",
            paramLabel = "FILE",
            fallbackValue = "-",
            description = "Write all calls as CSV to a new file, or to standard output.")
    private String csv = "";

    @Mixin
    private Paging paging;

    @Override
    public Integer call() throws IOException {
        by.forEach(UsageCommand::check);
        where.keySet().forEach(UsageCommand::check);
        if ((rows ? 1 : 0) + (csv.isEmpty() ? 0 : 1) + (by.isEmpty() ? 0 : 1) > 1) {
            throw new Exit(Exit.USAGE, "Sums with --by, calls with --rows, or all of them with --csv; one at a time.");
        }
        if (!csv.isEmpty()) {
            return export();
        }
        return rows ? calls() : sums();
    }

    private static void check(String dimension) {
        if (!DIMENSIONS.contains(dimension)) {
            throw new Exit(
                    Exit.USAGE,
                    "Calls have no '" + dimension + "'." + Nearest.hint(dimension, DIMENSIONS)
                            + " All of them: pilot usage --help");
        }
    }

    /** The query with the time and the values that were asked for. */
    private String chosen(Query query) {
        Instant now = Instant.now();
        query.with("from", When.past(from, now)).with("to", When.past(to, now));
        where.forEach(query::withEven);
        return query.toString();
    }

    private int sums() {
        List<String> dimensions = by.isEmpty() ? List.of("model") : by;
        JsonNode answer = session.api()
                .get(chosen(paging.of("/api/v1/usage/summary")
                        .with("by", String.join(",", dimensions))
                        .with("order", order)));
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        UsageText.sums(terminal, answer, dimensions, new Names(session.api()));
        if (answer.path("total").path("calls").asLong() == 0) {
            terminal.talk("No calls in this time. Look further back: pilot usage --from 30d");
        } else {
            terminal.talk("From " + Show.text(answer, "from") + " to " + Show.text(answer, "to") + ".");
        }
        return 0;
    }

    private int calls() {
        JsonNode answer = session.api().get(chosen(paging.of("/api/v1/usage")));
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(answer)) {
            UsageText.calls(terminal, answer.path("items"));
            if (answer.path("items").isEmpty()) {
                terminal.talk("No calls in this time. Look further back: pilot usage --rows --from 30d");
            }
            Paging.more(terminal, answer);
        }
        return 0;
    }

    private int export() throws IOException {
        try (InputStream written = session.api().stream(chosen(new Query("/api/v1/usage.csv")))) {
            if (csv.equals("-")) {
                session.terminal().pour(written);
            } else {
                session.terminal().line("wrote " + Show.bytes(Files.copy(written, Path.of(csv))) + " to " + csv);
            }
        }
        return 0;
    }
}
