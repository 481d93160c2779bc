package dev.pilothouse.run.gateway;

import static dev.pilothouse.run.gateway.GatewayServer.cost;
import static dev.pilothouse.run.gateway.GatewayServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Guards that others run and that are asked about each window of a stream, as clients meet them. */
class WindowedGuardTest {
    private static final String ALLOW = "{\"action\": \"allow\"}";
    private static final String TEXT =
            "The harbour lies behind the old town, where Bob keeps his boats and sells what the sea gave him. "
                    .repeat(12);

    @TempDir
    private Path folder;

    private GatewayServer server;
    private EchoProvider echo;
    private OutsideGuard outside;

    @BeforeEach
    void start() throws IOException {
        server = new GatewayServer(folder);
        echo = new EchoProvider();
        outside = new OutsideGuard();
        server.declare("PUT", "/api/v1/providers/echo", GatewayServer.provider("compatible", echo.address()));
        server.alias("echo", "echo", "sim-mini");
        declare("");
    }

    @AfterEach
    void stop() {
        server.close();
        outside.close();
        echo.close();
    }

    private void declare(String more) {
        server.declare("PUT", "/api/v1/guards/outside", """
                {"webhook": {"url": "%s", "when": "answer", "windowCharacters": 120%s}}
                """.formatted(outside.address(), more));
    }

    private HttpResponse<String> stream(String text) {
        String content = Json.write(Json.object().put("role", "user").put("content", text));
        return server.post(
                "/v1/chat/completions", "{\"model\": \"echo\", \"stream\": true, \"messages\": [" + content + "]}");
    }

    private static String text(String question) {
        return Json.parse(question).at("/texts/0/text").asString();
    }

    @Test
    void aStreamGoesOnWindowByWindow() {
        outside.says(ALLOW);
        HttpResponse<String> answer = stream(TEXT);
        assertThat(EchoProvider.streamed(answer)).isEqualTo(TEXT);
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        assertThat(outside.asked).hasSizeGreaterThan(1);
        var asked = new StringBuilder();
        for (String question : outside.asked) {
            String before = Json.parse(question).at("/texts/0/before").asString();
            assertThat(asked.toString()).endsWith(before);
            assertThat(before).hasSize(Math.min(200, asked.length()));
            asked.append(text(question));
        }
        assertThat(asked.toString()).isEqualTo(TEXT);
        JsonNode first = Json.parse(outside.asked.getFirst());
        assertThat(first.path("side").asString()).isEqualTo("answer");
        assertThat(first.at("/texts/0/place").asString()).isEqualTo("choices/delta/content");
    }

    @Test
    void whatIsBlockedIsNeverReadAndWhatCameBeforeIs() {
        outside.says(question -> text(question).contains("secret plan")
                ? "{\"action\": \"block\", \"reason\": \"a rule of ours\"}"
                : ALLOW);
        HttpResponse<String> answer = stream(TEXT + "Here is the secret plan: " + TEXT);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(EchoProvider.streamed(answer)).isNotEmpty().doesNotContain("secret plan");
        assertThat((TEXT + "Here").startsWith(EchoProvider.streamed(answer))).isTrue();
        assertThat(answer.body())
                .contains("guard_blocked", "a rule of ours", ": pilothouse ")
                .doesNotContain("[DONE]");
        assertThat(GatewayServer.told(answer.body()).path("costNanoUsd").asLong())
                .isPositive();
    }

    @Test
    void whatIsBlockedInItsFirstWindowIsRefusedAsAWholeAnswerIs() {
        outside.says("{\"action\": \"block\", \"reason\": \"a rule of ours\"}");
        HttpResponse<String> answer = stream(TEXT);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).at("/error/code").asString()).isEqualTo("guard_blocked");
        assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
        assertThat(cost(answer)).isPositive();
        assertThat(outside.asked).hasSize(1);
    }

    @Test
    void aWindowIsSaidAnew() {
        outside.says(question -> {
            var redacted = Json.object().put("action", "redact");
            redacted.putArray("replacements")
                    .addObject()
                    .put("id", 0)
                    .put("text", text(question).replace("Bob", "[NAME]"));
            return Json.write(redacted);
        });
        HttpResponse<String> answer = stream(TEXT);
        // A name that two windows share is seen in neither, which is what 'before' is for.
        assertThat(EchoProvider.streamed(answer).replace("[NAME]", "Bob")).isEqualTo(TEXT);
        assertThat(EchoProvider.streamed(answer)).contains("[NAME]");
        assertThat(answer.body()).contains("\"verdict\":\"redact\"").endsWith("data: [DONE]\n\n");
    }

    @Test
    void oneThatDoesNotAnswerIsWaitedForOnce() {
        outside.says("hang");
        HttpResponse<String> closed = stream(TEXT);
        assertThat(closed.statusCode()).isEqualTo(503);
        assertThat(json(closed).at("/error/code").asString()).isEqualTo("guard_unavailable");
        assertThat(outside.asked).hasSize(1);

        outside.asked.clear();
        declare(", \"timeoutMillis\": 100, \"onFailure\": \"open\"");
        HttpResponse<String> open = stream(TEXT);
        assertThat(EchoProvider.streamed(open)).isEqualTo(TEXT);
        assertThat(open.body()).contains("webhook-failed").endsWith("data: [DONE]\n\n");
        assertThat(outside.asked).hasSize(1);
    }

    @Test
    void aKeptStreamIsAskedAboutToo() {
        server.declare(
                "PUT",
                "/api/v1/aliases/echo",
                "{\"targets\": [{\"provider\": \"echo\", \"model\": \"sim-mini\"}], \"cache\": {\"mode\": \"exact\"}}");
        outside.says(ALLOW);
        assertThat(EchoProvider.streamed(stream(TEXT))).isEqualTo(TEXT);
        outside.says("{\"action\": \"block\"}");
        HttpResponse<String> kept = stream(TEXT);
        assertThat(kept.statusCode()).isEqualTo(400);
        assertThat(kept.body()).doesNotContain("harbour");
        assertThat(echo.received).hasSize(1);
    }

    @Test
    void aSlowStreamDoesNotWaitForAWholeWindow() {
        server.alias("slow", "sim", "sim-mini;output-tokens=30;token-ms=60");
        server.declare("PUT", "/api/v1/guards/outside", """
                {"webhook": {"url": "%s", "when": "answer", "windowCharacters": 20000}}
                """.formatted(outside.address()));
        outside.says(ALLOW);
        HttpResponse<String> answer = server.post("/v1/chat/completions", """
                {"model": "slow", "stream": true, "messages": [{"role": "user", "content": "Where?"}]}
                """);
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        assertThat(outside.asked).hasSizeGreaterThan(1);
        assertThat(String.join(
                        "", outside.asked.stream().map(WindowedGuardTest::text).toList()))
                .isEqualTo(EchoProvider.streamed(answer));
    }

    @Test
    void aWindowHasBoundsAndIsForAnswers() {
        for (String wrong : List.of(
                "\"when\": \"request\", \"windowCharacters\": 100",
                "\"when\": \"both\", \"windowCharacters\": 49",
                "\"when\": \"both\", \"windowCharacters\": 20001")) {
            assertThat(server.send(
                                    "PUT",
                                    "/api/v1/guards/outside",
                                    "{\"webhook\": {\"url\": \"%s\", %s}}".formatted(outside.address(), wrong))
                            .statusCode())
                    .as(wrong)
                    .isEqualTo(400);
        }
    }
}
