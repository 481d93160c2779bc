package dev.pilothouse.bench.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A Python environment of a benchmark's own, under {@code bench/target}, in which peers are installed from PyPI once. */
public final class Venv {
    private final Path folder;

    private Venv(Path folder) {
        this.folder = folder;
    }

    /**
     * The environment of a name with these packages, made where it is not there.
     *
     * @return empty where there is no Python, or the packages cannot be installed; the reason is noted
     */
    public static Optional<Venv> with(String name, Report report, String... packages) throws InterruptedException {
        Path folder = Path.of("bench", "target", "venv-" + name).toAbsolutePath();
        var venv = new Venv(folder);
        Path complete = folder.resolve(".complete");
        try {
            if (Files.exists(complete) && Files.readString(complete).equals(String.join(" ", packages))) {
                return Optional.of(venv);
            }
            report.say("installing %s ...", String.join(" ", packages));
            run(List.of("python3", "-m", "venv", folder.toString()));
            var install = new ArrayList<>(
                    List.of(venv.program("pip"), "install", "-q", "--disable-pip-version-check", "--prefer-binary"));
            install.addAll(List.of(packages));
            run(install);
            Files.writeString(complete, String.join(" ", packages));
            return Optional.of(venv);
        } catch (IOException e) {
            report.note("no peer: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** The path of one of its programs. */
    public String program(String name) {
        return folder.resolve("bin").resolve(name).toString();
    }

    /** The version of an installed package, or empty. */
    public String version(String name) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        program("python"), "-c", "import importlib.metadata as m; print(m.version('" + name + "'))")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String version = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() == 0 ? version : "";
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("'" + String.join(" ", command.subList(0, Math.min(4, command.size())))
                    + " …' ended with code " + process.exitValue());
        }
    }
}
