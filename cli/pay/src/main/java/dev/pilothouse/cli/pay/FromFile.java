package dev.pilothouse.cli.pay;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** The option of a command that declares something: what it begins with. For one command. */
final class FromFile {
    @Option(
            names = {"--file", "-f"},
            paramLabel = "FILE",
            defaultValue = "",
            description =
                    "Begin with what a file says in YAML or JSON, - for standard input, not with what is declared.")
    private String file = "";

    /** What is declared now, where no file takes its place. */
    Optional<ObjectNode> instead(Supplier<Optional<ObjectNode>> declared) {
        return file.isEmpty() ? declared.get() : Optional.empty();
    }

    /** Whether a file is named. */
    boolean isNamed() {
        return !file.isEmpty();
    }

    /**
     * The declaration to begin with: of the file where one is named, else what is declared now, else nothing.
     *
     * @param now as {@link #instead} found it
     * @throws dev.pilothouse.cli.terminal.Exit USAGE with line and column where the file holds no mapping
     */
    ObjectNode base(Optional<ObjectNode> now) throws IOException {
        return Declared.base(file, now);
    }
}
