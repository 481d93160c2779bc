package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** What the program says about itself: the version its jar was built as, and how a shell completes its commands. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "pilot " + client() + " on Java " + Runtime.version().feature()
        };
    }

    static String client() {
        String built = Version.class.getPackage().getImplementationVersion();
        return System.getProperty("pilot.version", built == null ? "development" : built);
    }

    /** Whether two versions are of one release; a build that was not released counts as the release it leads to. */
    static boolean same(String one, String other) {
        return one.equals("development") || one.replace("-SNAPSHOT", "").equals(other.replace("-SNAPSHOT", ""));
    }

    /** {@code pilot version}: client and server. */
    @Command(
            name = "version",
            description = "Show the versions of this command line and of the server.",
            headerHeading = "Example: pilot version%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class VersionCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Override
        public Integer call() {
            Terminal terminal = pilot.terminal();
            Api api = pilot.api();
            if (!terminal.json()) {
                terminal.line("client  " + client());
            }
            String server = Show.text(api.get("/v2"), "version");
            var answer = Json.object().put("client", client()).put("server", server);
            if (!terminal.printedJson(answer.put("address", api.base().toString()))) {
                terminal.line("server  " + server + "  at " + api.base());
                if (!same(client(), server)) {
                    terminal.next("use the same version on both sides, else a command may not be understood");
                }
            }
            return 0;
        }
    }

    /** {@code pilot completion}: a script by which a shell completes commands and options. */
    @Command(
            name = "completion",
            description = "Print what makes bash or zsh complete pilot's commands and options.",
            headerHeading = "Example: source <(pilot completion bash)%n",
            footer = {
                "",
                "For every new shell: add that line to ~/.bashrc, or 'source <(pilot completion zsh)' to ~/.zshrc."
            },
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills spec and parameters
    static final class CompletionCommand implements Callable<Integer> {
        enum Shell {
            bash,
            zsh
        }

        /** zsh runs bash's script through its own compatibility layer, which must be loaded before. */
        private static final String ZSH = """
                autoload -Uz compinit bashcompinit
                (( $+functions[compdef] )) || compinit -u
                bashcompinit
                """;

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "bash|zsh", description = "Which shell.")
        private Shell shell;

        @Override
        public Integer call() {
            var root = spec.root().commandLine();
            var out = root.getOut();
            out.print(shell == Shell.zsh ? ZSH : "");
            out.print(AutoComplete.bash(root.getCommandName(), root));
            out.print('\n');
            out.flush();
            return 0;
        }
    }
}
