package dev.pilothouse.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    private static final Key<Integer> PORT = Key.number("http.port", 8787, 0, 65535, "Port to listen on.");
    private static final Key<String> URL = Key.text("store.url", "", "Where state is kept.");
    private static final Key<Duration> IDLE = Key.time("http.idle-timeout", "60s", "Idle connections end after this.");
    private static final Key<Long> BODY = Key.bytes("http.max-body", "16MiB", "Largest body.");
    private static final Key<String> TOKEN = Key.secret("notify.token", "Token.");

    @TempDir
    Path folder;

    @Test
    void laterSourcesWin() throws IOException {
        Path file = write("http:\n  port: 1\n  idle-timeout: 5m\nstore:\n  url: from-file\n");
        var settings = Settings.of(
                Optional.of(file),
                Map.of("PILOTHOUSE_HTTP_PORT", "2", "HOME", "/x"),
                List.of("--http.port=3"),
                List.of());
        assertThat(settings.get(PORT)).isEqualTo(3);
        assertThat(settings.get(URL)).isEqualTo("from-file");
        assertThat(settings.get(IDLE)).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.get(BODY)).isEqualTo(16 << 20);
        settings.check();
    }

    @Test
    void everyMistakeIsReportedAtOnceWithItsPlaceAndTheNearestName() throws IOException {
        Path file = write("http:\n  prot: 1\n  idle-timeout: soon\n");
        var settings = Settings.of(
                Optional.of(file),
                Map.of("PILOTHOUSE_HTTP_PORT", "many", "PILOTHOUSE_STOR_URL", "x"),
                List.of("--store.ulr=y", "stray"),
                List.of());
        settings.get(PORT);
        settings.get(URL);
        settings.get(IDLE);
        assertThatThrownBy(settings::check)
                .isInstanceOf(PilothouseException.class)
                .extracting(e -> ((PilothouseException) e).problems(), InstanceOfAssertFactories.list(Problem.class))
                .extracting(Problem::toString)
                .containsExactlyInAnyOrder(
                        "stray: is no flag; write --key=value",
                        "PILOTHOUSE_HTTP_PORT: 'many' is not a whole number from 0 to 65535",
                        "server.yaml:3:3 http.idle-timeout: 'soon' is not a time such as 250ms, 30s, 5m, 2h or 7d",
                        "server.yaml:2:3 http.prot: is no setting. Did you mean 'http.port'?",
                        "--store.ulr: is no setting. Did you mean 'store.url'?",
                        "PILOTHOUSE_STOR_URL: is no setting. Did you mean 'PILOTHOUSE_STORE_URL'?");
    }

    @Test
    void brokenYamlIsOneProblemWithItsPlace() throws IOException {
        Path file = write("http: [1,\n  port: }\n");
        var settings = Settings.of(Optional.of(file), Map.of(), List.of(), List.of());
        assertThatThrownBy(settings::check)
                .hasMessageContaining("server.yaml:2")
                .hasMessageContaining("not valid YAML");
    }

    @Test
    void aSecretsValueIsNeverShown() {
        var picky = new Key<>("notify.token", "", "Token.", "a token", true, s -> {
            if (!s.isEmpty()) {
                throw new IllegalArgumentException(s);
            }
            return s;
        });
        var settings = Settings.of(Optional.empty(), Map.of(TOKEN.variable(), "hunter2"), List.of(), List.of());
        settings.get(picky);
        assertThatThrownBy(settings::check)
                .hasMessageNotContaining("hunter2")
                .hasMessageContaining("PILOTHOUSE_NOTIFY_TOKEN");
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("server.yaml"), text);
    }
}
