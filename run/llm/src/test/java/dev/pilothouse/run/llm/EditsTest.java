package dev.pilothouse.run.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class EditsTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode edited(String body, boolean newNames, long limit) {
        byte[] bytes = bytes(body);
        return Json.parse(Edits.of(bytes, Asked.read(Dialect.CHAT, bytes), newNames, "the \"model\"", limit));
    }

    @Test
    void onlyWhatMustChangeChangesInWhateverOrderMembersStand() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            ObjectNode asked = Json.object();
            List<String> names = new ArrayList<>(List.of("model", "messages", "temperature", "x"));
            boolean stream = random.nextBoolean();
            boolean limited = random.nextBoolean();
            boolean options = random.nextBoolean();
            Collections.addAll(
                    names, stream ? "stream" : "y", limited ? "max_tokens" : "z", options ? "stream_options" : "w");
            Collections.shuffle(names, random);
            for (String name : names) {
                switch (name) {
                    case "model" -> asked.put(name, "aliäs");
                    case "messages" ->
                        asked.putArray(name).addObject().put("content", "max_tokens\": 5, \"model\": \"é\\u0041");
                    case "stream" -> asked.put(name, true);
                    case "max_tokens" -> asked.put(name, 100);
                    case "stream_options" -> asked.putObject(name).put("include_usage", false);
                    default -> asked.put(name, 1.5);
                }
            }
            JsonNode sent = edited(Json.write(asked), true, 50);
            ObjectNode expected = asked.deepCopy();
            expected.put("model", "the \"model\"").put(limited ? "max_tokens" : "max_completion_tokens", 50);
            if (stream) {
                expected.putObject("stream_options").put("include_usage", true);
            }
            assertThat(sent).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void aRequestThatNothingLimitsIsSentAsItCame() {
        String body = "{\"messages\" : [ ],\n\t\"model\":\"a\", \"max_tokens\":7 }";
        byte[] sent = Edits.of(bytes(body), Asked.read(Dialect.CHAT, bytes(body)), false, "b", -1);
        assertThat(new String(sent, StandardCharsets.UTF_8)).isEqualTo(body.replace("\"a\"", "\"b\""));
        assertThat(edited("{\"model\": \"a\"}", false, 9).path("max_tokens").asInt())
                .isEqualTo(9);
    }

    @Test
    void mediaAreCountedAsMediaAndNotAsText() {
        String picture = "data:image/png;base64," + "A".repeat(100_000);
        byte[] body = bytes(
                "{\"model\": \"a\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"what\"},"
                        + " {\"type\": \"image_url\", \"image_url\": {\"url\": \"" + picture + "\"}}]}]}");
        Asked asked = Asked.read(Dialect.CHAT, body);
        assertThat(asked.media()).isEqualTo(1);
        assertThat(asked.textBytes()).isLessThan(1_000);
        assertThat(asked.messages()).isEqualTo(1);
    }

    @Test
    void whatTheProviderReadsOnItsOwnHasNoBound() {
        assertThat(Asked.read(
                                Dialect.CHAT,
                                bytes(
                                        "{\"model\": \"a\", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]}"))
                        .isBoundless())
                .isFalse();
        assertThat(Asked.read(
                                Dialect.MESSAGES,
                                bytes(
                                        "{\"model\": \"a\", \"tools\": [{\"type\": \"web_search_20250305\", \"name\": \"s\"}]}"))
                        .isBoundless())
                .isTrue();
    }

    @Test
    void whatTheProviderKeepsHasNoBoundEither() {
        for (String member : List.of(
                "\"previous_response_id\": \"resp_1\"",
                "\"conversation\": \"conv_1\"",
                "\"prompt\": {\"id\": \"pmpt_1\"}",
                "\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_file\", \"file_id\": \"f\"}]}]")) {
            byte[] body = bytes("{\"model\": \"a\", " + member + "}");
            assertThat(Asked.read(Dialect.RESPONSES, body).isBoundless())
                    .as(member)
                    .isTrue();
        }
        assertThat(Asked.read(
                                Dialect.RESPONSES,
                                bytes("{\"model\": \"a\", \"previous_response_id\": null, \"input\": \"b\"}"))
                        .isBoundless())
                .isFalse();
    }

    @Test
    void aLimitOfAnotherProtocolLimitsNothing() {
        Asked asked = Asked.read(Dialect.CHAT, bytes("{\"model\": \"a\", \"max_output_tokens\": 5}"));
        assertThat(asked.limit()).isEqualTo(-1);
        assertThat(asked.limitSpan().exists()).isFalse();
    }

    @Test
    void aLimitOfNullIsReplacedAndNotFollowedByIt() {
        assertThat(edited("{\"model\": \"a\", \"max_tokens\": null}", false, 50)
                        .path("max_tokens")
                        .asInt())
                .isEqualTo(50);
        JsonNode both = edited("{\"model\": \"a\", \"max_tokens\": null, \"max_completion_tokens\": 70}", true, 50);
        assertThat(both.path("max_completion_tokens").asInt()).isEqualTo(50);
    }

    @Test
    void everyPromptIsAnsweredAsOftenAsAsked() {
        assertThat(Asked.read(
                                Dialect.COMPLETIONS,
                                bytes("{\"model\": \"a\", \"n\": 2, \"prompt\": [\"b\", \"c\", \"d\"]}"))
                        .choices())
                .isEqualTo(6);
        assertThat(Asked.read(Dialect.COMPLETIONS, bytes("{\"model\": \"a\", \"prompt\": [1, 2, 3]}"))
                        .choices())
                .isEqualTo(1);
        assertThat(Asked.read(Dialect.COMPLETIONS, bytes("{\"model\": \"a\", \"prompt\": [[1, 2], [3]]}"))
                        .choices())
                .isEqualTo(2);
    }

    @Test
    void whatToolsAreCalledWithIsTextWhateverItIsNamed() {
        String text = "x".repeat(10_000);
        byte[] call = bytes(
                "{\"model\": \"a\", \"messages\": [{\"role\": \"assistant\", \"content\": [{\"type\": \"tool_use\","
                        + " \"input\": {\"source\": {\"data\": \"" + text + "\"}}}]}]}");
        assertThat(Asked.read(Dialect.MESSAGES, call).textBytes()).isGreaterThan(10_000);
        byte[] schema = bytes("{\"model\": \"a\", \"response_format\": {\"image_url\": {\"url\": \"" + text + "\"}}}");
        assertThat(Asked.read(Dialect.CHAT, schema).textBytes()).isGreaterThan(10_000);
    }

    @Test
    void otherEncodingsThanUtf8AreRefused() {
        byte[] body = "{\"model\": \"a\"}".getBytes(StandardCharsets.UTF_16BE);
        assertThatThrownBy(() -> Asked.read(Dialect.CHAT, body)).isInstanceOf(PilothouseException.class);
    }
}
