package dev.pilothouse.pay.prices;

import static dev.pilothouse.pay.prices.TokenClass.AUDIO_INPUT;
import static dev.pilothouse.pay.prices.TokenClass.AUDIO_OUTPUT;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_READ;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_WRITE_1H;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_WRITE_5M;
import static dev.pilothouse.pay.prices.TokenClass.IMAGE_INPUT;
import static dev.pilothouse.pay.prices.TokenClass.IMAGE_OUTPUT;
import static dev.pilothouse.pay.prices.TokenClass.INPUT;
import static dev.pilothouse.pay.prices.TokenClass.OUTPUT;
import static dev.pilothouse.pay.prices.TokenClass.REASONING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** The table of token semantics in {@link UsageReader}, row by row. */
class UsageReaderTest {
    private static final Usage REQUEST = Usage.NONE.withRequests(1);

    @Test
    void openAisPromptIncludesCachedAndAudioAndItsCompletionIncludesReasoningAudioAndPredictions() {
        assertThat(read(UsageReader.OPENAI_CHAT, """
                {"prompt_tokens": 2066, "completion_tokens": 307, "total_tokens": 2373,
                 "prompt_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 60, "audio_tokens": 6},
                 "completion_tokens_details": {"reasoning_tokens": 192, "audio_tokens": 8, "image_tokens": 7,
                  "accepted_prediction_tokens": 50, "rejected_prediction_tokens": 20}}
                """))
                .isEqualTo(REQUEST.with(INPUT, 80)
                        .with(CACHE_READ, 1920)
                        .with(CACHE_WRITE_5M, 60)
                        .with(IMAGE_OUTPUT, 7)
                        .with(AUDIO_INPUT, 6)
                        .with(OUTPUT, 100)
                        .with(REASONING, 192)
                        .with(AUDIO_OUTPUT, 8));
    }

    @Test
    void localServersLeaveTheDetailsOut() {
        Usage plain = REQUEST.with(INPUT, 12).with(OUTPUT, 34);
        assertThat(read(
                        UsageReader.OPENAI_CHAT,
                        "{\"prompt_tokens\": 12, \"completion_tokens\": 34, \"total_tokens\": 46}"))
                .isEqualTo(plain);
        assertThat(read(UsageReader.OPENAI_CHAT, """
                {"prompt_tokens": 12, "completion_tokens": 34, "prompt_tokens_details": null,
                 "completion_tokens_details": {"reasoning_tokens": null}}
                """)).isEqualTo(plain);
    }

    @Test
    void geminisReasoningIsWhatTheTotalCountsBeyondAndMayBeNamedNowhere() {
        assertThat(read(
                        UsageReader.REASONING_APART_CHAT,
                        "{\"prompt_tokens\": 8, \"completion_tokens\": 9, \"total_tokens\": 600}"))
                .isEqualTo(REQUEST.with(INPUT, 8).with(OUTPUT, 9).with(REASONING, 583));
        assertThat(read(UsageReader.REASONING_APART_CHAT, """
                {"prompt_tokens": 8, "completion_tokens": 9, "total_tokens": 17,
                 "completion_tokens_details": {"reasoning_tokens": 4}}
                """))
                .isEqualTo(REQUEST.with(INPUT, 8).with(OUTPUT, 5).with(REASONING, 4));
        // All was thought and nothing said.
        assertThat(read(
                        UsageReader.REASONING_APART_CHAT,
                        "{\"prompt_tokens\": 21, \"completion_tokens\": 0, \"total_tokens\": 81}"))
                .isEqualTo(REQUEST.with(INPUT, 21).with(REASONING, 60));
    }

    @Test
    void xAisReasoningIsNamedAndComesOnTopOfTheCompletion() {
        assertThat(read(UsageReader.REASONING_APART_CHAT, """
                {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
                 "prompt_tokens_details": {"cached_tokens": 30},
                 "completion_tokens_details": {"reasoning_tokens": 94}}
                """))
                .isEqualTo(REQUEST.with(INPUT, 2)
                        .with(CACHE_READ, 30)
                        .with(OUTPUT, 9)
                        .with(REASONING, 94));
        assertThat(read(UsageReader.REASONING_APART_CHAT, """
                {"prompt_tokens": 32, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 94}}
                """))
                .isEqualTo(REQUEST.with(INPUT, 32).with(OUTPUT, 9).with(REASONING, 94));
        // What OpenAI's rule says of the same counts would be a contradiction.
        assertThatThrownBy(() -> read(UsageReader.OPENAI_CHAT, """
                {"prompt_tokens": 32, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 94}}
                """)).isInstanceOf(PilothouseException.class);
    }

    @Test
    void responsesIncludeCachedTokensAndReasoning() {
        assertThat(read(UsageReader.OPENAI_RESPONSES, """
                {"input_tokens": 111, "total_tokens": 172, "output_tokens": 61,
                 "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 11, "image_tokens": 30},
                 "output_tokens_details": {"reasoning_tokens": 40, "image_tokens": 11}}
                """))
                .isEqualTo(REQUEST.with(INPUT, 6)
                        .with(CACHE_READ, 64)
                        .with(CACHE_WRITE_5M, 11)
                        .with(IMAGE_INPUT, 30)
                        .with(IMAGE_OUTPUT, 11)
                        .with(OUTPUT, 10)
                        .with(REASONING, 40));
    }

    @Test
    void embeddingsHaveInputOnly() {
        assertThat(read(UsageReader.OPENAI_EMBEDDINGS, "{\"prompt_tokens\": 5, \"total_tokens\": 5}"))
                .isEqualTo(REQUEST.with(INPUT, 5));
    }

    @Test
    void anthropicsInputExcludesWhatIsCached() {
        assertThat(read(UsageReader.ANTHROPIC, """
                {"input_tokens": 21, "cache_read_input_tokens": 188086, "cache_creation_input_tokens": 556,
                 "cache_creation": {"ephemeral_5m_input_tokens": 456, "ephemeral_1h_input_tokens": 100},
                 "output_tokens": 493, "output_tokens_details": {"thinking_tokens": 100},
                 "server_tool_use": {"web_search_requests": 3}, "service_tier": "standard"}
                """))
                .isEqualTo(REQUEST.with(INPUT, 21)
                        .with(CACHE_READ, 188_086)
                        .with(CACHE_WRITE_5M, 456)
                        .with(CACHE_WRITE_1H, 100)
                        .with(OUTPUT, 393)
                        .with(REASONING, 100)
                        .withSearches(3));
        assertThat(read(
                        UsageReader.ANTHROPIC,
                        "{\"input_tokens\": 1, \"cache_creation_input_tokens\": 7, \"cache_creation\": null}"))
                .isEqualTo(REQUEST.with(INPUT, 1).with(CACHE_WRITE_5M, 7));
    }

    @Test
    void theOutputOfAnthropicsStreamIsCumulative() {
        JsonNode started = json("{\"input_tokens\": 25, \"cache_read_input_tokens\": 10, \"output_tokens\": 1}");
        assertThat(UsageReader.anthropicStream(started, json("{\"output_tokens\": 15, \"input_tokens\": null}")))
                .isEqualTo(REQUEST.with(INPUT, 25).with(CACHE_READ, 10).with(OUTPUT, 15));
        assertThat(UsageReader.anthropicStream(started, MissingNode.getInstance()))
                .isEqualTo(REQUEST.with(INPUT, 25).with(CACHE_READ, 10).with(OUTPUT, 1));
    }

    @Test
    void aMissingUsageIsNoTokens() {
        for (UsageReader reader : UsageReader.values()) {
            assertThat(reader.read(MissingNode.getInstance())).isEqualTo(REQUEST);
            assertThat(read(reader, "null")).isEqualTo(REQUEST);
        }
    }

    @Test
    void whatContradictsItselfIsRefused() {
        for (String bad : List.of(
                "{\"prompt_tokens\": -1}",
                "{\"prompt_tokens\": 1.5}",
                "{\"prompt_tokens\": \"7\"}",
                "{\"prompt_tokens\": 1e30}",
                "{\"prompt_tokens\": 99999999999999999999}",
                "{\"prompt_tokens\": 5, \"prompt_tokens_details\": {\"cached_tokens\": 6}}",
                "{\"prompt_tokens\": 5, \"prompt_tokens_details\": {\"cached_tokens\": 3, \"cache_write_tokens\": 3}}",
                "{\"completion_tokens\": 5, \"completion_tokens_details\": {\"reasoning_tokens\": 6}}",
                "{\"completion_tokens\": 5, \"completion_tokens_details\": {\"reasoning_tokens\": -6}}")) {
            assertThatThrownBy(() -> read(UsageReader.OPENAI_CHAT, bad))
                    .as(bad)
                    .isInstanceOf(PilothouseException.class);
        }
        assertThatThrownBy(() -> read(UsageReader.ANTHROPIC, "{\"cache_read_input_tokens\": -1}"))
                .isInstanceOf(PilothouseException.class);
    }

    @Test
    void noTokenIsLostOrCountedTwice() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            int prompt = random.nextInt(1000);
            int completion = random.nextInt(1000);
            ObjectNode usage = Json.object().put("prompt_tokens", prompt).put("completion_tokens", completion);
            int cached = random.nextInt(prompt + 1);
            usage.putObject("prompt_tokens_details")
                    .put("cached_tokens", cached)
                    .put("cache_write_tokens", random.nextInt(prompt - cached + 1))
                    .put("audio_tokens", random.nextInt(prompt + 1))
                    .put("image_tokens", random.nextInt(prompt + 1));
            int reasoning = random.nextInt(completion + 1);
            usage.putObject("completion_tokens_details")
                    .put("reasoning_tokens", reasoning)
                    .put("audio_tokens", random.nextInt(completion - reasoning + 1));
            Usage read = UsageReader.OPENAI_CHAT.read(usage);
            assertThat(read.inputSideTokens()).as("seed %d: %s", seed, usage).isEqualTo(prompt);
            assertThat(read.outputSideTokens()).as("seed %d: %s", seed, usage).isEqualTo(completion);
        }
    }

    private static Usage read(UsageReader reader, String usage) {
        return reader.read(json(usage));
    }

    private static JsonNode json(String text) {
        return Json.parse(text);
    }
}
