package dev.pilothouse.cli.terminal;

import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** The options of a command that lists a page at a time. For one command. */
public final class Paging {
    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "Rows at most, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(
            names = "--cursor",
            paramLabel = "CURSOR",
            defaultValue = "",
            description = "Go on after the rows before; the command names it.")
    private String cursor = "";

    /** The page that was asked for. */
    public Query of(String path) {
        return new Query(path).with("limit", Integer.toString(limit)).with("cursor", cursor);
    }

    /** Says where to go on, where there is more. */
    public static void more(Terminal terminal, JsonNode page) {
        String next = Show.text(page, "next");
        if (!next.isEmpty()) {
            terminal.talk("There are more: --cursor " + next);
        }
    }
}
