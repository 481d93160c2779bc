package dev.pilothouse.run.translation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class AnswerTest {
    private static final Answers TO_CHAT = new ChatAnswers(false, 1_700_000_000L);
    private static final Answers TO_MESSAGES = new MessagesAnswers();

    static final String ANTHROPIC = """
            {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
             "content": [
              {"type": "thinking", "thinking": "The user asks.", "signature": "EqQB"},
              {"type": "text", "text": "I'll check the weather."},
              {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "get_weather",
               "input": {"location": "Paris", "days": 2}}],
             "stop_reason": "tool_use", "stop_sequence": null,
             "usage": {"input_tokens": 100, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 300,
              "output_tokens": 60, "output_tokens_details": {"thinking_tokens": 12}, "service_tier": "standard"}}
            """;

    private static final String OPENAI = """
            {"id": "chatcmpl-abc123", "object": "chat.completion", "created": 1699896916, "model": "gpt-5-mini-2025-08-07",
             "choices": [{"index": 0, "message": {"role": "assistant", "content": null, "refusal": null, "annotations": [],
               "tool_calls": [{"id": "call_abc123", "type": "function", "function": {"name": "get_current_weather",
                 "arguments": "{\\n\\"location\\": \\"Boston, MA\\"\\n}"}},
                {"id": "call_2", "type": "function", "function": {"name": "now", "arguments": ""}}]},
               "logprobs": null, "finish_reason": "tool_calls"}],
             "usage": {"prompt_tokens": 82, "completion_tokens": 17, "total_tokens": 99,
              "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
              "completion_tokens_details": {"reasoning_tokens": 9, "audio_tokens": 0}},
             "service_tier": "default", "system_fingerprint": null}
            """;

    private static JsonNode whole(Answers answers, String body) {
        return Json.parse(answers.whole(body.getBytes(StandardCharsets.UTF_8)).orElseThrow());
    }

    @Test
    void anAnswerOfAnthropicWithThoughtsAndToolsIsOneOfOpenAi() {
        assertThat(whole(TO_CHAT, ANTHROPIC)).isEqualTo(Json.parse("""
                {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "object": "chat.completion", "created": 1700000000,
                 "model": "claude-sonnet-4-5",
                 "choices": [{"index": 0, "message": {"role": "assistant", "content": "I'll check the weather.", "refusal": null,
                   "tool_calls": [{"id": "toolu_01A09q90qw90lq917835lq9", "type": "function",
                    "function": {"name": "get_weather", "arguments": "{\\"location\\":\\"Paris\\",\\"days\\":2}"}}]},
                   "logprobs": null, "finish_reason": "tool_calls"}],
                 "usage": {"prompt_tokens": 420, "completion_tokens": 60, "total_tokens": 480,
                  "prompt_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 20},
                  "completion_tokens_details": {"reasoning_tokens": 12}}}
                """));
    }

    @Test
    void anAnswerOfOpenAiWithToolsIsOneOfAnthropic() {
        assertThat(whole(TO_MESSAGES, OPENAI)).isEqualTo(Json.parse("""
                {"id": "chatcmpl-abc123", "type": "message", "role": "assistant", "model": "gpt-5-mini-2025-08-07",
                 "content": [
                  {"type": "tool_use", "id": "call_abc123", "name": "get_current_weather", "input": {"location": "Boston, MA"}},
                  {"type": "tool_use", "id": "call_2", "name": "now", "input": {}}],
                 "stop_reason": "tool_use", "stop_sequence": null,
                 "usage": {"input_tokens": 18, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 64,
                  "output_tokens": 17, "output_tokens_details": {"thinking_tokens": 9}}}
                """));
    }

    @Test
    void whyAnAnswerEndsIsToldBothWays() {
        for (var each : List.of(
                List.of("end_turn", "stop", "end_turn"),
                List.of("stop_sequence", "stop", "end_turn"),
                List.of("max_tokens", "length", "max_tokens"),
                List.of("model_context_window_exceeded", "length", "max_tokens"),
                List.of("refusal", "content_filter", "refusal"))) {
            JsonNode chat = whole(TO_CHAT, "{\"content\": [], \"stop_reason\": \"" + each.getFirst() + "\"}");
            assertThat(chat.at("/choices/0/finish_reason").asString()).isEqualTo(each.get(1));
            assertThat(chat.at("/choices/0/message/content").asString()).isEmpty();
            assertThat(whole(TO_MESSAGES, Json.write(chat)).path("stop_reason").asString())
                    .isEqualTo(each.get(2));
        }
        JsonNode refusal = whole(
                TO_MESSAGES,
                "{\"choices\": [{\"message\": {\"refusal\": \"I can't.\"}, \"finish_reason\": \"stop\"}]}");
        assertThat(refusal.path("stop_reason").asString()).isEqualTo("refusal");
        assertThat(refusal.at("/content/0/text").asString()).isEqualTo("I can't.");
    }

    @Test
    void argumentsThatTheLimitCutAreAnEmptyObjectAndOthersThatAreNoneAreNoAnswer() {
        String answer = "{\"choices\": [{\"message\": {\"tool_calls\": [{\"id\": \"a\", \"function\": {\"name\": \"f\","
                + " \"arguments\": \"{\\\"a\\\": 1\"}}]}, \"finish_reason\": \"%s\"}]}";
        assertThat(whole(TO_MESSAGES, answer.formatted("length")).at("/content/0/input"))
                .isEmpty();
        assertThat(TO_MESSAGES.whole(answer.formatted("tool_calls").getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void whatIsNoAnswerIsNone() {
        for (String garbage :
                List.of("", "[]", "{}", "{\"type\": \"error\"}", "{\"choices\": []}", "{\"content\": 5}", "{{")) {
            byte[] bytes = garbage.getBytes(StandardCharsets.UTF_8);
            assertThat(TO_CHAT.whole(bytes)).as(garbage).isEmpty();
            assertThat(TO_MESSAGES.whole(bytes)).as(garbage).isEmpty();
        }
    }

    @Test
    void answersOfAWrongShapeAreTranslatedOrNone() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            boolean anthropic = random.nextBoolean();
            JsonNode answer = Json.parse(anthropic ? ANTHROPIC : OPENAI);
            Spoiling.spoil(answer, random);
            try {
                (anthropic ? TO_CHAT : TO_MESSAGES)
                        .whole(Json.bytes(answer))
                        .ifPresent(told -> assertThat(Json.parse(told).has(anthropic ? "choices" : "content"))
                                .isTrue());
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + Json.write(answer), e);
            }
        }
    }
}
