package dev.pilothouse.cli.terminal;

import dev.pilothouse.platform.json.Json;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What a command prints: results on one stream, talk on the other. For one thread, but for the talk of who is interrupted. */
public final class Terminal {
    private static final String RESET = "\u001b[0m";
    /** DECAWM of ECMA-48's private modes: what is longer than the line is cut. */
    private static final String NO_WRAP = "\u001b[?7l";

    private static final String WRAP = "\u001b[?7h";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean json;
    private final boolean quiet;
    private final boolean colour;
    private final boolean live;

    /**
     * Prints to two streams.
     *
     * @param json whether results are the server's JSON, without talk
     * @param quiet whether talk is left out
     * @param interactive whether a person watches, who gets colours and lines that are overwritten
     * @param env where NO_COLOR and TERM may say that there are no colours
     */
    public Terminal(
            PrintStream out,
            PrintStream err,
            boolean json,
            boolean quiet,
            boolean interactive,
            Map<String, String> env) {
        this.out = out;
        this.err = err;
        this.json = json;
        this.quiet = quiet;
        this.live = interactive && !json;
        this.colour = interactive
                && !json
                && env.getOrDefault("NO_COLOR", "").isEmpty()
                && !env.getOrDefault("TERM", "").equals("dumb");
    }

    /** Whether this process talks to a person. */
    @SuppressWarnings("SystemConsoleNull") // it is null where the class path holds no console provider
    public static boolean interactive() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Asks for a secret without showing it; empty where nobody can be asked. */
    @SuppressWarnings("SystemConsoleNull")
    public static String secret(String prompt) {
        Console console = System.console();
        char[] typed = console == null ? null : console.readPassword(prompt);
        return typed == null ? "" : new String(typed).strip();
    }

    /** Whether results are JSON. */
    public boolean json() {
        return json;
    }

    /** Whether a person watches: progress may overwrite its line. */
    public boolean live() {
        return live;
    }

    /** Prints the server's answer as JSON; answers false where the caller should print for people. */
    public boolean printedJson(JsonNode answer) {
        if (json) {
            out.println(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(answer));
        }
        return json;
    }

    /** A line of result. */
    public void line(String text) {
        out.println(text);
    }

    /** Results that the server wrote, such as CSV, as they are. */
    public void pour(InputStream written) throws IOException {
        written.transferTo(out);
        out.flush();
    }

    /** A line of talk, left out when quiet. */
    public void talk(String text) {
        if (!quiet && !json) {
            err.println(text);
        }
    }

    /** What to do next. */
    public void next(String command) {
        talk(dim("next: " + command));
    }

    /** Overwrites the talk line on a terminal; what a narrow one has no room for is cut, since two lines cannot be overwritten. */
    public void progress(String text) {
        if (live && !quiet) {
            err.print("\r\u001b[K" + NO_WRAP + text + WRAP);
            err.flush();
        }
    }

    /** Takes the overwritten line away. */
    public void progressDone() {
        if (live && !quiet) {
            err.print("\r\u001b[K");
            err.flush();
        }
    }

    /** A count of bytes on their way, shown with rate and, where the whole is known, share and time left. */
    public final class Progress {
        private final String name;
        private final long size;
        private final long start = System.nanoTime();
        private long shown = start;

        /**
         * Begins now.
         *
         * @param size of the whole in bytes, 0 where it is not known
         */
        public Progress(String name, long size) {
            this.name = name;
            this.size = size;
        }

        /** So many bytes are through; shown at most ten times a second. */
        public void at(long done) {
            long now = System.nanoTime();
            if (done <= 0 || now - shown < 100_000_000L) {
                return;
            }
            shown = now;
            double rate = Math.max(1, done) / Math.max(1e-3, (now - start) / 1e9);
            String speed = String.format(Locale.ROOT, "%.1f MiB/s", rate / (1 << 20));
            progress(
                    size <= 0 || done > size
                            ? name + "  " + Show.bytes(done) + "  " + speed
                            : String.format(
                                    Locale.ROOT, "%s  %d %%  %s  %d s left", name, 100 * done / size, speed, (long)
                                            ((size - done) / rate)));
        }

        /** All are through: takes the line away. */
        public void done() {
            progressDone();
        }
    }

    /** Tells whoever interrupts how to come back; closed when there is nothing left to come back to. */
    public final class ComeBack implements AutoCloseable {
        private final Thread hook;

        /** Says the sentence if this process is interrupted before it is closed. */
        public ComeBack(String sentence) {
            hook = new Thread(() -> {
                progressDone();
                talk(sentence);
            });
            Runtime.getRuntime().addShutdownHook(hook);
        }

        @Override
        public void close() {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException _) {
                // We are being interrupted; it has its say.
            }
        }
    }

    /** Prints aligned columns; cells that look like numbers stand to the right. */
    public void table(List<String> header, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        int[] widths = new int[header.size()];
        var all = new ArrayList<List<String>>();
        all.add(header);
        all.addAll(rows);
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (int r = 0; r < all.size(); r++) {
            List<String> row = all.get(r);
            boolean head = r == 0;
            var text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = row.get(i);
                String padding = " ".repeat(widths[i] - cell.length());
                boolean right = !head && cell.matches("[-+]?[0-9][0-9.,]*( ?%)?");
                String shown = head ? dim(cell) : state(cell);
                text.append(i == 0 ? "" : "  ").append(right ? padding + shown : shown + padding);
            }
            out.println(text.toString().stripTrailing());
        }
    }

    /** Colours words that name a state. */
    public String state(String word) {
        return switch (word) {
            case "ok",
                    "ready",
                    "passed",
                    "promoted",
                    "approved",
                    "serving",
                    "well",
                    "verified",
                    "watched",
                    "active",
                    "up" -> paint("32", word);
            case "failed",
                    "rejected",
                    "rolled-back",
                    "rolling-back",
                    "failing",
                    "broken",
                    "aborted",
                    "exhausted",
                    "refused",
                    "down",
                    "resting" -> paint("31", word);
            case "attention", "paused", "waiting", "pending", "awaiting-approval", "expired" -> paint("33", word);
            case "gating", "loading", "shadow", "canary", "promoting", "starting", "learning" -> paint("36", word);
            default -> word;
        };
    }

    /** Fainter, where there are colours. */
    public String dim(String text) {
        return paint("2", text);
    }

    /** Bolder, where there are colours. */
    public String bold(String text) {
        return paint("1", text);
    }

    /** A line that says what went wrong, never left out. */
    public void error(String text) {
        err.println(paint("31", "error: ") + text);
    }

    private String paint(String code, String text) {
        return colour ? "\u001b[" + code + "m" + text + RESET : text;
    }
}
