package dev.pilothouse.run.gateway;

import static dev.pilothouse.run.gateway.GatewayServer.cost;
import static dev.pilothouse.run.gateway.GatewayServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.pay.budgets.EndedCalls;
import dev.pilothouse.pay.usage.UsageOpening;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The semantic cache with an embedder that finds all texts alike, unless it is told otherwise. */
class SemanticGatewayTest {
    private static final long EMBEDDING_NANO_USD = 200;

    @TempDir
    private Path folder;

    private GatewayServer server;
    private HttpServer embedder;
    private final List<JsonNode> embedded = new CopyOnWriteArrayList<>();
    private volatile boolean allAlike = true;

    @BeforeEach
    void start() throws IOException {
        server = new GatewayServer(folder);
        embedder = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        embedder.createContext("/v1/embeddings", this::embed);
        embedder.start();
        server.declare(
                "PUT",
                "/api/v1/providers/embedder",
                GatewayServer.provider(
                        "compatible",
                        "http://127.0.0.1:" + embedder.getAddress().getPort() + "/v1"));
        server.alias("alike", "embedder", "sim-embedding");
        server.declare("PUT", "/api/v1/aliases/asked", declared(""));
    }

    private static String declared(String more) {
        return "{\"targets\": [{\"provider\": \"sim\", \"model\": \"sim-mini\"}]," + more
                + "\"cache\": {\"mode\": \"semantic\", \"embedding\": \"alike\"}}";
    }

    private void embed(HttpExchange exchange) throws IOException {
        JsonNode asked = Json.parse(exchange.getRequestBody().readAllBytes());
        embedded.add(asked);
        var answer = Json.object();
        var data = answer.putArray("data");
        for (int i = 0; i < asked.path("input").size(); i++) {
            data.addObject().putArray("embedding").add(1).add(allAlike ? 0 : i);
        }
        answer.putObject("usage").put("prompt_tokens", 10).put("total_tokens", 10);
        byte[] bytes = Json.bytes(answer);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @AfterEach
    void stop() {
        server.close();
        embedder.stop(0);
    }

    private HttpResponse<String> say(String text, String... headers) {
        return say(text, "", headers);
    }

    private HttpResponse<String> say(String text, String more, String[] headers) {
        String message = Json.write(Json.object().put("role", "user").put("content", text));
        return server.post(
                "/v1/chat/completions", "{\"model\": \"asked\", \"messages\": [" + message + "]" + more + "}", headers);
    }

    private static String cache(HttpResponse<String> answer) {
        return answer.headers().firstValue("x-pilothouse-cache").orElse("none");
    }

    @Test
    void theSameInOtherWordsHasTheSameAnswerForThePriceOfAnEmbedding() {
        HttpResponse<String> first = say("What is the capital of France?");
        assertThat(embedded).as("nothing to compare with").isEmpty();
        HttpResponse<String> second =
                say("Can you tell me what the capital of France is?", "x-pilothouse-tags", "geography");
        assertThat(cache(second)).isEqualTo("hit");
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(second.headers().firstValue("x-pilothouse-cache-similarity")).contains("1.0000");
        assertThat(cost(second)).isEqualTo(EMBEDDING_NANO_USD);
        assertThat(embedded.getFirst().path("input"))
                .extracting(JsonNode::asString)
                .containsExactly("Can you tell me what the capital of France is?", "What is the capital of France?");
        assertThat(cache(say("What's the capital of France?"))).isEqualTo("hit");
        assertThat(embedded.getLast().path("input"))
                .as("the other is known already")
                .hasSize(1);
        assertThat(cache(say("What is the capital of France?"))).isEqualTo("hit");
        assertThat(embedded).hasSize(2);
        assertThat(server.invoice().calls()).isEqualTo(1);

        var calls = new ArrayList<EndedCalls.Call>();
        EndedCalls log = server.budgets.endedCalls();
        Awaitility.await().untilAsserted(() -> {
            EndedCalls.Batch batch = log.next(100);
            calls.addAll(batch.calls());
            log.moved(batch);
            assertThat(calls).hasSize(6);
        });
        UsageOpening embedding = UsageOpening.of(calls.get(1).opening());
        assertThat(embedding.asked().operation()).isEqualTo("openai.embeddings");
        assertThat(embedding.who().tags()).containsExactly("geography", "semantic-cache");
        UsageOpening hit = UsageOpening.of(calls.get(2).opening());
        assertThat(hit.asked().requestId()).isEqualTo(embedding.asked().requestId());
        assertThat(List.of(embedding.attempt(), hit.attempt())).containsExactly(1, 2);
        assertThat(hit.who().tags()).containsExactly("geography");
    }

    @Test
    void anEmbedderThatFindsAllAlikeMakesNoOtherQuestionTheSame() {
        say("Is it safe to fly from Berlin to Paris with 2 dogs?");
        for (String other : List.of(
                "Is it not safe to fly from Berlin to Paris with 2 dogs?",
                "Is it unsafe to fly from Berlin to Paris with 2 dogs?",
                "Is it safe to fly from Paris to Berlin with 2 dogs?",
                "Is it safe to fly from Berlin to Paris with 3 dogs?",
                "Is it safe to fly from Berlin to Paris without 2 dogs?",
                "Why is it safe to fly from Berlin to Paris with 2 dogs?",
                "Is it safe to fly from Berlin to Rome with 2 dogs?")) {
            assertThat(cache(say(other))).as(other).isEqualTo("miss");
        }
        assertThat(embedded).isEmpty();
        assertThat(cache(say("Is it safe to fly from Berlin to Paris with two dogs")))
                .isEqualTo("hit");
    }

    @Test
    void allButTheLastMessageMustBeTheSame() {
        say("What is the capital of France?", ", \"temperature\": 0", new String[0]);
        assertThat(cache(say("What's the capital of France?"))).isEqualTo("miss");
        assertThat(cache(say("What's the capital of France?", ", \"temperature\": 0", new String[0])))
                .isEqualTo("hit");
        assertThat(cache(say("What's the capital of France?", ", \"temperature\": 0, \"stream\": true", new String[0])))
                .isEqualTo("miss");
    }

    @Test
    void textsThatTheEmbedderFindsApartAreApart() {
        allAlike = false;
        long first = cost(say("What is the capital of France?"));
        HttpResponse<String> other = say("What's the capital of France?");
        assertThat(cache(other)).isEqualTo("miss");
        assertThat(cost(other)).isEqualTo(server.invoice().nanoUsd() - first + EMBEDDING_NANO_USD);
    }

    @Test
    void anEmbedderThatFailsOrIsOutsideOfItsRegionMakesAMiss() {
        server.declare(
                "PUT",
                "/api/v1/providers/sim",
                GatewayServer.provider("compatible", server.simulatorUrl())
                        .replace("\"secret\"", "\"region\": \"eu\", \"secret\""));
        server.declare("PUT", "/api/v1/aliases/asked", declared("\"residency\": [\"eu\"],"));
        say("What is the capital of France?");
        assertThat(cache(say("What's the capital of France?"))).isEqualTo("miss");
        assertThat(embedded).as("no text leaves the region").isEmpty();

        server.declare("PUT", "/api/v1/aliases/asked", declared(""));
        say("What is the capital of France?");
        embedder.stop(0);
        HttpResponse<String> answer = say("What's the capital of France?");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(cache(answer)).isEqualTo("miss");
    }

    @Test
    void anAliasThatEmbedsIsDeclaredFirst() {
        for (String rule : List.of(
                "{\"mode\": \"semantic\"}",
                "{\"mode\": \"semantic\", \"embedding\": \"alik\"}",
                "{\"mode\": \"semantic\", \"embedding\": \"asked\"}",
                "{\"mode\": \"semantic\", \"embedding\": \"alike\", \"threshold\": 2}",
                "{\"mode\": \"semantic\", \"embedding\": \"alike\", \"threshold\": \"high\"}",
                "{\"mode\": \"exact\", \"embedding\": \"alike\"}",
                "{\"mode\": \"exact\", \"ttl\": \"0s\"}",
                "{\"mode\": \"exact\", \"ttl\": \"soon\"}",
                "{\"mode\": \"exact\", \"scope\": \"all\"}",
                "{\"mode\": \"some\"}",
                "{\"ttl\": \"1h\"}")) {
            HttpResponse<String> refused = server.send(
                    "PUT",
                    "/api/v1/aliases/asked",
                    "{\"targets\": [{\"provider\": \"sim\", \"model\": \"sim-mini\"}], \"cache\": " + rule + "}");
            assertThat(refused.statusCode()).as(rule).isEqualTo(400);
        }
        JsonNode alias =
                json(server.send("GET", "/api/v1/aliases", "")).path("items").get(1);
        assertThat(alias.path("cache").path("ttl").asString()).isEqualTo("1h");
        assertThat(alias.path("cache").path("threshold").asString()).isEqualTo("0.97");
    }
}
