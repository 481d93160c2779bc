package dev.pilothouse.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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
final class CompletionCommand implements Callable<Integer> {
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
