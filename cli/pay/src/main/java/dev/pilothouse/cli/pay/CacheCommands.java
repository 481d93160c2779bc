package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
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
            terminal.table(
                    List.of("HITS", "MISSES", "BYPASSES", "SAVED", "KEPT", "BYTES"),
                    List.of(List.of(
                            Show.text(answer, "hits"),
                            Show.text(answer, "misses"),
                            Show.text(answer, "bypasses"),
                            Show.text(answer, "savedUsd"),
                            Show.text(answer, "entries"),
                            Show.text(answer, "bytes"))));
        }
        return 0;
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
            terminal.line(
                    "dropped " + Show.text(answer, "dropped") + " answers here; other servers follow within a second");
        }
        return 0;
    }
}
