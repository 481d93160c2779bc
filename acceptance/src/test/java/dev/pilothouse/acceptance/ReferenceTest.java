package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reference of commands says what the program says. {@code -Dreference.write=true} writes the page of
 * commands anew.
 */
class ReferenceTest {
    private static final Path ROOT = root();
    private static final Path COMMANDS = ROOT.resolve("docs/reference/cli.md");
    private static final Pattern SUBCOMMAND = Pattern.compile("^  ([a-z][a-z-]*)(?:, [a-z-]+)*(?:  .*)?$");

    @TempDir
    private static Path home;

    @Test
    void thePageOfCommandsIsWhatTheHelpTextsSay() throws IOException {
        var page = new StringBuilder("""
                # Commands

                What `pilot COMMAND --help` says, for every command. Written from the program by `ReferenceTest` in `acceptance/`;
                change the texts there, not here.

                Exit codes: 0 done, 1 the thing asked for is not so, 2 used wrongly, 3 server not reached, 4 not allowed.
                """);
        write(page, List.of());
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(COMMANDS, page.toString());
        }
        // Help texts are as wide as the terminal, so only the words are compared.
        assertThat(words(Files.readString(COMMANDS)))
                .as("write it anew: mvn -pl acceptance test -Dtest=ReferenceTest -Dreference.write=true")
                .isEqualTo(words(page.toString()));
    }

    private static void write(StringBuilder page, List<String> command) {
        var args = new ArrayList<>(command);
        args.add("--help");
        String help = new Cli(URI.create("http://127.0.0.1:9"), "", home)
                .pilot(args.toArray(String[]::new))
                .done()
                .out();
        page.append("\n## ")
                .append(("pilot " + String.join(" ", command)).strip())
                .append("\n\n```text\n");
        help.lines().forEach(line -> page.append(line.stripTrailing()).append('\n'));
        page.append("```\n");
        int commands = help.indexOf("\nCommands:\n");
        if (commands < 0) {
            return;
        }
        for (String line : help.substring(commands).lines().toList()) {
            var subcommand = SUBCOMMAND.matcher(line);
            if (subcommand.matches() && !subcommand.group(1).equals("help")) {
                var next = new ArrayList<>(command);
                next.add(subcommand.group(1));
                write(page, next);
            }
        }
    }

    private static String words(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("docs")) || !Files.isDirectory(folder.resolve("acceptance"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("The test runs inside the checkout");
            }
        }
        return folder;
    }
}
