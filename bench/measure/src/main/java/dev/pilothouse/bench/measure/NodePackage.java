package dev.pilothouse.bench.measure;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A package of npm, installed once under {@code bench/target}. */
public final class NodePackage {
    private final Path folder;

    private NodePackage(Path folder) {
        this.folder = folder;
    }

    /**
     * The package of a name, installed where it is not there.
     *
     * @return empty where there is no Node, or it cannot be installed; the reason is noted
     */
    public static Optional<NodePackage> with(String name, Report report) throws InterruptedException {
        Path home = Path.of("bench", "target", "node-" + name.replaceAll("[^a-z0-9]+", "-"))
                .toAbsolutePath();
        Path folder = home.resolve("node_modules").resolve(name);
        try {
            if (!Files.exists(folder.resolve("package.json"))) {
                report.say("installing %s ...", name);
                Files.createDirectories(home);
                Process npm = new ProcessBuilder(List.of("npm", "install", "--no-audit", "--no-fund", "--silent", name))
                        .directory(home.toFile())
                        .redirectErrorStream(true)
                        .start();
                String text = new String(npm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (npm.waitFor() != 0) {
                    throw new IOException("npm ended with code " + npm.exitValue() + ": " + text.strip());
                }
            }
            return Optional.of(new NodePackage(folder));
        } catch (IOException e) {
            report.note("no peer: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Where its files are. */
    public Path folder() {
        return folder;
    }

    /** Its version, as its {@code package.json} says. */
    public String version() throws IOException {
        return Json.parse(Files.readAllBytes(folder.resolve("package.json")))
                .path("version")
                .asString();
    }
}
