package dev.pilothouse.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.config.Key;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reference of settings and the configuration that releases bring along are what {@link ServerConfig} reads. {@code
 * -Dreference.write=true} writes both anew.
 */
class SettingsReferenceTest {
    private static final Path ROOT = root();
    private static final Path PAGE = ROOT.resolve("docs/reference/configuration.md");
    private static final Path FILE = ROOT.resolve("packaging/conf/pilothouse.yaml");

    @Test
    void thePageNamesEverySettingWithItsDefaultFormAndMeaning() throws Exception {
        var page = new StringBuilder("""
                # Settings of the server

                Written from the program by `SettingsReferenceTest` in `server/`; change the texts in `ServerConfig`, not here.

                A setting is read from three places; the later one wins:

                1. a file, YAML or JSON, named by `--config=FILE` or the variable `PILOTHOUSE_CONFIG`;
                2. environment variables: `PILOTHOUSE_` and the setting's name in capitals, with `_` for dots and dashes
                   (`http.port` is `PILOTHOUSE_HTTP_PORT`);
                3. arguments: `--http.port=8080`, also of `pilot up`.

                In a file, dots may be written as nesting:

                ```yaml
                http:
                  port: 8080
                store:
                  url: postgresql://pilothouse:secret@db.example.com/pilothouse
                ```

                All mistakes are told together, with their place and, for a name that does not exist, the nearest one that does;
                the server then ends with exit code 2.

                | Setting | Default | A value is | Meaning |
                |---|---|---|---|
                """);
        for (Key<?> key : keys()) {
            page.append(String.format(
                    "| `%s` | %s | %s | %s |%n",
                    key.name(), key.fallback().isEmpty() ? "" : "`" + key.fallback() + "`", key.form(), key.meaning()));
        }
        page.append("""

                Variables of the command line, which the server leaves alone: `PILOTHOUSE_URL`, `PILOTHOUSE_API_KEY`,
                `PILOTHOUSE_PROFILE`, `PILOTHOUSE_BACKUP_PASSPHRASE`, `PILOTHOUSE_DATA`.
                """);
        same(PAGE, page.toString());
    }

    @Test
    void theFileOfAReleaseNamesThemTooAndIsReadWithAndWithoutItsCommentMarks(@TempDir Path folder) throws Exception {
        var file = new StringBuilder("""
                # Settings of the Pilothouse server. Every line is its default; take the mark away to change one.
                # A variable (PILOTHOUSE_HTTP_PORT) or an argument (--http.port=8080) wins over this file.
                """);
        for (Key<?> key : keys()) {
            file.append("\n# ")
                    .append(key.meaning())
                    .append(" A value is ")
                    .append(key.form())
                    .append(".\n#");
            file.append(key.name())
                    .append(": ")
                    .append('"')
                    .append(key.fallback())
                    .append("\"\n");
        }
        same(FILE, file.toString());
        Path set = folder.resolve("pilothouse.yaml");
        for (String text : List.of(file.toString(), file.toString().replaceAll("(?m)^#(?=[a-z])", ""))) {
            Files.writeString(set, text);
            ServerConfig config = ServerConfig.read(Map.of(), List.of("--config=" + set));
            assertThat(config).isEqualTo(ServerConfig.read(Map.of(), List.of()));
        }
    }

    private static List<Key<?>> keys() throws IllegalAccessException {
        var keys = new ArrayList<Key<?>>();
        for (var field : Arrays.stream(ServerConfig.class.getDeclaredFields())
                .filter(f -> Modifier.isStatic(f.getModifiers()) && f.getType() == Key.class)
                .toList()) {
            field.setAccessible(true);
            keys.add((Key<?>) field.get(null));
        }
        assertThat(keys).hasSizeGreaterThan(10);
        return keys;
    }

    private static void same(Path file, String text) throws IOException {
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(file, text);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as("write it anew: mvn -pl server test -Dtest=SettingsReferenceTest -Dreference.write=true")
                .isEqualTo(text);
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("docs")) || !Files.isDirectory(folder.resolve("packaging"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("The test runs inside the checkout");
            }
        }
        return folder;
    }
}
