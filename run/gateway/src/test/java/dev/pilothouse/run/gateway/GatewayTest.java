package dev.pilothouse.run.gateway;

import static dev.pilothouse.run.gateway.GatewayServer.cost;
import static dev.pilothouse.run.gateway.GatewayServer.json;
import static dev.pilothouse.run.gateway.GatewayServer.told;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.breaker.Latch;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.budgets.Window;
import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.simulators.llm.Invoice;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayTest {
    private static final String CHAT = """
            {"model": "%s", "messages": [{"role": "user", "content": "Where is the harbour, Käpt'n?"}]%s}
            """;
    private static final String MESSAGE = """
            {"model": "%s", "max_tokens": 40, "messages": [{"role": "user", "content": "Where is the harbour?"}]%s}
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
        return server.post("/v1/chat/completions", CHAT.formatted(model, more));
    }

    @Test
    void aChatIsAnsweredAndPricedToTheNano() {
        HttpResponse<String> answer = chat("small", "");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer).at("/choices/0/message/content").asString()).startsWith("harbour light");
        assertThat(cost(answer)).isPositive().isEqualTo(server.invoice().nanoUsd());
        assertThat(answer.headers().firstValue("x-pilothouse-model")).contains("sim/sim-mini");
        assertThat(answer.headers().firstValue("x-pilothouse-price-version")).isPresent();
    }

    @Test
    void aStreamHidesTheUsageThatNobodyAskedForAndTellsItsCost() {
        String stream = chat("small", ", \"stream\": true").body();
        assertThat(stream).doesNotContain("prompt_tokens").endsWith("data: [DONE]\n\n");
        assertThat(told(stream).path("costNanoUsd").asString())
                .isEqualTo(String.valueOf(server.invoice().nanoUsd()));

        String asked = chat("small", ", \"stream\": true, \"stream_options\": {\"include_usage\": true}")
                .body();
        assertThat(asked).contains("\"prompt_tokens\"").endsWith("data: [DONE]\n\n");
    }

    @Test
    void everyProtocolCostsWhatTheInvoiceSays() {
        List<HttpResponse<String>> answers = List.of(
                server.post("/v1/completions", "{\"model\": \"small\", \"prompt\": \"Once\", \"max_tokens\": 5}"),
                server.post(
                        "/v1/responses", "{\"model\": \"small\", \"input\": \"Once\", \"instructions\": \"Be brief\"}"),
                server.post(
                        "/v1/embeddings",
                        "{\"model\": \"vectors\", \"input\": [\"a\", \"b\"], \"encoding_format\": \"base64\"}"),
                server.post("/v1/moderations", "{\"model\": \"moderate\", \"input\": \"a\"}"),
                server.post("/openai/v1/chat/completions", CHAT.formatted("small", ", \"n\": 3")),
                server.post("/v1/messages", MESSAGE.formatted("claude", "")),
                server.post("/v1/messages/count_tokens", MESSAGE.formatted("claude", "")));
        assertThat(answers)
                .allSatisfy(answer ->
                        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200));
        assertThat(answers.stream().mapToLong(GatewayServer::cost).sum())
                .isEqualTo(server.invoice().nanoUsd());
        assertThat(cost(answers.get(3))).isZero();
        assertThat(json(answers.get(2)).at("/data/1/embedding").isString()).isTrue();
        assertThat(json(answers.get(6)).path("input_tokens").asInt()).isPositive();
    }

    @Test
    void streamsOfOtherProtocolsTellTheirCostToo() {
        for (var each : Map.of(
                        "/v1/messages", MESSAGE.formatted("claude", ", \"stream\": true"),
                        "/v1/responses", "{\"model\": \"small\", \"input\": \"Once\", \"stream\": true}",
                        "/v1/completions", "{\"model\": \"small\", \"prompt\": \"Once\", \"stream\": true}")
                .entrySet()) {
            long before = server.invoice().nanoUsd();
            String stream = server.post(each.getKey(), each.getValue()).body();
            assertThat(told(stream).path("costNanoUsd").asString())
                    .as(each.getKey())
                    .isEqualTo(String.valueOf(server.invoice().nanoUsd() - before));
        }
    }

    @Test
    void anAliasStaysInItsRegionsWhateverIsDeclaredLater() {
        String inEurope = GatewayServer.provider("compatible", server.simulatorUrl())
                .replace("\"secret\"", "\"region\": \"eu\", \"secret\"");
        server.declare("PUT", "/api/v1/providers/europe", inEurope);
        String alias = """
                {"targets": [{"provider": "%s", "model": "sim-mini"}], "residency": ["eu"]}
                """;
        HttpResponse<String> outside = server.send("PUT", "/api/v1/aliases/european", alias.formatted("sim"));
        assertThat(outside.statusCode()).isEqualTo(400);
        assertThat(outside.body()).contains("no declared region");
        server.declare("PUT", "/api/v1/aliases/european", alias.formatted("europe"));
        assertThat(chat("european", "").statusCode()).isEqualTo(200);

        server.declare("PUT", "/api/v1/providers/europe", inEurope.replace("\"eu\"", "\"us\""));
        HttpResponse<String> moved = chat("european", "");
        assertThat(moved.statusCode()).isEqualTo(403);
        assertThat(moved.body()).contains("outside_region");
        assertThat(server.invoice().calls()).isEqualTo(1);
    }

    @Test
    void eachCallIsASpanOfTheClientsTrace() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        server.post(
                "/v1/chat/completions",
                CHAT.formatted("small", ""),
                "traceparent",
                "00-" + trace + "-00f067aa0ba902b7-01",
                "x-pilothouse-session",
                "s1");
        server.post(
                "/v1/chat/completions",
                CHAT.formatted("small", ""),
                "traceparent",
                "00-" + trace + "-00f067aa0ba902b7-00");
        assertThat(server.spans).singleElement().satisfies(span -> {
            assertThat(span.traceId()).isEqualTo(trace);
            assertThat(span.parent()).isEqualTo("00f067aa0ba902b7");
            assertThat(span.name()).isEqualTo("chat sim-mini");
            assertThat(span.attributes())
                    .containsEntry("gen_ai.request.model", "small")
                    .containsEntry("gen_ai.conversation.id", "s1")
                    .containsEntry("gen_ai.usage.output_tokens", 16L)
                    .containsEntry("pilothouse.outcome", "ok");
        });
    }

    @Test
    void modelsAreThoseThatAreDeclared() {
        assertThat(json(server.send("GET", "/v1/models", "")).path("data"))
                .extracting(model -> model.path("id").asString())
                .containsExactly("claude", "moderate", "small", "vectors");
        assertThat(json(server.send("GET", "/v1/models", "", "anthropic-version", "2023-06-01"))
                        .at("/data/0/display_name")
                        .asString())
                .isEqualTo("claude");
        assertThat(server.send("GET", "/v1/models/small", "").statusCode()).isEqualTo(200);
        assertThat(server.send("GET", "/v1/models/none", "").statusCode()).isEqualTo(404);
    }

    @Test
    void aSpentBudgetRefusesInTheProtocolsShapeAndSaysNotToRetry() {
        server.budget("tiny", 60_000);
        HttpResponse<String> openAi = chat("small", "");
        int answered = 0;
        while (openAi.statusCode() == 200) {
            answered++;
            openAi = chat("small", "");
        }
        assertThat(answered).isPositive();
        assertThat(openAi.statusCode()).isEqualTo(429);
        assertThat(json(openAi).at("/error/code").asString()).isEqualTo("insufficient_quota");
        assertThat(json(openAi).at("/error/message").asString()).contains("'tiny'");
        assertThat(openAi.headers().firstValue("x-should-retry")).contains("false");
        assertThat(openAi.headers().firstValueAsLong("retry-after").orElseThrow())
                .isBetween(1L, 86_400L);
        assertThat(cost(openAi)).isZero();

        HttpResponse<String> anthropic = server.post("/v1/messages", MESSAGE.formatted("claude", ""));
        assertThat(anthropic.statusCode()).isEqualTo(429);
        assertThat(json(anthropic).path("type").asString()).isEqualTo("error");
        assertThat(anthropic.headers().firstValue("x-should-retry")).contains("false");
        assertThat(server.invoice().calls()).isEqualTo(answered);
    }

    @Test
    void whatTheBudgetBuysIsWhatTheProviderIsAllowed() {
        server.alias("long", "sim", "sim-mini;output-tokens=5000");
        server.budget("small", 400_000);
        HttpResponse<String> answer = chat("long", ", \"max_tokens\": 4000");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        long limit =
                answer.headers().firstValueAsLong("x-pilothouse-output-limit").orElseThrow();
        assertThat(limit).isBetween(16L, 3999L);
        assertThat(json(answer).at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(json(answer).at("/usage/completion_tokens").asLong()).isEqualTo(limit);
        assertThat(cost(answer)).isEqualTo(server.invoice().nanoUsd()).isLessThanOrEqualTo(400_000);
        assertThat(answer.headers().firstValue("x-pilothouse-budgets")).contains("small");
    }

    @Test
    void aBudgetThatWouldRunOutSendsCallsToACheaperModelAndSaysSo() {
        server.declarations.put(
                GatewayServer.CALLER,
                new Budget(
                        "",
                        GatewayServer.TENANT,
                        "ladder",
                        new Scope(Scope.Kind.TAG, "chat"),
                        Window.DAY,
                        ZoneOffset.UTC,
                        Unit.NANO_USD,
                        20_000_000,
                        List.of(),
                        new Ladder(List.of(new Ladder.Rung("small", 1, 5))),
                        List.of()));
        String[] tagged = {"x-pilothouse-tags", "chat"};
        server.paces.start();
        assertThat(server.post("/v1/chat/completions", CHAT.formatted("dear", ""), tagged)
                        .statusCode())
                .isEqualTo(404);
        server.alias("dear", "sim", "sim-claude;output-tokens=200");
        HttpResponse<String> untagged = chat("dear", "");
        assertThat(untagged.headers().firstValue("x-pilothouse-degraded")).contains("false");
        assertThat(untagged.headers().firstValue("x-pilothouse-model")).contains("sim/sim-claude;output-tokens=200");
        Awaitility.await().untilAsserted(() -> {
            HttpResponse<String> later = server.post("/v1/chat/completions", CHAT.formatted("dear", ""), tagged);
            assertThat(later.statusCode()).as(later.body()).isEqualTo(200);
            assertThat(later.headers().firstValue("x-pilothouse-degraded")).contains("true");
            assertThat(later.headers().firstValue("x-pilothouse-model")).contains("sim/sim-mini");
        });
    }

    @Test
    void anUnpricedModelIsRefusedWhereMoneyIsCountedAndElseIsNot() {
        server.alias("unpriced", "sim", "sim-large");
        HttpResponse<String> free = chat("unpriced", "");
        assertThat(free.statusCode()).isEqualTo(200);
        assertThat(free.headers().firstValue("x-pilothouse-price-version")).contains("unpriced");
        server.budget("money", 1_000_000_000);
        HttpResponse<String> refused = chat("unpriced", "");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(json(refused).at("/error/message").asString()).contains("pilot prices import");
    }

    @Test
    void aTargetThatFailsIsReplacedByItsFallback() {
        server.alias("broken", "sim", "sim-mini;failure-rate=1;failure-status=503");
        server.declare("PUT", "/api/v1/aliases/safe", """
                {"targets": [{"provider": "sim", "model": "sim-mini;failure-rate=1;failure-status=503"}],
                 "fallbacks": [{"provider": "sim", "model": "sim-mini"}]}
                """);
        HttpResponse<String> answer = chat("safe", "");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-pilothouse-model")).contains("sim/sim-mini");
        assertThat(cost(answer)).isEqualTo(server.invoice().nanoUsd());

        HttpResponse<String> failed = chat("broken", "");
        assertThat(failed.statusCode()).isEqualTo(503);
        assertThat(json(failed).path("error").isObject()).isTrue();
        assertThat(cost(failed)).isZero();
    }

    @Test
    void aStreamThatIsCutEndsWithAnErrorAndIsChargedItsCeiling() {
        server.budget("money", 1_000_000_000);
        server.alias("cut", "sim", "sim-mini;fault=cut;fault-after=5");
        String stream = chat("cut", ", \"stream\": true, \"max_tokens\": 100").body();
        assertThat(stream)
                .contains("\"content\":\"harbour\"")
                .doesNotContain("[DONE]")
                .contains("data: {\"error\":{");
        long told = Long.parseLong(told(stream).path("costNanoUsd").asString());
        assertThat(told).isGreaterThanOrEqualTo(server.invoice().nanoUsd());

        String message = "{\"model\": \"cut-claude\", \"stream\": true, \"max_tokens\": 40,"
                + " \"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}";
        server.alias("cut-claude", "claude", "sim-claude;fault=cut;fault-after=5");
        assertThat(server.post("/v1/messages", message).body()).contains("event: error\ndata: {\"type\":\"error\"");
    }

    @Test
    void aProviderThatKeepsNoLimitIsCutThere() {
        server.budget("money", 1_000_000_000);
        server.alias("endless", "sim", "sim-mini;fault=endless;token-ms=1");
        String stream =
                chat("endless", ", \"stream\": true, \"max_tokens\": 30").body();
        assertThat(stream).contains("\"finish_reason\":\"length\"").endsWith("data: [DONE]\n\n");
        assertThat(stream.split("\n\n", -1)).hasSizeLessThan(50);
        Awaitility.await()
                .until(() -> server.invoice().lines(0, 10).stream()
                        .noneMatch(line -> line.state() == Invoice.Line.State.OPEN));
    }

    @Test
    void whatIsNoAnswerIsAnErrorOfTheProtocol() {
        server.alias("garbage", "sim", "sim-mini;fault=garbage");
        server.alias("empty", "sim", "sim-mini;fault=empty");
        server.alias("stalls", "sim", "sim-mini;fault=stall-first-byte;stall-ms=0");
        for (String alias : List.of("garbage", "empty")) {
            HttpResponse<String> answer = chat(alias, "");
            assertThat(answer.statusCode()).as(alias).isEqualTo(502);
            assertThat(json(answer).at("/error/type").asString()).isEqualTo("server_error");
        }
        HttpResponse<String> late = chat("stalls", ", \"stream\": true");
        assertThat(late.statusCode()).isEqualTo(504);
        assertThat(late.body()).doesNotContain(GatewayServer.PROVIDER_KEY).doesNotContain("Exception");
    }

    @Test
    void aWrongKeyOfTheProviderIsNotTheClientsFault() {
        server.secrets.set(GatewayServer.CALLER, "", "provider-key", "sk-wrong");
        Awaitility.await().untilAsserted(() -> {
            HttpResponse<String> answer = chat("small", "");
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body()).contains("refuses the key").doesNotContain("sk-wrong");
        });
    }

    @Test
    void badInputIsRefusedBeforeAnythingIsSent() {
        String big = "x".repeat(300);
        for (var each : Map.of(
                        "{",
                        400,
                        "[]",
                        400,
                        "{\"messages\": []}",
                        400,
                        CHAT.formatted("small", ", \"max_tokens\": -1"),
                        400,
                        CHAT.formatted("small", ", \"max_tokens\": 99999999999"),
                        400,
                        CHAT.formatted("small", ", \"max_tokens\": 5, \"max_completion_tokens\": 6"),
                        400,
                        CHAT.formatted("small", ", \"model\": \"other\""),
                        400,
                        CHAT.formatted("a\\r\\nx-evil: 1", ""),
                        400,
                        CHAT.formatted(big, ""),
                        400)
                .entrySet()) {
            HttpResponse<String> answer = server.post("/v1/chat/completions", each.getKey());
            assertThat(answer.statusCode()).as(each.getKey()).isEqualTo(each.getValue());
            assertThat(json(answer).at("/error/message").asString()).isNotEmpty();
        }
        HttpResponse<String> unknown = chat("smal", "");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(json(unknown).at("/error/code").asString()).isEqualTo("model_not_found");
        assertThat(json(unknown).at("/error/message").asString()).contains("'small'");
        assertThat(json(server.post("/v1/messages", "{")).at("/error/type").asString())
                .isEqualTo("invalid_request_error");
        assertThat(server.invoice().calls()).isZero();
    }

    @Test
    void aClientThatLeavesStillPaysWhatWasUsed() throws Exception {
        server.budget("money", 1_000_000_000);
        server.alias("slow", "sim", "sim-mini;output-tokens=40;token-ms=20");
        var call = server.client()
                .sendAsync(
                        server.request("POST", "/v1/chat/completions", CHAT.formatted("slow", ", \"stream\": true")),
                        HttpResponse.BodyHandlers.ofInputStream())
                .join();
        assertThat(call.body().read()).isPositive();
        call.body().close();
        Awaitility.await().untilAsserted(() -> {
            List<Invoice.Line> lines = server.invoice().lines(0, 10);
            assertThat(lines)
                    .singleElement()
                    .satisfies(line -> assertThat(line.state()).isEqualTo(Invoice.Line.State.ENDED));
        });
    }

    @Test
    void anAgentInSafetyPauseIsToldSoAndNothingIsSent() {
        Caller person = new Caller(GatewayServer.TENANT, "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.APPROVER));
        String[] agent = {"x-pilothouse-agent", "crawler"};
        assertThat(server.post("/v1/chat/completions", CHAT.formatted("small", ""), agent)
                        .statusCode())
                .isEqualTo(200);
        long sent = server.invoice().calls();
        Latch latch = server.breaker.pause(person, "crawler", "it asks for nothing useful");
        HttpResponse<String> paused = server.post("/v1/chat/completions", CHAT.formatted("small", ""), agent);
        assertThat(paused.statusCode()).isEqualTo(403);
        assertThat(json(paused).at("/error/message").asString()).contains("crawler", "it asks for nothing useful");
        assertThat(chat("small", "").statusCode()).as("of nobody's agent").isEqualTo(200);
        assertThat(server.invoice().calls()).isEqualTo(sent + 1);
        server.breaker.resume(person, "crawler", latch.number(), "looked at its trace", false);
        assertThat(server.post("/v1/chat/completions", CHAT.formatted("small", ""), agent)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aProviderThatAnAliasNeedsStays() {
        HttpResponse<String> refused = server.send("DELETE", "/api/v1/providers/sim", "");
        assertThat(refused.statusCode()).isEqualTo(409);
        HttpResponse<String> unknown =
                server.send("PUT", "/api/v1/aliases/x", "{\"targets\": [{\"provider\": \"smi\", \"model\": \"m\"}]}");
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(unknown.body()).contains("sim");
        assertThat(server.send("DELETE", "/api/v1/aliases/claude", "").statusCode())
                .isEqualTo(204);
        assertThat(server.send("DELETE", "/api/v1/providers/claude", "").statusCode())
                .isEqualTo(204);
    }
}
