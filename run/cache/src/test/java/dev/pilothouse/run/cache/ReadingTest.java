package dev.pilothouse.run.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.pilothouse.run.llm.Dialect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What clients and providers say, as the cache reads it. */
class ReadingTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean chat(String reason) {
        return Wholeness.ofWhole(
                Dialect.CHAT,
                bytes("{\"choices\": [{\"finish_reason\": \"stop\"}, {\"finish_reason\": " + reason + "}]}"),
                false);
    }

    @Test
    void aClientMaySayWhatItTakes() {
        assertThat(Freshness.of("", false)).isEqualTo(Freshness.USUAL);
        assertThat(Freshness.of("max-stale, foo", false)).isEqualTo(Freshness.USUAL);
        assertThat(Freshness.of("No-Store", false).noStore()).isTrue();
        assertThat(Freshness.of("no-cache, max-age=60", false).maxAge()).isZero();
        assertThat(Freshness.of("max-age=60, no-cache", false).maxAge()).isZero();
        assertThat(Freshness.of(" max-age=\"60\" ,max-age=70", false).maxAge()).isEqualTo(Duration.ofSeconds(60));
        assertThat(Freshness.of("max-age=99999999999999999999", false)).isEqualTo(Freshness.USUAL);
        assertThat(Freshness.of("", true).maxAge()).isZero();
    }

    @Test
    void anAnswerThatWasCutIsNotWhole() {
        assertThat(chat("\"stop\"")).isTrue();
        assertThat(chat("\"length\"")).isTrue();
        byte[] limited = bytes("{\"choices\": [{\"finish_reason\": \"length\"}]}");
        assertThat(Wholeness.ofWhole(Dialect.CHAT, limited, true))
                .as("by a limit that is not its own")
                .isFalse();
        assertThat(chat("\"content_filter\"")).isFalse();
        assertThat(Wholeness.ofWhole(Dialect.CHAT, bytes("{\"choices\": []}"), false))
                .isFalse();
        assertThat(Wholeness.ofWhole(Dialect.CHAT, bytes("{"), false)).isFalse();
        assertThat(Wholeness.ofWhole(Dialect.MESSAGES, bytes("{\"stop_reason\": \"end_turn\"}"), false))
                .isTrue();
        assertThat(Wholeness.ofWhole(Dialect.MESSAGES, bytes("{\"stop_reason\": \"pause_turn\"}"), false))
                .isFalse();
        assertThat(Wholeness.ofWhole(Dialect.MESSAGES, bytes("{\"stop_reason\": \"refusal\"}"), false))
                .isFalse();
        assertThat(Wholeness.ofWhole(
                        Dialect.RESPONSES,
                        bytes("{\"object\": \"response\", \"status\": \"completed\", \"error\": null}"),
                        false))
                .isTrue();
        assertThat(Wholeness.ofWhole(
                        Dialect.RESPONSES, bytes("{\"object\": \"response\", \"status\": \"queued\"}"), false))
                .isFalse();
        assertThat(Wholeness.ofWhole(Dialect.EMBEDDINGS, bytes("{\"data\": []}"), false))
                .isTrue();
    }

    @Test
    void aStreamIsWholeByItsEvents() {
        String first = "data: {\"choices\": [{\"delta\": {\"content\": \"data: {\"}, \"finish_reason\": null}]}\n\n";
        String last = "data: {\"choices\": [{\"delta\": {}, \"finish_reason\": \"stop\"}]}\r\n\r\n";
        String done = "data: [DONE]\n\n";
        assertThat(Wholeness.ofStream(Dialect.CHAT, bytes(first + last + done), false))
                .isTrue();
        assertThat(Wholeness.ofStream(Dialect.CHAT, bytes(first + done), false)).isFalse();
        assertThat(Wholeness.ofStream(
                        Dialect.CHAT, bytes(first + last.replace("stop", "content_filter") + done), false))
                .isFalse();
        assertThat(Wholeness.ofStream(
                        Dialect.MESSAGES,
                        bytes("event: message_delta\ndata: {\"delta\": {\"stop_reason\": \"tool_use\"}}\n\n"),
                        false))
                .isTrue();
        assertThat(Wholeness.ofStream(
                        Dialect.RESPONSES,
                        bytes("event: response.completed\ndata: {\"type\": \"response.completed\"}\n\n"),
                        false))
                .isTrue();
        assertThat(Wholeness.ofStream(
                        Dialect.RESPONSES,
                        bytes("event: response.incomplete\ndata: {\"type\": \"response.incomplete\"}\n\n"),
                        false))
                .isFalse();
    }

    @Test
    void embeddingsAreReadInBothForms() {
        var numbers = Vectors.read(bytes("{\"data\": [{\"embedding\": [3, 4]}, {\"embedding\": [6e0, 8.0]}]}"), 2)
                .orElseThrow();
        assertThat(numbers.getFirst()).containsExactly(0.6f, 0.8f);
        assertThat(Vectors.cosine(numbers.get(0), numbers.get(1))).isCloseTo(1, within(1e-6));
        // 1.0 and 0.0 as little-endian floats
        var base64 = Vectors.read(bytes("{\"data\": [{\"embedding\": \"AACAPwAAAAA=\"}]}"), 1)
                .orElseThrow();
        assertThat(base64.getFirst()).containsExactly(1f, 0f);
        assertThat(Vectors.cosine(base64.getFirst(), numbers.getFirst())).isCloseTo(0.6, within(1e-6));
        assertThat(Vectors.cosine(base64.getFirst(), new float[] {1})).isEqualTo(-1);
        for (String nonsense : new String[] {
            "{",
            "{}",
            "{\"data\": [{\"embedding\": []}]}",
            "{\"data\": [{\"embedding\": [0, 0]}]}",
            "{\"data\": [{\"embedding\": \"!\"}]}",
            "{\"data\": [{\"embedding\": [\"a\"]}]}",
            "{\"data\": [{\"embedding\": [1e39]}]}"
        }) {
            assertThat(Vectors.read(bytes(nonsense), 1)).as(nonsense).isEmpty();
        }
    }
}
