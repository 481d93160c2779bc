package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot cache}: answers of language models that the gateway keeps. */
@Command(
        name = "cache",
        description =
                "See what kept answers save, or drop them. An alias keeps answers by 'pilot aliases set NAME --cache exact'.",
        headerHeading = "Example: pilot cache stats%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class CacheCommands {
    private static final String CACHE = "/api/v1/gateway/cache";

    @ParentCommand
    private Session session;

    @Command(
            name = "stats",
            description = "Show what kept answers came to on this server since it started.",
            headerHeading = "Example: pilot cache stats%n",
            mixinStandardHelpOptions = true)
    int stats() {
        JsonNode answer = session.api().get(CACHE);
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(answer)) {
            var rows = new ArrayList<List<String>>();
            answer.path("aliases").forEach(alias -> rows.add(row(Show.text(alias, "alias"), alias)));
            if (rows.size() != 1) {
                rows.add(row("all", answer));
            }
            terminal.table(List.of("ALIAS", "HITS", "MISSES", "NOT LOOKED", "SAVED USD", "KEPT", "MEMORY"), rows);
            if (answer.path("aliases").isEmpty()) {
                terminal.talk("No alias that keeps answers was asked since this server started.");
                terminal.next("pilot aliases set ALIAS --cache exact --cache-ttl 10m");
            }
        }
        return 0;
    }

    private static List<String> row(String alias, JsonNode sums) {
        return List.of(
                alias,
                Show.count(sums.path("hits").asLong()),
                Show.count(sums.path("misses").asLong()),
                Show.count(sums.path("bypasses").asLong()),
                Show.text(sums, "savedUsd"),
                Show.count(sums.path("entries").asLong()),
                Show.bytes(sums.path("bytes").asLong()));
    }

    @Command(
            name = "clear",
            description = "Drop the answers that all servers keep, within about a second. Needs the role engineer.",
            headerHeading = "Example: pilot cache clear --alias chat%n",
            mixinStandardHelpOptions = true)
    int clear(
            @Option(
                            names = "--alias",
                            paramLabel = "ALIAS",
                            description = "Only answers of this one.",
                            defaultValue = "")
                    String alias) {
        JsonNode answer = session.api().delete(alias.isEmpty() ? CACHE : CACHE + "?alias=" + Api.encode(alias));
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(answer)) {
            long dropped = answer.path("dropped").asLong();
            terminal.line("dropped " + (dropped == 1 ? "1 answer" : Show.count(dropped) + " answers")
                    + " here; other servers follow within a second");
        }
        return 0;
    }
}
