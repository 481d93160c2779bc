package dev.pilothouse.run.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RequestTest {
    /** What is sent, as it is written. */
    static String sent(Dialect dialect, String body, boolean newNames) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return new String(
                Translator.translate(Asked.read(dialect, bytes), bytes, newNames, 0)
                        .body(),
                StandardCharsets.UTF_8);
    }

    static JsonNode translated(Dialect dialect, String body, boolean newNames) {
        return Json.parse(sent(dialect, body, newNames));
    }

    private static JsonNode messages(String members) {
        return translated(Dialect.CHAT, "{\"model\": \"m\", " + members + "}", true);
    }

    private static JsonNode chat(String members) {
        return translated(Dialect.MESSAGES, "{\"model\": \"m\", \"max_tokens\": 9, " + members + "}", true);
    }

    private static String said(String more) {
        return "\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]" + more;
    }

    @Test
    void aConversationWithToolsAndPicturesOfOpenAiIsOneOfAnthropic() {
        JsonNode sent = messages("""
                "messages": [
                  {"role": "system", "content": "Be brief."},
                  {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "https://example.org/a.jpg"}},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"}}]},
                  {"role": "assistant", "content": null, "refusal": null, "annotations": [], "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{\\"n\\":1.50}"}},
                    {"id": "functions.find:1", "type": "function", "function": {"name": "find", "arguments": ""}}]},
                  {"role": "tool", "tool_call_id": "call_1", "content": "one"},
                  {"role": "tool", "tool_call_id": "functions.find:1", "content": [{"type": "text", "text": "two"}]},
                  {"role": "developer", "content": "In French."}],
                "max_completion_tokens": 50, "temperature": 1.7, "top_p": 0.9, "stop": "END", "stream": true, "n": 1,
                "tools": [{"type": "function", "function": {"name": "find", "description": "Finds.", "strict": true,
                  "parameters": {"type": "object", "properties": {"n": {"type": "number"}}}}}],
                "tool_choice": "required", "parallel_tool_calls": false, "user": "u-1", "service_tier": "default",
                "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
                "reasoning_effort": "high", "seed": 7
                """);
        assertThat(sent).isEqualTo(Json.parse("""
                {"model": "m", "max_tokens": 50,
                 "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "In French."}],
                 "messages": [
                  {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}},
                    {"type": "image", "source": {"type": "url", "url": "https://example.org/a.jpg"}},
                    {"type": "document", "title": "a.pdf",
                     "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}}]},
                  {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "call_1", "name": "find", "input": {"n": 1.50}},
                    {"type": "tool_use", "id": "call_66756e6374696f6e732e66696e643a31", "name": "find", "input": {}}]},
                  {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "one"},
                    {"type": "tool_result", "tool_use_id": "call_66756e6374696f6e732e66696e643a31",
                     "content": [{"type": "text", "text": "two"}]}]}],
                 "temperature": 1, "top_p": 0.9, "stop_sequences": ["END"], "stream": true,
                 "tools": [{"name": "find", "description": "Finds.", "strict": true,
                  "input_schema": {"type": "object", "properties": {"n": {"type": "number"}}}}],
                 "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
                 "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "high"},
                 "metadata": {"user_id": "u-1"}, "service_tier": "standard_only"}
                """));
    }

    @Test
    void aConversationWithToolsAndThoughtsOfAnthropicIsOneOfOpenAi() {
        JsonNode sent = chat("""
                "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
                "messages": [
                  {"role": "user", "content": "Hi"},
                  {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"n": 10000000000000000001}}]},
                  {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "no such thing", "is_error": true},
                    {"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "text", "text": "two"}]},
                    {"type": "text", "text": "And now?"}]}],
                "stop_sequences": ["END"], "stream": true, "temperature": 0.5,
                "tools": [{"name": "find", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}],
                "tool_choice": {"type": "tool", "name": "find", "disable_parallel_tool_use": true},
                "thinking": {"type": "enabled", "budget_tokens": 10000}, "metadata": {"user_id": "u-1"},
                "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}
                """);
        assertThat(sent).isEqualTo(Json.parse("""
                {"model": "m", "max_completion_tokens": 9,
                 "messages": [
                  {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
                  {"role": "user", "content": "Hi"},
                  {"role": "assistant", "content": "I look.", "tool_calls": [
                    {"id": "toolu_1", "type": "function",
                     "function": {"name": "find", "arguments": "{\\"n\\":10000000000000000001}"}}]},
                  {"role": "tool", "tool_call_id": "toolu_1", "content": "The tool failed: no such thing"},
                  {"role": "tool", "tool_call_id": "toolu_2", "content": [{"type": "text", "text": "two"}]},
                  {"role": "user", "content": [{"type": "text", "text": "And now?"}]}],
                 "temperature": 0.5, "stop": ["END"], "stream": true, "stream_options": {"include_usage": true},
                 "tools": [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}],
                 "tool_choice": {"type": "function", "function": {"name": "find"}}, "parallel_tool_calls": false,
                 "response_format": {"type": "json_schema",
                  "json_schema": {"name": "answer", "strict": true, "schema": {"type": "object"}}},
                 "reasoning_effort": "medium", "user": "u-1"}
                """));
    }

    @Test
    void serversThatAreMerelyCompatibleAreAskedWithOlderNames() {
        JsonNode sent =
                translated(Dialect.MESSAGES, "{\"model\": \"m\", \"max_tokens\": 9, \"top_k\": 5, " + said("}"), false);
        assertThat(sent.path("max_tokens").asInt()).isEqualTo(9);
        assertThat(sent.path("top_k").asInt()).isEqualTo(5);
    }

    @Test
    void whatSaysNothingIsPassedOver() {
        assertThat(
                        messages(
                                said(
                                        ", \"n\": 1, \"logprobs\": false, \"top_logprobs\": 0, \"frequency_penalty\": 0.0, \"stop\": null,"
                                                + " \"logit_bias\": {}, \"modalities\": [\"text\"], \"store\": false, \"tools\": [],"
                                                + " \"tool_choice\": \"auto\", \"response_format\": {\"type\": \"text\"}, \"unknown\": null,"
                                                + " \"service_tier\": \"auto\", \"reasoning_effort\": \"none\", \"parallel_tool_calls\": true")))
                .isEqualTo(Json.parse("{\"model\": \"m\", " + said("}")));
    }

    @Test
    void whatCannotBeSaidInAnthropicsIsRefusedByItsName() {
        Map.ofEntries(
                        Map.entry(said(", \"n\": 2"), "'n' cannot"),
                        Map.entry(said(", \"logprobs\": true"), "'logprobs' cannot"),
                        Map.entry(said(", \"seed\": 1, \"presence_penalty\": 0.5"), "'presence_penalty' cannot"),
                        Map.entry(said(", \"logit_bias\": {\"5\": 1}"), "'logit_bias' cannot"),
                        Map.entry(said(", \"audio\": {\"voice\": \"a\"}"), "'audio' cannot"),
                        Map.entry(said(", \"modalities\": [\"text\", \"audio\"]"), "'modalities' cannot"),
                        Map.entry(said(", \"store\": true"), "'store' cannot"),
                        Map.entry(said(", \"functions\": []"), "'functions' cannot"),
                        Map.entry(said(", \"best_of\": 3"), "'best_of' cannot"),
                        Map.entry(said(", \"service_tier\": \"flex\""), "'service_tier' cannot"),
                        Map.entry(said(", \"stop\": [\"a\", \"\\n\"]"), "'stop[1]' cannot"),
                        Map.entry(
                                said(", \"response_format\": {\"type\": \"json_object\"}"), "'response_format' cannot"),
                        Map.entry(said(", \"reasoning_effort\": \"vast\""), "'reasoning_effort' must be"),
                        Map.entry(said(", \"temperature\": \"hot\""), "'temperature' must be a number"),
                        Map.entry(said(", \"temperature\": 1e999"), "'temperature' must be a number"),
                        Map.entry(said(", \"tools\": [{\"type\": \"custom\"}]"), "'tools[0].type' cannot"),
                        Map.entry(said(", \"tools\": {}"), "'tools' must be a list"),
                        Map.entry("\"messages\": \"Hi\"", "'messages' must be a list"),
                        Map.entry("\"messages\": [5]", "'messages[0].role' must be a string"),
                        Map.entry("\"messages\": [{\"role\": \"user\"}]", "'messages[0].content' must be a list"),
                        Map.entry("\"messages\": [{\"role\": \"function\"}]", "'messages[0].role' must be system"),
                        Map.entry(
                                "\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_audio\"}]}]",
                                "'messages[0].content[0].type' cannot"),
                        Map.entry(
                                "\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\":"
                                        + " {\"url\": \"ftp://a\"}}]}]",
                                "'messages[0].content[0].image_url.url' must be"),
                        Map.entry(
                                "\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"a\", \"function\":"
                                        + " {\"name\": \"f\", \"arguments\": \"{\"}}]}]",
                                "'messages[0].tool_calls[0].function.arguments' must be"))
                .forEach((members, told) -> assertThatThrownBy(() -> messages(members))
                        .as(members)
                        .isInstanceOfSatisfying(
                                PilothouseException.class,
                                refusal -> assertThat(refusal.code()).isEqualTo(CommonError.INVALID))
                        .hasMessageContaining(told));
    }

    @Test
    void whatCannotBeSaidInOpenAisIsRefusedByItsName() {
        String block = "\"messages\": [{\"role\": \"user\", \"content\": [%s]}]";
        Map.ofEntries(
                        Map.entry(said(", \"top_k\": 5"), "'top_k' cannot"),
                        Map.entry(said(", \"mcp_servers\": []"), "'mcp_servers' cannot"),
                        Map.entry(said(", \"inference_geo\": \"eu\""), "'inference_geo' cannot"),
                        Map.entry(
                                said(", \"stop_sequences\": [\"1\", \"2\", \"3\", \"4\", \"5\"]"),
                                "'stop_sequences' cannot"),
                        Map.entry(said(", \"thinking\": {\"type\": \"between_tools\"}"), "'thinking.type' cannot"),
                        Map.entry(said(", \"thinking\": {\"type\": \"enabled\"}"), "'thinking.budget_tokens' must"),
                        Map.entry(
                                said(", \"tools\": [{\"type\": \"web_search_20250305\", \"name\": \"web_search\"}]"),
                                "'tools[0].type' cannot"),
                        Map.entry(
                                said(", \"tools\": [{\"name\": \"a\"}]"), "'tools[0].input_schema' must be an object"),
                        Map.entry(
                                "\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]",
                                "'messages[1]' cannot"),
                        Map.entry(
                                block.formatted(
                                        "{\"type\": \"image\", \"source\": {\"type\": \"file\", \"file_id\": \"f\"}}"),
                                "'messages[0].content[0].source.type' cannot"),
                        Map.entry(
                                block.formatted("{\"type\": \"tool_result\", \"tool_use_id\": \"a\", \"content\":"
                                        + " [{\"type\": \"image\"}]}"),
                                "'messages[0].content[0].content[0].type' cannot"),
                        Map.entry(
                                block.formatted("{\"type\": \"search_result\"}"),
                                "'messages[0].content[0].type' cannot"),
                        Map.entry(
                                block.formatted("{\"type\": \"document\", \"citations\": {\"enabled\": true}}"),
                                "'messages[0].content[0].citations' cannot"))
                .forEach((members, told) -> assertThatThrownBy(() -> chat(members))
                        .as(members)
                        .isInstanceOf(PilothouseException.class)
                        .hasMessageContaining(told));
    }

    @Test
    void halvesOfCharactersAreHandedOnAsTheyCame() {
        String half = "\"messages\": [{\"role\": \"user\", \"content\": \"a\\ud83d\"}]";
        assertThat(messages(half).at("/messages/0/content").asString()).isEqualTo("a\ud83d");
        assertThat(chat(half).at("/messages/0/content").asString()).isEqualTo("a\ud83d");
    }

    @Test
    void veryDeepArgumentsAndSchemasAreRefusedOrSent() {
        for (int depth : new int[] {90, 190, 450}) {
            String schema = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
            String arguments = schema.replace("\"", "\\\"");
            String members =
                    "\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"a\", \"function\": {\"name\":"
                            + " \"f\", \"arguments\": \"" + arguments
                            + "\"}}]}], \"tools\": [{\"type\": \"function\", \"function\":"
                            + " {\"name\": \"f\", \"parameters\": " + schema + "}}]";
            if (depth < 200) {
                assertThat(messages(members).path("tools")).hasSize(1);
            } else {
                assertThatThrownBy(() -> messages(members)).isInstanceOf(PilothouseException.class);
            }
        }
    }
}
