package dev.pilothouse.run.gateway;

import static dev.pilothouse.run.gateway.GatewayServer.cost;
import static dev.pilothouse.run.gateway.GatewayServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.WebhookSignature;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Guards and limits as clients meet them. */
class GuardedGatewayTest {
    @TempDir
    private Path folder;

    private GatewayServer server;
    private EchoProvider echo;

    @BeforeEach
    void start() throws IOException {
        server = new GatewayServer(folder);
        echo = new EchoProvider();
        server.declare("PUT", "/api/v1/providers/echo", GatewayServer.provider("compatible", echo.address()));
        server.alias("echo", "echo", "sim-mini");
    }

    @AfterEach
    void stop() {
        server.close();
        echo.close();
    }

    private void guard(String name, String json) {
        server.declare("PUT", "/api/v1/guards/" + name, json);
    }

    private HttpResponse<String> say(String text, String more) {
        String content = Json.write(Json.object().put("content", text).put("role", "user"));
        return server.post(
                "/v1/chat/completions", "{\"model\": \"echo\", \"messages\": [" + content + "]" + more + "}");
    }

    private static String said(HttpResponse<String> answer) {
        return json(answer).at("/choices/0/message/content").asString();
    }

    @Test
    void theProviderSeesNamesAndTheClientGetsItsValuesBack() {
        guard("pii", "{\"aliases\": [\"echo\"], \"input\": {\"personalData\": \"redact\", \"restore\": true}}");
        HttpResponse<String> answer = say("Write to anna@example.org, \"Anna\"", "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(said(answer)).isEqualTo("Write to anna@example.org, \"Anna\"");
        assertThat(echo.received.getFirst())
                .contains("Write to [EMAIL_1], \\\"Anna\\\"")
                .doesNotContain("anna@");
        assertThat(answer.headers().firstValue("x-pilothouse-guards").orElseThrow())
                .matches("pii;verdict=redact;found=\"email\";us=\\d+");

        HttpResponse<String> stream = say("Write to anna@example.org, please", ", \"stream\": true");
        assertThat(EchoProvider.streamed(stream)).isEqualTo("Write to anna@example.org, please");
        assertThat(echo.received.getLast()).doesNotContain("anna@");
        assertThat(stream.body()).endsWith("data: [DONE]\n\n").contains(": pilothouse ");
    }

    @Test
    void aBlockedRequestCostsOneAttemptAndNothingElse() {
        guard("no-secrets", "{\"input\": {\"secrets\": \"block\"}}");
        HttpResponse<String> answer = say("my key is AKIAIOSFODNN7EXAMPLE", "");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).at("/error/code").asString()).isEqualTo("guard_blocked");
        assertThat(answer.body()).contains("no-secrets", "aws-key").doesNotContain("AKIA");
        assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
        assertThat(cost(answer)).isZero();
        assertThat(echo.received).isEmpty();
        assertThat(say("hello", "").statusCode()).isEqualTo(200);

        server.send("DELETE", "/api/v1/guards/no-secrets", "");
        assertThat(say("my key is AKIAIOSFODNN7EXAMPLE", "").statusCode()).isEqualTo(200);
    }

    @Test
    void aLongBodyIsReadAsideAndGuardedAsAnyOther() {
        guard("no-secrets", "{\"input\": {\"secrets\": \"block\"}}");
        String text = "Nothing to see here. ".repeat(10_000);
        assertThat(said(say(text, ""))).isEqualTo(text);
        assertThat(say(text + " AKIAIOSFODNN7EXAMPLE", "").statusCode()).isEqualTo(400);
    }

    @Test
    void answersAreRedactedWholeAndInStreams() {
        guard(
                "out",
                "{\"output\": {\"personalData\": {\"action\": \"redact\", \"kinds\": [\"payment-card\", \"email\"]}}}");
        String text = "Card 4111 1111 1111 1111 of bo@example.org, bye";
        assertThat(said(say(text, ""))).isEqualTo("Card [PAYMENT_CARD_1] of [EMAIL_1], bye");
        HttpResponse<String> stream = say(text, ", \"stream\": true");
        assertThat(EchoProvider.streamed(stream)).isEqualTo("Card [PAYMENT_CARD_1] of [EMAIL_1], bye");
        assertThat(stream.body()).doesNotContain("prompt_tokens");
    }

    @Test
    void aBlockedAnswerIsChargedAndNotShown() {
        guard("out", "{\"output\": {\"secrets\": \"block\"}}");
        HttpResponse<String> whole = say("key AKIAIOSFODNN7EXAMPLE ok", "");
        assertThat(whole.statusCode()).isEqualTo(400);
        assertThat(whole.body()).doesNotContain("AKIA");
        assertThat(cost(whole)).isPositive();
        assertThat(whole.headers().firstValue("x-should-retry")).contains("false");

        // Nothing of it was said, so that it is refused as a whole answer is.
        HttpResponse<String> refused = say("AKIAIOSFODNN7EXAMPLE is the key", ", \"stream\": true");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).at("/error/code").asString()).isEqualTo("guard_blocked");
        assertThat(cost(refused)).isPositive();

        String late = "Nothing to see here. ".repeat(50);
        HttpResponse<String> stream = say(late + "The key is AKIAIOSFODNN7EXAMPLE ok", ", \"stream\": true");
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body())
                .contains("guard_blocked", ": pilothouse ", "Nothing")
                .doesNotContain("AKI", "[DONE]");
    }

    @Test
    void aStreamTellsItsVerdictsWhenItsCost() {
        guard("out", "{\"output\": {\"personalData\": \"redact\", \"json\": \"detect\"}}");
        String stream = say("Write to bo@example.org and eve@example.org", ", \"stream\": true")
                .body();
        String comment = stream.lines()
                .filter(line -> line.startsWith(": pilothouse "))
                .findFirst()
                .orElseThrow();
        JsonNode verdict = Json.parse(comment.substring(": pilothouse ".length()))
                .path("guards")
                .path("out");
        assertThat(verdict.path("verdict").asString()).isEqualTo("redact");
        assertThat(verdict.path("found").toString()).isEqualTo("{\"email\":2,\"json\":1}");
        assertThat(stream).endsWith("data: [DONE]\n\n").doesNotContain("bo@", "eve@");
    }

    @Test
    void aStreamThatIsNotAsDemandedEndsWithAnErrorAndNotAsIfItWereWhole() {
        guard("out", "{\"output\": {\"json\": \"block\"}}");
        assertThat(say("[1, 2]", ", \"stream\": true").body()).endsWith("data: [DONE]\n\n");
        assertThat(say("[1, 2", ", \"stream\": true").body())
                .contains("guard_blocked", "'json'", ": pilothouse ")
                .doesNotContain("[DONE]");
        HttpResponse<String> whole = say("[1, 2", "");
        assertThat(whole.statusCode()).isEqualTo(400);
        assertThat(cost(whole)).isPositive();
    }

    @Test
    void aGuardThatOthersRunIsAskedAboutRequestsAndAnswers() throws IOException {
        try (var outside = new OutsideGuard()) {
            server.secrets.set(GatewayServer.CALLER, "", "guard-key", "a secret that signs");
            guard("outside", """
                    {"webhook": {"url": "%s", "when": "both", "timeoutMillis": 500, "secret": "guard-key"}}
                    """.formatted(outside.address()));
            outside.says("{\"action\": \"allow\"}");
            assertThat(said(say("hello", ""))).isEqualTo("hello");
            assertThat(outside.asked).hasSize(2);
            JsonNode question = Json.parse(outside.asked.getFirst());
            assertThat(question.path("side").asString()).isEqualTo("request");
            assertThat(question.path("model").asString()).isEqualTo("echo");
            assertThat(question.path("texts").get(0).path("text").asString()).isEqualTo("hello");
            assertThat(question.path("texts").get(0).path("place").asString()).isEqualTo("messages/content");
            assertThat(question.toString()).doesNotContain(GatewayServer.TENANT, GatewayServer.KEY);
            List<String> signed = outside.signed.getFirst();
            Instant at = Instant.ofEpochSecond(Long.parseLong(signed.get(1)));
            assertThat(signed.get(2))
                    .isEqualTo(WebhookSignature.of(
                            "a secret that signs".getBytes(StandardCharsets.UTF_8),
                            signed.getFirst(),
                            at,
                            outside.asked.getFirst()));

            outside.says("{\"action\": \"block\", \"reason\": \"a rule of ours\"}");
            HttpResponse<String> blocked = say("hello", "");
            assertThat(blocked.statusCode()).isEqualTo(400);
            assertThat(blocked.body()).contains("guard_blocked", "a rule of ours");
            assertThat(blocked.headers().firstValue("x-pilothouse-guards").orElseThrow())
                    .contains("outside;verdict=block;found=\"webhook\"");

            int id = question.path("texts").get(0).path("id").asInt();
            outside.says("{\"action\": \"redact\", \"replacements\": [{\"id\": " + id + ", \"text\": \"bye\"}]}");
            assertThat(say("hello", "").statusCode()).isEqualTo(200);
            assertThat(echo.received.getLast()).contains("\"bye\"").doesNotContain("hello");
        }
    }

    @Test
    void aGuardThatDoesNotAnswerClosesOrOpensAsItWasDeclared() throws IOException {
        try (var outside = new OutsideGuard()) {
            for (String failure : new String[] {"closed", "open"}) {
                guard("outside", """
                        {"webhook": {"url": "%s", "when": "both", "timeoutMillis": 200, "onFailure": "%s"}}
                        """.formatted(outside.address(), failure));
                for (String answer : new String[] {"", "{\"action\": \"maybe\"}", "no json", "hang", "unsigned"}) {
                    if (answer.equals("unsigned")) {
                        guard("outside", """
                                {"webhook": {"url": "%s", "secret": "never-set", "onFailure": "%s"}}
                                """.formatted(outside.address(), failure));
                    }
                    outside.says(answer.equals("unsigned") ? "{\"action\": \"allow\"}" : answer);
                    HttpResponse<String> told = say("hello", "");
                    assertThat(told.statusCode()).as(failure + answer).isEqualTo(failure.equals("open") ? 200 : 503);
                    assertThat(told.headers().firstValue("x-should-retry").isPresent())
                            .isEqualTo(failure.equals("closed"));
                }
            }
        }
    }

    @Test
    void aStreamIsJudgedOutsideAtItsEnd() throws IOException {
        try (var outside = new OutsideGuard()) {
            guard("outside", "{\"webhook\": {\"url\": \"" + outside.address() + "\", \"when\": \"answer\"}}");
            outside.says("{\"action\": \"flag\"}");
            String stream = say("hello there", ", \"stream\": true").body();
            assertThat(stream)
                    .contains("\"guards\":{\"outside\":{\"verdict\":\"detect\",\"found\":{\"webhook\":1}")
                    .endsWith("data: [DONE]\n\n");
            assertThat(outside.asked.getLast()).contains("hello there");
            outside.says("{\"action\": \"block\"}");
            assertThat(say("hello there", ", \"stream\": true").body())
                    .contains("guard_blocked")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void privateAddressesAreNotAsked() {
        for (String url : new String[] {"http://10.0.0.1/x", "ftp://x", "http://localhost/x"}) {
            HttpResponse<String> refused =
                    server.send("PUT", "/api/v1/guards/outside", "{\"webhook\": {\"url\": \"" + url + "\"}}");
            assertThat(refused.statusCode()).as(url).isEqualTo(422);
        }
        guard("outside", "{\"webhook\": {\"url\": \"https://10.0.0.1/x\"}}");
        HttpResponse<String> closed = say("hello", "");
        assertThat(closed.statusCode()).isEqualTo(503);
        assertThat(closed.body()).contains("may not be asked").doesNotContain("10.0.0.1");
    }

    @Test
    void whatAProviderTellsOfItsFailureIsGuardedToo() {
        guard("out", "{\"output\": {\"secrets\": \"redact\"}}");
        HttpResponse<String> told = say("fail with AKIAIOSFODNN7EXAMPLE", "");
        assertThat(told.statusCode()).isEqualTo(422);
        assertThat(told.body()).contains("[AWS_KEY_1]").doesNotContain("AKIA");
    }

    @Test
    void whatGuardsCannotReadOfAProvidersFailureIsToldInOurWords() {
        HttpResponse<String> page = say("break with AKIAIOSFODNN7EXAMPLE", "");
        assertThat(page.statusCode()).isEqualTo(413);
        assertThat(page.body()).as("no guard looks at it").startsWith("<html>").contains("AKIA");
        guard("out", "{\"output\": {\"secrets\": \"redact\"}}");
        for (String more : List.of("", ", \"stream\": true")) {
            HttpResponse<String> told = say("break with AKIAIOSFODNN7EXAMPLE", more);
            assertThat(told.statusCode()).isEqualTo(413);
            assertThat(told.headers().firstValue("content-type")).contains("application/json");
            assertThat(json(told).at("/error/type").asString()).isEqualTo("invalid_request_error");
            assertThat(json(told).at("/error/message").asString()).isEqualTo("'echo/sim-mini' answered 413.");
            assertThat(told.body()).doesNotContain("AKIA", "html");
        }
    }

    @Test
    void aGuardThatOthersRunIsAskedAboutAProvidersFailureToo() throws IOException {
        try (var outside = new OutsideGuard()) {
            guard("outside", "{\"webhook\": {\"url\": \"" + outside.address() + "\", \"when\": \"answer\"}}");
            outside.says("{\"action\": \"allow\"}");
            assertThat(say("fail with a plan", "").body()).contains("I will not: fail with a plan");
            assertThat(outside.asked.getLast()).contains("I will not: fail with a plan");
            outside.says("{\"action\": \"block\"}");
            HttpResponse<String> blocked = say("fail with a plan", "");
            assertThat(blocked.statusCode()).isEqualTo(400);
            assertThat(blocked.body()).contains("guard_blocked").doesNotContain("I will not");
            assertThat(say("break with a plan", "").body()).doesNotContain("a plan");
        }
    }

    @Test
    void aGuardTellsWhatItDidAndHowLongItTook() {
        guard("both", "{\"input\": {\"secrets\": \"block\"}, \"output\": {\"personalData\": \"redact\"}}");
        say("hello", "");
        say("I am bo@example.org", ", \"stream\": true");
        say("key AKIAIOSFODNN7EXAMPLE ok", "");
        JsonNode measured = json(server.send("GET", "/api/v1/guards", "")).at("/items/0/measured");
        assertThat(measured.at("/input/checked").asLong()).isEqualTo(3);
        assertThat(measured.at("/input/blocked").asLong()).isEqualTo(1);
        assertThat(measured.at("/output/checked").asLong()).isEqualTo(2);
        assertThat(measured.at("/output/redacted").asLong()).isEqualTo(1);
        long half = measured.at("/input/p50Micros").asLong();
        assertThat(half).isPositive();
        assertThat(measured.at("/input/p99Micros").asLong()).isGreaterThanOrEqualTo(half);
    }

    @Test
    void aLimitIsToldAndKept() {
        guard("rate", "{\"limits\": {\"requestsPerMinute\": 2, \"tokensPerMinute\": 1000, \"per\": \"alias\"}}");
        HttpResponse<String> first = say("hello", "");
        assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).contains("1");
        assertThat(first.headers().firstValue("x-ratelimit-limit-tokens")).contains("1000");
        assertThat(first.headers()
                        .firstValueAsLong("x-ratelimit-remaining-tokens")
                        .orElseThrow())
                .isBetween(969L, 975L);
        assertThat(say("hello", "").statusCode()).isEqualTo(200);
        HttpResponse<String> refused = say("hello", "");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(json(refused).at("/error/type").asString()).isEqualTo("rate_limit_error");
        assertThat(refused.headers().firstValueAsLong("retry-after").orElseThrow())
                .isBetween(1L, 30L);
        assertThat(echo.received).hasSize(2);
        assertThat(server.post(
                                "/v1/messages",
                                "{\"model\": \"claude\", \"max_tokens\": 9, \"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}")
                        .headers()
                        .firstValue("anthropic-ratelimit-requests-remaining"))
                .contains("1");
    }
}
