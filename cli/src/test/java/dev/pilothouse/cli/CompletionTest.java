package dev.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts, sourced by the shells they are for. */
class CompletionTest {
    /** What a shell does when the tab key is pressed, but for the options that it then knows and tells the script. */
    private static final String TRY = """
            try() {
              COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
              _complete_pilot 2>/dev/null
              echo "${COMPREPLY[*]}"
            }
            try pilot back
            try pilot profiles us
            try pilot restore --che
            """;

    @TempDir
    private Path folder;

    @Test
    void bashCompletesCommandsSubcommandsAndOptions() throws Exception {
        String complete = """
                source "$1"
                """;
        assertThat(run("bash", complete + TRY, "bash").lines()).containsExactly("backup", "use", "--check");
    }

    @Test
    void zshTakesTheScriptAndRegistersIt() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/zsh")), "Skipped: zsh is not installed");
        String complete = """
                source $1
                [[ ${_comps[pilot]} == *_complete_pilot* ]] && echo registered
                setopt ksh_arrays sh_word_split # as zsh itself sets them for scripts of bash
                """;
        // zsh itself leaves out what does not begin as typed.
        assertThat(run("zsh", complete + TRY, "zsh", "-f").lines())
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo("registered"),
                        commands -> assertThat(commands.split(" ")).contains("backup", "status"),
                        subcommands -> assertThat(subcommands.split(" ")).containsExactly("list", "remove", "use"),
                        options -> assertThat(options.split(" ")).contains("--check", "--data-dir"));
    }

    private String run(String shell, String text, String... command) throws IOException, InterruptedException {
        Path completion = Files.write(folder.resolve("completion"), completion(shell));
        Path script = Files.writeString(folder.resolve("script"), text);
        var words = new java.util.ArrayList<>(java.util.List.of(command));
        words.add(script.toString());
        words.add(completion.toString());
        var builder = new ProcessBuilder(words).redirectErrorStream(true).directory(folder.toFile());
        builder.environment().put("HOME", folder.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static byte[] completion(String shell) {
        var out = new ByteArrayOutputStream();
        int code = Pilot.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                Map.of(),
                "completion",
                shell);
        assertThat(code).isZero();
        return out.toByteArray();
    }
}
