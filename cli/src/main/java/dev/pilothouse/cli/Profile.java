package dev.pilothouse.cli;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;

/**
 * Where the server is and which key to use, as {@code pilot login} stored it; readable by its owner only.
 *
 * @param server base address
 * @param key API key
 */
record Profile(String server, String key) {
    /** Reads the stored profile. */
    static Optional<Profile> load(Map<String, String> environment) {
        Path file = file(environment);
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            var stored = Json.parseObject(Files.readAllBytes(file));
            return Optional.of(new Profile(
                    stored.path("server").asString(""), stored.path("key").asString("")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stores this profile with mode 0600, in one step. */
    void save(Map<String, String> environment) throws IOException {
        Path file = file(environment);
        Files.createDirectories(file.getParent());
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (posix) {
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.write(fresh, Json.bytes(Json.object().put("server", server).put("key", key)));
        Files.move(
                fresh,
                file,
                java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    static Path file(Map<String, String> environment) {
        String base = environment.getOrDefault("XDG_CONFIG_HOME", environment.getOrDefault("HOME", ".") + "/.config");
        return Path.of(base, "pilothouse", "config.json");
    }
}
