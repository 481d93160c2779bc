package dev.pilothouse.run.gateway;

import static dev.pilothouse.run.gateway.GatewayServer.cost;
import static dev.pilothouse.run.gateway.GatewayServer.json;
import static dev.pilothouse.run.gateway.GatewayServer.told;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.budgets.EndedCalls;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.pay.usage.UsageEnd;
import dev.pilothouse.pay.usage.UsageOpening;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kept answers as clients meet them. */
class CachedGatewayTest {
    private static final String CHAT = """
            {"model": "%s", "messages": [{"role": "user", "content": "%s"}]%s}
            """;
    private static final String MESSAGE = """
            {"model": "%s", "max_tokens": 40, "messages": [{"role": "user", "content": "Where is the harbour?"}]%s}
            """;
    private static final String EXACT = "{\"mode\": \"exact\"}";

    @TempDir
    private Path folder;

    private GatewayServer server;

    @BeforeEach
    void start() {
        server = new GatewayServer(folder);
        cached("kept", "sim", "sim-mini", EXACT);
        cached("kept-claude", "claude", "sim-claude", EXACT);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void cached(String alias, String provider, String model, String rule) {
        server.alias(alias, provider, model);
        server.declare("PUT", "/api/v1/aliases/" + alias, declared(provider, model, rule));
    }

    private static String declared(String provider, String model, String rule) {
        return "{\"targets\": [{\"provider\": \"%s\", \"model\": \"%s\"}], \"cache\": %s}"
                .formatted(provider, model, rule);
    }

    private HttpResponse<String> chat(String alias, String said, String more, String... headers) {
        return server.post("/v1/chat/completions", CHAT.formatted(alias, said, more), headers);
    }

    private static String cache(HttpResponse<String> answer) {
        return answer.headers().firstValue("x-pilothouse-cache").orElse("none");
    }

    /** So many calls that have ended, as the log of spend tells them. */
    private List<EndedCalls.Call> ended(int count) {
        EndedCalls log = server.budgets.endedCalls();
        var calls = new ArrayList<EndedCalls.Call>();
        Awaitility.await().untilAsserted(() -> {
            EndedCalls.Batch batch = log.next(1_000);
            calls.addAll(batch.calls());
            log.moved(batch);
            assertThat(calls).hasSize(count);
        });
        return calls;
    }

    @Test
    void theSameRequestIsPaidForOnce() {
        HttpResponse<String> first = chat("kept", "Where is it?", ", \"user\": \"ann\"");
        HttpResponse<String> second = chat("kept", "Where is it?", ", \"user\": \"bob\"");
        HttpResponse<String> other = chat("kept", "Where is she?", "");
        assertThat(List.of(cache(first), cache(second), cache(other))).containsExactly("miss", "hit", "miss");
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(cost(second)).isZero();
        assertThat(second.headers().firstValueAsLong("age").orElseThrow()).isBetween(0L, 60L);
        for (String header : List.of("x-pilothouse-model", "x-pilothouse-price-version", "content-type")) {
            assertThat(second.headers().firstValue(header))
                    .isEqualTo(first.headers().firstValue(header))
                    .isPresent();
        }
        assertThat(cost(first) + cost(other)).isEqualTo(server.invoice().nanoUsd());
        assertThat(server.invoice().calls()).isEqualTo(2);
        assertThat(cache(chat("small", "Where is it?", ""))).isEqualTo("none");
    }

    @Test
    void aHitIsARecordThatCostsNothingAndTellsWhatItSaved() {
        long paid = cost(chat("kept", "Where is it?", ""));
        chat("kept", "Where is it?", "");
        List<EndedCalls.Call> calls = ended(2);
        UsageEnd made = UsageEnd.of(calls.get(0).detail());
        UsageEnd given = UsageEnd.of(calls.get(1).detail());
        assertThat(given.cached()).isTrue();
        assertThat(given.savedNanoUsd()).isEqualTo(paid).isPositive();
        assertThat(given.outcome()).isEqualTo(Outcome.OK);
        assertThat(given.usage()).isEqualTo(made.usage());
        assertThat(given.target()).isEqualTo(made.target());
        assertThat(calls.get(1).cost().nanoUsd()).isZero();
        assertThat(calls.get(1).budgets()).isEmpty();
        var stats = json(server.send("GET", "/api/v1/gateway/cache", ""));
        assertThat(stats.path("hits").asInt()).isEqualTo(1);
        assertThat(stats.path("misses").asInt()).isEqualTo(1);
        assertThat(stats.path("entries").asInt()).isEqualTo(1);
        assertThat(stats.path("savedUsd").asString()).isNotEqualTo("0");
        assertThat(stats.at("/aliases/0/alias").asString()).isEqualTo("kept");
        assertThat(stats.at("/aliases/0/savedUsd")).isEqualTo(stats.path("savedUsd"));
    }

    @Test
    void streamsAreGivenAgainEventByEventAndApartFromWholeAnswers() {
        String stream = ", \"stream\": true";
        String usage = stream + ", \"stream_options\": {\"include_usage\": true}";
        HttpResponse<String> first = chat("kept", "Where is it?", stream);
        HttpResponse<String> second = chat("kept", "Where is it?", stream);
        HttpResponse<String> third = chat("kept", "Where is it?", usage);
        assertThat(List.of(cache(first), cache(second), cache(third))).containsExactly("miss", "hit", "hit");
        assertThat(events(second)).isEqualTo(events(first));
        assertThat(second.body()).endsWith("data: [DONE]\n\n").doesNotContain("prompt_tokens");
        assertThat(third.body()).endsWith("data: [DONE]\n\n").contains("\"prompt_tokens\"");
        assertThat(told(second.body()).path("costNanoUsd").asString()).isEqualTo("0");
        assertThat(told(second.body()).path("model").asString()).isEqualTo("sim/sim-mini");
        assertThat(second.headers().firstValue("content-type").orElseThrow()).startsWith("text/event-stream");
        HttpResponse<String> whole = chat("kept", "Where is it?", "");
        assertThat(cache(whole)).isEqualTo("miss");
        assertThat(json(whole).path("object").asString()).isEqualTo("chat.completion");
    }

    private static List<String> events(HttpResponse<String> stream) {
        return stream.body().lines().filter(line -> line.startsWith("data: ")).toList();
    }

    @Test
    void everyProtocolIsKeptTranslatedOnesToo() {
        cached("translated", "claude", "sim-claude", EXACT);
        cached("kept-vectors", "sim", "sim-embedding", EXACT);
        String stream = ", \"stream\": true";
        List<String[]> asks = List.of(
                new String[] {"/v1/messages", MESSAGE.formatted("kept-claude", "")},
                new String[] {"/v1/messages", MESSAGE.formatted("kept-claude", stream)},
                new String[] {"/v1/messages/count_tokens", MESSAGE.formatted("kept-claude", "")},
                new String[] {"/v1/chat/completions", CHAT.formatted("translated", "Where?", "")},
                new String[] {"/v1/chat/completions", CHAT.formatted("translated", "Where?", stream)},
                new String[] {"/v1/responses", "{\"model\": \"kept\", \"input\": \"Once\"}"},
                new String[] {"/v1/responses", "{\"model\": \"kept\", \"input\": \"Once\", \"stream\": true}"},
                new String[] {"/v1/completions", "{\"model\": \"kept\", \"prompt\": \"Once\", \"stream\": true}"},
                new String[] {"/v1/embeddings", "{\"model\": \"kept-vectors\", \"input\": [\"a\", \"b\"]}"});
        for (String[] ask : asks) {
            HttpResponse<String> first = server.post(ask[0], ask[1]);
            HttpResponse<String> second = server.post(ask[0], ask[1]);
            assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
            assertThat(cache(first)).as(ask[0]).isEqualTo("miss");
            assertThat(cache(second)).as(ask[0]).isEqualTo("hit");
            // What a translation makes anew, such as the moment, may differ.
            assertThat(second.body().length()).as(ask[0]).isPositive();
            assertThat(cost(second)).isZero();
        }
        HttpResponse<String> stream1 = server.post("/v1/messages", MESSAGE.formatted("kept-claude", stream));
        assertThat(stream1.body()).contains("event: message_start", "event: message_stop", ": pilothouse ");
    }

    @Test
    void organisationsAndWhereDeclaredKeysHaveTheirOwnAnswers() {
        cached("own", "sim", "sim-mini", "{\"mode\": \"exact\", \"scope\": \"key\"}");
        String[] other = {"authorization", "Bearer " + GatewayServer.OTHER_KEY};
        String[] rival = {"authorization", "Bearer " + GatewayServer.RIVAL_KEY};
        server.secrets.set(Caller.system("rival", "test"), "", "provider-key", GatewayServer.PROVIDER_KEY);
        assertThat(server.send(
                                "PUT",
                                "/api/v1/providers/sim",
                                GatewayServer.provider("compatible", server.simulatorUrl()),
                                rival)
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.send("PUT", "/api/v1/aliases/kept", declared("sim", "sim-mini", EXACT), rival)
                        .statusCode())
                .isEqualTo(200);
        chat("kept", "Where?", "");
        assertThat(cache(chat("kept", "Where?", "", other))).isEqualTo("hit");
        assertThat(cache(chat("kept", "Where?", "", rival))).isEqualTo("miss");
        assertThat(cache(chat("kept", "Where?", "", rival))).isEqualTo("hit");
        chat("own", "Where?", "");
        assertThat(cache(chat("own", "Where?", ""))).isEqualTo("hit");
        assertThat(cache(chat("own", "Where?", "", other))).isEqualTo("miss");
        assertThat(json(server.send("GET", "/api/v1/gateway/cache", "", rival))
                        .path("entries")
                        .asInt())
                .isEqualTo(1);
        server.declare("DELETE", "/api/v1/gateway/cache", "");
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("miss");
        assertThat(cache(chat("kept", "Where?", "", rival))).isEqualTo("hit");
    }

    @Test
    void whatIsDeclaredOrPricedAnewIsAskedAnew() {
        chat("kept", "Where?", "");
        server.declare("PUT", "/api/v1/aliases/kept", declared("sim", "sim-mini", EXACT));
        assertThat(cache(chat("kept", "Where?", ""))).as("the same once more").isEqualTo("hit");
        cached("kept", "sim", "sim-mini", EXACT);
        assertThat(server.cache.stats().entries()).as("nobody could have it").isZero();
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("miss");
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("hit");
        server.price("another", "sim-mini");
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("miss");
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("hit");
        server.declare(
                "PUT",
                "/api/v1/providers/sim",
                GatewayServer.provider("compatible", server.simulatorUrl())
                        .replace("\"deadlineSeconds\": 5", "\"deadlineSeconds\": 6"));
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("miss");
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("hit");
        assertThat(json(server.send("DELETE", "/api/v1/gateway/cache?alias=other", ""))
                        .path("dropped")
                        .asInt())
                .isZero();
        server.declare("DELETE", "/api/v1/gateway/cache?alias=kept", "");
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("miss");
    }

    @Test
    void aClientMayRefuseOrForbidAKeptAnswer() {
        chat("kept", "Where?", "");
        assertThat(cache(chat("kept", "Where?", "", "cache-control", "no-cache")))
                .isEqualTo("bypass");
        assertThat(cache(chat("kept", "Where?", "", "x-portkey-cache-force-refresh", "true")))
                .isEqualTo("bypass");
        assertThat(cache(chat("kept", "Where?", "", "cache-control", "max-age=600")))
                .isEqualTo("hit");
        assertThat(cache(chat("kept", "Where to?", "", "cache-control", "no-store")))
                .isEqualTo("bypass");
        assertThat(cache(chat("kept", "Where to?", ""))).isEqualTo("miss");
        assertThat(server.invoice().calls()).isEqualTo(5);
    }

    @Test
    void onlyWholeAnswersAreKept() {
        for (String fault : List.of("fault=cut", "fault=garbage", "failure-rate=1")) {
            cached("faulty", "sim", "sim-mini;" + fault, EXACT);
            for (String more : List.of("", ", \"stream\": true")) {
                chat("faulty", "Where?", more);
                assertThat(cache(chat("faulty", "Where?", more)))
                        .as(fault + more)
                        .isNotEqualTo("hit");
            }
        }
        assertThat(server.cache.stats().entries()).isZero();
    }

    @Test
    void whatABudgetCutShortIsNotKept() {
        cached("long", "sim", "sim-mini;output-tokens=5000", EXACT);
        server.budget("small", 400_000);
        HttpResponse<String> answer = chat("long", "Where?", ", \"max_tokens\": 4000");
        assertThat(answer.headers().firstValue("x-pilothouse-output-limit")).isPresent();
        assertThat(server.cache.stats().entries()).isZero();
    }

    /** A stream of the alias {@code slow}, whose begin is there. */
    private HttpResponse<InputStream> begun() {
        return server.client()
                .sendAsync(
                        server.request(
                                "POST", "/v1/chat/completions", CHAT.formatted("slow", "Where?", ", \"stream\": true")),
                        HttpResponse.BodyHandlers.ofInputStream())
                .join();
    }

    @Test
    void aClientThatLeavesKeepsNothingHalf() {
        cached("slow", "sim", "sim-mini;output-tokens=40;token-ms=20", EXACT);
        HttpResponse<InputStream> call = begun();
        assertThat(call.headers().firstValue("x-pilothouse-cache")).contains("miss");
        try (var body = call.body()) {
            assertThat(body.read()).isPositive();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(server.cache.stats().entries()).as("before its end").isZero();
        // It is read to its end for its cost, and so it is whole, and paid for.
        Awaitility.await().until(() -> server.cache.stats().entries() == 1);
        HttpResponse<String> again = chat("slow", "Where?", ", \"stream\": true");
        assertThat(cache(again)).isEqualTo("hit");
        assertThat(again.body()).endsWith("data: [DONE]\n\n").contains("\"finish_reason\":\"stop\"");
        assertThat(events(again)).hasSizeGreaterThan(40);
    }

    @Test
    void anAnswerThatWasAskedForBeforeTheCacheWasClearedIsNotKept() {
        cached("slow", "sim", "sim-mini;output-tokens=10;token-ms=50", EXACT);
        HttpResponse<InputStream> call = begun();
        try (var body = call.body()) {
            assertThat(body.read()).isPositive();
            server.declare("DELETE", "/api/v1/gateway/cache", "");
            assertThat(body.readAllBytes()).isNotEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(cache(chat("slow", "Where?", ", \"stream\": true"))).isEqualTo("miss");
        assertThat(cache(chat("slow", "Where?", ", \"stream\": true"))).isEqualTo("hit");
    }

    @Test
    void equalRequestsAtOnceArePaidForOnce() {
        cached("slow", "sim", "sim-mini;output-tokens=5;token-ms=50", EXACT);
        List<CompletableFuture<HttpResponse<String>>> calls = IntStream.range(0, 8)
                .mapToObj(_ -> server.client()
                        .sendAsync(
                                server.request("POST", "/v1/chat/completions", CHAT.formatted("slow", "Where?", "")),
                                HttpResponse.BodyHandlers.ofString()))
                .toList();
        List<HttpResponse<String>> answers =
                calls.stream().map(CompletableFuture::join).toList();
        assertThat(answers).allSatisfy(answer -> assertThat(answer.statusCode()).isEqualTo(200));
        assertThat(answers.stream().map(CachedGatewayTest::cache).filter("miss"::equals))
                .hasSize(1);
        assertThat(server.invoice().calls()).isEqualTo(1);
        assertThat(answers.stream().mapToLong(GatewayServer::cost).sum())
                .isEqualTo(server.invoice().nanoUsd());
    }

    @Test
    void aHitChargesNoBudgetCountsAgainstLimitsAndIsRefusedToAPausedAgent() {
        server.budget("tiny", 60_000);
        chat("kept", "Where?", "");
        int answered = 1;
        while (chat("kept", "Where to, number " + answered + "?", "").statusCode() == 200) {
            answered++;
        }
        HttpResponse<String> free = chat("kept", "Where?", "", "x-pilothouse-agent", "crawler");
        assertThat(cache(free)).as("the budget is spent").isEqualTo("hit");
        assertThat(free.headers().firstValue("x-pilothouse-budgets")).contains("tiny");
        Caller person = new Caller(GatewayServer.TENANT, "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.APPROVER));
        server.breaker.pause(person, "crawler", "for a test");
        assertThat(chat("kept", "Where?", "", "x-pilothouse-agent", "crawler").statusCode())
                .isEqualTo(403);
        server.declare(
                "PUT", "/api/v1/guards/rates", "{\"aliases\": [\"kept\"], \"limits\": {\"requestsPerMinute\": 1}}");
        assertThat(cache(chat("kept", "Where?", ""))).isEqualTo("hit");
        assertThat(chat("kept", "Where?", "").statusCode()).isEqualTo(429);
    }

    @Test
    void eachClientsGuardsLookAtAKeptAnswer() throws IOException {
        try (var echo = new EchoProvider()) {
            server.declare("PUT", "/api/v1/providers/echo", GatewayServer.provider("compatible", echo.address()));
            cached("echo", "echo", "sim-mini", EXACT);
            server.declare(
                    "PUT",
                    "/api/v1/guards/pii",
                    "{\"aliases\": [\"echo\"], \"input\": {\"personalData\": \"redact\", \"restore\": true}}");
            chat("echo", "Write to anna@example.org, please", "");
            HttpResponse<String> other = chat("echo", "Write to bob@example.org, please", "");
            assertThat(cache(other)).as("the provider saw the same").isEqualTo("hit");
            assertThat(other.body()).contains("bob@example.org").doesNotContain("anna@");
            String stream = ", \"stream\": true";
            chat("echo", "Write to anna@example.org, please", stream);
            other = chat("echo", "Write to bob@example.org, please", stream);
            assertThat(cache(other)).isEqualTo("hit");
            assertThat(other.body())
                    .doesNotContain("anna")
                    .contains("bob@example.org")
                    .endsWith("data: [DONE]\n\n");

            server.declare(
                    "PUT", "/api/v1/guards/words", "{\"aliases\": [\"echo\"], \"output\": {\"deny\": [\"write to\"]}}");
            assertThat(chat("echo", "Write to carl@example.org, please", "").statusCode())
                    .isEqualTo(400);
            assertThat(echo.received).hasSize(2);
        }
    }

    @Test
    void withHitsInTheMixTheInvoiceIsWhatTheRecordsSay() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        server.budget("money", 1_000_000_000);
        cached("varied", "sim", "sim-mini;output-tokens=uniform:1-60;cached-tokens=10;failure-rate=0.1", EXACT);
        long told = 0;
        long hits = 0;
        int calls = 120;
        for (int i = 0; i < calls; i++) {
            boolean openAi = random.nextInt(3) > 0;
            String stream = ", \"stream\": " + random.nextBoolean();
            HttpResponse<String> answer = openAi
                    ? chat("varied", "x".repeat(random.nextInt(10)), stream)
                    : server.post("/v1/messages", MESSAGE.formatted("kept-claude", stream));
            hits += cache(answer).equals("hit") ? 1 : 0;
            told += answer.body().contains(": pilothouse ")
                    ? Long.parseLong(told(answer.body()).path("costNanoUsd").asString())
                    : cost(answer);
        }
        assertThat(hits).as("seed %d", seed).isPositive();
        assertThat(told).as("seed %d", seed).isEqualTo(server.invoice().nanoUsd());
        List<EndedCalls.Call> records = ended((int) (server.invoice().calls() + hits));
        assertThat(records.stream().mapToLong(call -> call.cost().nanoUsd()).sum())
                .isEqualTo(server.invoice().nanoUsd());
        assertThat(records.stream()
                        .filter(call -> UsageEnd.of(call.detail()).cached())
                        .count())
                .isEqualTo(hits);
        assertThat(records.stream()
                        .map(call -> UsageOpening.of(call.opening()).asked().requestId())
                        .distinct())
                .hasSize(calls);
    }
}
