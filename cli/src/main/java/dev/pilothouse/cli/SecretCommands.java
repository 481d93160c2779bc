package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** Commands on secrets. */
@Command(
        name = "secrets",
        description = "Set, list and remove secrets that containers are given.",
        headerHeading = "Example: pilot secrets set api-token --env staging < token.txt%n",
        mixinStandardHelpOptions = true,
        subcommands = {
            SecretCommands.SetCommand.class,
            SecretCommands.ListCommand.class,
            SecretCommands.RemoveCommand.class
        })
@SuppressWarnings("NullAway.Init") // picocli fills parent
final class SecretCommands implements Runnable {
    /** More than the server takes, so that it and not this program says what is too large. */
    private static final int MOST_BYTES = 256 << 10;

    @ParentCommand
    private Pilot pilot;

    @picocli.CommandLine.Spec
    private picocli.CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(pilot.out());
    }

    /** The environment that a secret counts in. */
    static final class Scope {
        @Option(
                names = "--env",
                paramLabel = "ENVIRONMENT",
                description = "Environment it counts in (default: all that have none of this name of their own).")
        private String environment = "";

        String path(String name) {
            return "/api/v1/secrets/" + Api.encode(name)
                    + (environment.isEmpty() ? "" : "?environment=" + Api.encode(environment));
        }

        String words() {
            return environment.isEmpty() ? "for all environments" : "for " + environment;
        }
    }

    @Command(
            name = "set",
            description = "Store a value, in the place of the one before. It is read from standard input, a file, or a"
                    + " prompt that does not show it, never from the command line.",
            headerHeading = "Example: pilot secrets set api-token --env staging < token.txt%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class SetCommand implements Callable<Integer> {
        @ParentCommand
        private SecretCommands parent;

        @Parameters(paramLabel = "NAME", description = "Lower-case letters, digits and dashes.")
        private String name;

        @Mixin
        private Scope scope;

        @Option(names = "--file", paramLabel = "FILE", description = "Read the value from a file.")
        private String file = "";

        @Override
        public Integer call() throws IOException {
            String value = value();
            if (value.isEmpty()) {
                throw new Exit(
                        Exit.USAGE,
                        "There is no value. Give it on standard input or with --file: pilot secrets set " + name
                                + " < value.txt");
            }
            JsonNode answer =
                    parent.pilot.api().put(scope.path(name), Json.object().put("value", value));
            if (!parent.pilot.terminal().printedJson(answer)) {
                parent.pilot
                        .terminal()
                        .line("set " + name + " " + scope.words() + ", version " + Show.text(answer, "version"));
                parent.pilot
                        .terminal()
                        .talk("Processes that are given it are replaced one after the other, without a lost request.");
            }
            return 0;
        }

        private String value() throws IOException {
            if (!file.isEmpty()) {
                return stripped(Files.readAllBytes(Path.of(file)));
            }
            return Terminal.interactive()
                    ? Terminal.secret("Value of " + name + ": ")
                    : stripped(System.in.readNBytes(MOST_BYTES));
        }

        /** Without the end of line that editors and echo put behind it. */
        private static String stripped(byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8).replaceFirst("\\r?\\n\\z", "");
        }
    }

    @Command(
            name = "list",
            description = "List secrets: names, who set them and when; never values.",
            headerHeading = "Example: pilot secrets list%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent
    static final class ListCommand implements Callable<Integer> {
        @ParentCommand
        private SecretCommands parent;

        @Override
        public Integer call() {
            JsonNode answer = parent.pilot.api().get("/api/v1/secrets");
            Terminal terminal = parent.pilot.terminal();
            if (terminal.printedJson(answer)) {
                return 0;
            }
            var rows = new ArrayList<List<String>>();
            for (JsonNode item : answer.path("items")) {
                String environment = Show.text(item, "environment");
                rows.add(List.of(
                        Show.text(item, "name"),
                        environment.isEmpty() ? "all" : environment,
                        Show.text(item, "version"),
                        Show.text(item, "setBy"),
                        Show.ago(Show.text(item, "setAt"))));
            }
            terminal.table(List.of("NAME", "ENVIRONMENT", "VERSION", "SET BY", "WHEN"), rows);
            if (rows.isEmpty()) {
                terminal.talk("No secrets yet. Set one: pilot secrets set NAME");
            }
            return 0;
        }
    }

    @Command(
            name = "remove",
            description = "Remove a secret. Processes that were given it keep it until they end.",
            headerHeading = "Example: pilot secrets remove api-token --env staging%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class RemoveCommand implements Callable<Integer> {
        @ParentCommand
        private SecretCommands parent;

        @Parameters(paramLabel = "NAME", description = "Its name.")
        private String name;

        @Mixin
        private Scope scope;

        @Override
        public Integer call() {
            parent.pilot.api().delete(scope.path(name));
            parent.pilot.terminal().line("removed " + name + " " + scope.words());
            return 0;
        }
    }
}
