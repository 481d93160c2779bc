package dev.pilothouse.run.gateway;

import static dev.pilothouse.run.gateway.GatewayServer.cost;
import static dev.pilothouse.run.gateway.GatewayServer.json;
import static dev.pilothouse.run.gateway.GatewayServer.told;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Clients of one protocol, answered by providers of the other. */
class TranslatedCallTest {
    private static final String FUNCTION = """
            , "tools": [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
            """;
    private static final String TOOL = """
            , "tools": [{"name": "find", "input_schema": {"type": "object"}}]
            """;

    @TempDir
    private Path folder;

    private GatewayServer server;

    @BeforeEach
    void start() {
        server = new GatewayServer(folder);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> chat(String model, String more) {
        return server.post("/v1/chat/completions", """
                {"model": "%s", "messages": [{"role": "user", "content": "Where is the harbour, Käpt'n?"}]%s}
                """.formatted(model, more));
    }

    private static String question(String model, String more) {
        return """
                {"model": "%s", "max_tokens": 40, "messages": [{"role": "user", "content": "Where is the harbour?"}]%s}
                """.formatted(model, more);
    }

    private HttpResponse<String> message(String model, String more) {
        return server.post("/v1/messages", question(model, more));
    }

    private String invoiced() {
        return String.valueOf(server.invoice().nanoUsd());
    }

    /** The data of a stream's events, without its comments. */
    private static List<JsonNode> events(String stream) {
        var events = new ArrayList<JsonNode>();
        stream.lines()
                .filter(line -> line.startsWith("data: {"))
                .forEach(line -> events.add(Json.parse(line.substring("data: ".length()))));
        return events;
    }

    @Test
    void aChatIsAnsweredByAnthropicAndCostsWhatItBills() {
        HttpResponse<String> answer = chat("claude", "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode body = json(answer);
        assertThat(body.at("/choices/0/message/content").asString()).startsWith("harbour light");
        assertThat(body.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
        assertThat(body.at("/usage/total_tokens").asInt())
                .isEqualTo(body.at("/usage/prompt_tokens").asInt()
                        + body.at("/usage/completion_tokens").asInt());
        assertThat(cost(answer)).isPositive().isEqualTo(server.invoice().nanoUsd());
        assertThat(answer.headers().firstValue("x-pilothouse-model")).contains("claude/sim-claude");
    }

    @Test
    void aStreamOfAnthropicIsOneOfChunksAndTellsItsCost() {
        String stream = chat("claude", ", \"stream\": true").body();
        assertThat(stream).doesNotContain("event:", "usage\"").endsWith("data: [DONE]\n\n");
        List<JsonNode> chunks = events(stream);
        assertThat(chunks.getFirst().at("/choices/0/delta/role").asString()).isEqualTo("assistant");
        assertThat(chunks.getLast().at("/choices/0/finish_reason").asString()).isEqualTo("stop");
        assertThat(told(stream).path("costNanoUsd").asString()).isEqualTo(invoiced());

        String asked = chat("claude", ", \"stream\": true, \"stream_options\": {\"include_usage\": true}")
                .body();
        JsonNode last = events(asked).getLast();
        assertThat(last.path("choices")).isEmpty();
        assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(16);
    }

    @Test
    void aMessageIsAnsweredByOpenAiWholeAndInEvents() {
        HttpResponse<String> answer = message("small", "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(json(answer).at("/content/0/text").asString()).startsWith("harbour light");
        assertThat(json(answer).path("stop_reason").asString()).isEqualTo("end_turn");
        assertThat(cost(answer)).isEqualTo(server.invoice().nanoUsd());

        long before = server.invoice().nanoUsd();
        String stream = message("small", ", \"stream\": true").body();
        List<JsonNode> events = events(stream);
        assertThat(events)
                .extracting(event -> event.path("type").asString())
                .startsWith("message_start", "content_block_start", "content_block_delta")
                .endsWith("content_block_stop", "message_delta", "message_stop");
        assertThat(events.get(events.size() - 2).at("/usage/input_tokens").asInt())
                .isEqualTo(json(answer).at("/usage/input_tokens").asInt());
        assertThat(told(stream).path("costNanoUsd").asLong())
                .isEqualTo(server.invoice().nanoUsd() - before);
    }

    @Test
    void toolsAreCalledAcrossProtocols() {
        server.alias("calling-claude", "claude", "sim-claude;tool-calls=1");
        server.alias("calling-mini", "sim", "sim-mini;tool-calls=1");
        JsonNode chat = json(chat("calling-claude", FUNCTION));
        assertThat(chat.at("/choices/0/finish_reason").asString()).isEqualTo("tool_calls");
        JsonNode function = chat.at("/choices/0/message/tool_calls/0/function");
        assertThat(function.path("name").asString()).isEqualTo("find");
        assertThat(Json.parse(function.path("arguments").asString())
                        .path("text")
                        .asString())
                .startsWith("harbour");

        JsonNode message = json(message("calling-mini", TOOL));
        assertThat(message.path("stop_reason").asString()).isEqualTo("tool_use");
        assertThat(message.at("/content/0/input/text").asString()).startsWith("harbour");

        var arguments = new StringBuilder();
        events(chat("calling-claude", FUNCTION + ", \"stream\": true").body())
                .forEach(chunk -> arguments.append(chunk.at("/choices/0/delta/tool_calls/0/function/arguments")
                        .asString("")));
        assertThat(arguments.toString()).isEqualTo(function.path("arguments").asString());
    }

    @Test
    void aBudgetHoldsAndLimitsWhatIsReallySent() {
        server.budget("tiny", 3_000_000);
        HttpResponse<String> answer = chat("claude", "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValueAsLong("x-pilothouse-output-limit"))
                .isPresent();
        HttpResponse<String> last = answer;
        while (last.statusCode() == 200) {
            last = chat("claude", "");
        }
        assertThat(last.statusCode()).isEqualTo(429);
        assertThat(json(last).at("/error/code").asString()).isEqualTo("insufficient_quota");
        assertThat(server.invoice().nanoUsd()).isLessThanOrEqualTo(3_000_000);
    }

    @Test
    void whatCannotBeSaidIsRefusedByNameAndCostsNothing() {
        HttpResponse<String> several = chat("claude", ", \"n\": 2");
        assertThat(several.statusCode()).isEqualTo(400);
        assertThat(json(several).at("/error/message").asString()).contains("'n' cannot be translated");
        HttpResponse<String> vectors = server.post("/v1/embeddings", "{\"model\": \"claude\", \"input\": \"a\"}");
        assertThat(vectors.statusCode()).isEqualTo(400);
        assertThat(json(vectors).at("/error/code").asString()).isEqualTo("wrong_language");
        HttpResponse<String> count = server.post("/v1/messages/count_tokens", question("small", ""));
        assertThat(count.statusCode()).isEqualTo(400);
        assertThat(json(count).at("/error/type").asString()).isEqualTo("invalid_request_error");
        assertThat(server.invoice().calls()).isZero();
    }

    @Test
    void aFallbackMaySpeakAnotherProtocol() {
        server.declare("PUT", "/api/v1/aliases/either", """
                {"targets": [{"provider": "sim", "model": "sim-mini;failure-rate=1"}],
                 "fallbacks": [{"provider": "claude", "model": "sim-claude"}]}
                """);
        HttpResponse<String> answer = chat("either", "");
        assertThat(answer.headers().firstValue("x-pilothouse-model")).contains("claude/sim-claude");
        assertThat(json(answer).at("/choices/0/message/content").asString()).startsWith("harbour");
    }

    @Test
    void failuresComeInTheClientsProtocol() {
        server.alias("refusing", "claude", "sim-claude;failure-rate=1;failure-status=400");
        HttpResponse<String> refused = chat("refusing", "");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).at("/error/type").asString()).isEqualTo("invalid_request_error");
        assertThat(json(refused).path("type").isMissingNode()).isTrue();

        server.alias("breaking", "claude", "sim-claude;fault=error;fault-after=3");
        String stream = chat("breaking", ", \"stream\": true").body();
        JsonNode error = events(stream).getLast();
        assertThat(error.at("/error/type").asString()).isEqualTo("server_error");
        assertThat(stream).doesNotContain("event:", "[DONE]");

        server.alias("breaking-mini", "sim", "sim-mini;fault=error;fault-after=3");
        String events = message("breaking-mini", ", \"stream\": true").body();
        assertThat(events).contains("event: error\ndata: {\"type\":\"error\"");
    }

    @Test
    void aStreamBeyondWhatIsHeldEndsAtItsLimitInTheClientsProtocol() {
        server.budget("all", 1_000_000_000);
        server.alias("endless-claude", "claude", "sim-claude;fault=endless");
        server.alias("endless-mini", "sim", "sim-mini;fault=endless");
        String chunks =
                chat("endless-claude", ", \"stream\": true, \"max_tokens\": 20").body();
        assertThat(events(chunks).getLast().at("/choices/0/finish_reason").asString())
                .isEqualTo("length");
        assertThat(chunks).endsWith("data: [DONE]\n\n");
        List<JsonNode> events =
                events(message("endless-mini", ", \"stream\": true").body());
        assertThat(events.get(events.size() - 2).at("/delta/stop_reason").asString())
                .isEqualTo("max_tokens");
        assertThat(events.getLast().path("type").asString()).isEqualTo("message_stop");
    }

    @Test
    void azureIsReachedAtBothOfItsAddressesByItsOwnHeader() {
        String root = server.simulator.address() + "/openai/";
        for (String address : List.of("v1", "v1?api-version=preview", "deployments?api-version=2024-10-21")) {
            server.declare("PUT", "/api/v1/providers/azure", GatewayServer.provider("azure", root + address));
            server.alias("azure", "azure", "sim-mini");
            HttpResponse<String> chat = chat("azure", "");
            assertThat(chat.statusCode()).as(address + chat.body()).isEqualTo(200);
            assertThat(message("azure", "").statusCode()).isEqualTo(200);
        }
        for (String address : List.of("v1?key=secret", "v1?api-version=", "v1?api-version=1&a=b")) {
            assertThat(server.send("PUT", "/api/v1/providers/azure", GatewayServer.provider("azure", root + address))
                            .statusCode())
                    .as(address)
                    .isEqualTo(400);
        }
        assertThat(server.send(
                                "PUT",
                                "/api/v1/providers/azure",
                                GatewayServer.provider("openai", root + "v1?api-version=preview"))
                        .statusCode())
                .isEqualTo(400);
    }
}
