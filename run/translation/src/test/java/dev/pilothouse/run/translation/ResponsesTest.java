package dev.pilothouse.run.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Clients of OpenAI's responses, answered by Anthropic. */
class ResponsesTest {
    private static final String REQUEST = """
            {"model": "m", "instructions": "Be brief.", "max_output_tokens": 50, "store": false, "stream": false,
             "input": [
              {"role": "user", "content": [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0K", "detail": "auto"}]},
              {"type": "reasoning", "id": "rs_1", "summary": []},
              {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
               "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
              {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "find", "arguments": "{\\"n\\":1}"},
              {"type": "function_call", "call_id": "call_2", "name": "find", "arguments": "{}"},
              {"type": "function_call_output", "call_id": "call_1", "output": "one"},
              {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "two"}]}],
             "tools": [{"type": "function", "name": "find", "description": "Finds.", "strict": true,
               "parameters": {"type": "object"}}],
             "tool_choice": {"type": "function", "name": "find"}, "parallel_tool_calls": false,
             "reasoning": {"effort": "medium", "summary": "auto"}, "truncation": "auto",
             "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}, "verbosity": "low"}}
            """;

    private static final ResponsesAnswers ANSWERS = new ResponsesAnswers(
            ResponsesInput.repeated(Json.parseObject(REQUEST.getBytes(StandardCharsets.UTF_8))), 5);

    @Test
    void aConversationIsOneOfAnthropic() {
        assertThat(RequestTest.translated(Dialect.RESPONSES, REQUEST, true)).isEqualTo(Json.parse("""
                {"model": "m", "max_tokens": 50, "system": "Be brief.",
                 "messages": [
                  {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}}]},
                  {"role": "assistant", "content": [
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "call_1", "name": "find", "input": {"n": 1}},
                    {"type": "tool_use", "id": "call_2", "name": "find", "input": {}}]},
                  {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "one"},
                    {"type": "tool_result", "tool_use_id": "call_2", "content": [{"type": "text", "text": "two"}]}]}],
                 "tools": [{"name": "find", "description": "Finds.", "strict": true, "input_schema": {"type": "object"}}],
                 "tool_choice": {"type": "tool", "name": "find", "disable_parallel_tool_use": true},
                 "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "medium"}}
                """));
        assertThat(RequestTest.translated(Dialect.RESPONSES, "{\"model\": \"m\", \"input\": \"Hi\"}", true))
                .isEqualTo(Json.parse("{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}"));
    }

    @Test
    void whatCannotBeSaidIsRefusedByItsName() {
        Map.of(
                        "\"previous_response_id\": \"resp_1\"", "'previous_response_id' cannot",
                        "\"store\": true", "'store' cannot",
                        "\"background\": true", "'background' cannot",
                        "\"tools\": [{\"type\": \"web_search\"}]", "'tools[0].type' cannot",
                        "\"input\": [{\"type\": \"item_reference\", \"id\": \"a\"}]", "'input[0].type' cannot",
                        "\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_file\", \"file_id\": \"a\"}]}]",
                                "'input[0].content[0].file_id' cannot",
                        "\"input\": [{\"type\": \"function_call\", \"call_id\": \"a\", \"name\": \"f\", \"arguments\": \"{\"}]",
                                "'input[0].arguments' must be",
                        "\"text\": {\"format\": {\"type\": \"json_object\"}}", "'text.format.type' cannot")
                .forEach((members, told) -> assertThatThrownBy(() -> RequestTest.translated(
                                Dialect.RESPONSES,
                                "{\"model\": \"m\", " + members
                                        + (members.contains("\"input\"") ? "}" : ", \"input\": \"Hi\"}"),
                                true))
                        .as(members)
                        .isInstanceOf(PilothouseException.class)
                        .hasMessageContaining(told));
    }

    @Test
    void noRequestMakesAnythingButARefusal() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            JsonNode request = Json.parse(REQUEST);
            Spoiling.spoil(request, random);
            try {
                assertThat(RequestTest.translated(Dialect.RESPONSES, Json.write(request), true)
                                .isObject())
                        .isTrue();
            } catch (PilothouseException refusal) {
                assertThat(refusal.code().status()).isEqualTo(400);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + Json.write(request), e);
            }
        }
    }

    @Test
    void anAnswerRepeatsTheRequestAndHasItsItems() {
        JsonNode response = Json.parse(ANSWERS.whole(AnswerTest.ANTHROPIC.getBytes(StandardCharsets.UTF_8))
                .orElseThrow());
        assertThat(response.path("status").asString()).isEqualTo("completed");
        assertThat(response.path("instructions").asString()).isEqualTo("Be brief.");
        assertThat(response.path("tools")).hasSize(1);
        assertThat(response.path("output"))
                .extracting(item -> item.path("type").asString())
                .containsExactly("message", "function_call");
        assertThat(response.at("/output/0/content/0/text").asString()).isEqualTo("I'll check the weather.");
        assertThat(response.at("/output/1/call_id").asString()).isEqualTo("toolu_01A09q90qw90lq917835lq9");
        assertThat(response.at("/output/1/arguments").asString()).isEqualTo("{\"location\":\"Paris\",\"days\":2}");
        assertThat(response.at("/usage/input_tokens").asInt()).isEqualTo(420);
        assertThat(response.at("/usage/input_tokens_details/cached_tokens").asInt())
                .isEqualTo(300);
        JsonNode cut = Json.parse(
                ANSWERS.whole("{\"content\": [], \"stop_reason\": \"max_tokens\"}".getBytes(StandardCharsets.UTF_8))
                        .orElseThrow());
        assertThat(cut.path("status").asString()).isEqualTo("incomplete");
        assertThat(cut.at("/incomplete_details/reason").asString()).isEqualTo("max_output_tokens");
    }

    @Test
    void aStreamHasTheTypedAndNumberedEvents() {
        List<JsonNode> events =
                StreamTest.data(StreamTest.translated(ANSWERS, StreamTest.ANTHROPIC.getBytes(StandardCharsets.UTF_8)));
        assertThat(events)
                .extracting(event -> event.path("type").asString())
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.output_item.added",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.output_item.added",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.completed");
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).path("sequence_number").asInt()).isEqualTo(i);
        }
        JsonNode response = events.getLast().path("response");
        assertThat(response.at("/output/0/content/0/text").asString()).isEqualTo("Okäy 🚢");
        assertThat(response.at("/output/1/arguments").asString()).isEqualTo("{\"location\": \"Paris\"}");
        assertThat(response.at("/output/2/arguments").asString()).isEqualTo("{}");
        assertThat(response.at("/usage/output_tokens").asInt()).isEqualTo(89);
    }
}
