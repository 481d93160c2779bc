package dev.pilothouse.cli.pay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people type, and what is made of it. */
class TypedTest {
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "7d, 2026-11-20T12:00:00Z",
        "90m, 2026-11-27T10:30:00Z",
        "1w, 2026-11-20T12:00:00Z",
        "30s, 2026-11-27T11:59:30Z",
        "2026-11-01, 2026-11-01T00:00:00Z",
        "2026-11-01T12:00:00+01:00, 2026-11-01T11:00:00Z"
    })
    void aTimeOfThePastIsADayAMomentOrSoLongAgo(String typed, String moment) {
        assertThat(When.past(typed, NOW)).isEqualTo(moment);
    }

    @Test
    void aSpanOfTheFutureIsAhead() {
        assertThat(When.ahead("24h", NOW)).isEqualTo("2026-11-28T12:00:00Z");
        assertThat(When.past("", NOW)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "7", "-7d", "2026-13-01", "7 d", "999999d"})
    void whatIsNoTimeIsToldWithExamples(String typed) {
        assertThatThrownBy(() -> When.past(typed, NOW))
                .isInstanceOf(Exit.class)
                .hasMessageContaining(typed)
                .hasMessageContaining("12h");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "openai/gpt-5-mini:9 | {\"provider\":\"openai\",\"model\":\"gpt-5-mini\",\"weight\":9}",
                "local/llama3.2:3b | {\"provider\":\"local\",\"model\":\"llama3.2:3b\"}",
                "local/qwen:7:1 | {\"provider\":\"local\",\"model\":\"qwen:7\",\"weight\":1}",
                "hub/meta-llama/Llama-3-8B | {\"provider\":\"hub\",\"model\":\"meta-llama/Llama-3-8B\"}"
            })
    void aTargetIsAProviderAModelAndMaybeAWeight(String typed, String json) {
        assertThat(TargetText.parse(typed)).isEqualTo(Json.parse(json));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-5", "/gpt-5", "openai/", ""})
    void whatIsNoTargetIsToldWithAnExample(String typed) {
        assertThatThrownBy(() -> TargetText.parse(typed))
                .isInstanceOf(Exit.class)
                .hasMessageContaining("openai/gpt-5-mini:9");
    }

    @Test
    void targetsReadAsTheyAreTyped() {
        var targets = Json.parse("""
                [{"provider": "a", "model": "m", "weight": 9}, {"provider": "b", "model": "n:3", "weight": 1}]
                """);
        assertThat(TargetText.words(targets, true)).isEqualTo("a/m:9 b/n:3:1");
        assertThat(TargetText.words(targets, false)).isEqualTo("a/m b/n:3");
    }

    @Test
    void aFileIsYamlOrJsonAndWhatIsNeitherIsToldWithItsPlace(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("budget.yaml");
        Files.writeString(file, "scope: team:a\nlimit: '12.5'\n");
        assertThat(Declared.read(file.toString()))
                .isEqualTo(Json.parse("{\"scope\": \"team:a\", \"limit\": \"12.5\"}"));
        Files.writeString(file, "{\"scope\": \"team:a\"}");
        assertThat(Declared.read(file.toString())).isEqualTo(Json.parse("{\"scope\": \"team:a\"}"));
        Files.writeString(file, "scope: a\n  b: [\n");
        assertThatThrownBy(() -> Declared.read(file.toString()))
                .isInstanceOf(Exit.class)
                .hasMessageContaining("budget.yaml:2:");
        Files.writeString(file, "- a\n");
        assertThatThrownBy(() -> Declared.read(file.toString()))
                .isInstanceOf(Exit.class)
                .hasMessageContaining("one mapping");
    }
}
