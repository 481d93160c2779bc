package dev.pilothouse.run.batches;

import static dev.pilothouse.run.batches.BatchServer.ACME;
import static dev.pilothouse.run.batches.BatchServer.BOLT;
import static dev.pilothouse.run.batches.BatchServer.begin;
import static dev.pilothouse.run.batches.BatchServer.question;
import static dev.pilothouse.run.batches.BatchServer.questions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.errors.RateLimitException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.batches.BatchListParams;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.simulators.llm.Invoice;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import dev.pilothouse.testkit.TestStore;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class BatchesTest {
    private static final Duration NEVER = Duration.ofHours(1);

    @TempDir
    private Path folder;

    private final KeptUsage usage = new KeptUsage();
    private LlmSimulator simulator;
    private BatchServer server;
    private OpenAIClient openAi;

    @BeforeEach
    void start() {
        simulator = LlmSimulator.start(SimulatorConfig.standard());
        start(NEVER);
    }

    private void start(Duration lookEvery) {
        server = new BatchServer(
                TestStore.sqlite(folder.resolve("store"), BatchServer.TABLES),
                folder.resolve("server"),
                simulator,
                usage,
                lookEvery);
        openAi = server.openAi();
    }

    @AfterEach
    void stop() {
        server.close();
        simulator.close();
    }

    private static long number(HttpResponse<String> answer, String header) {
        return answer.headers().firstValueAsLong("x-pilothouse-" + header).orElse(-1);
    }

    private String content(String file) throws IOException {
        try (var answer = openAi.files().content(file)) {
            return new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Of the one model that was billed. */
    private Invoice.Totals totals() {
        return simulator.invoice().totals().values().iterator().next();
    }

    @Test
    void theOfficialClientMakesABatchThatCostsWhatTheInvoiceSays() throws IOException {
        server.budget(10_000_000);
        Batch begun = begin(openAi, questions(5, "small", 400), "purpose", "a-test");
        assertThat(begun.metadata().orElseThrow()._allProperties()).containsOnlyKeys("purpose");
        long held = server.standing("all").held();
        // Five times 400 tokens at 300 nano-USD, and the questions.
        assertThat(held).isBetween(600_000L, 700_000L);
        assertThat(server.standing("all").settled()).isZero();

        Batch ended = openAi.batches().retrieve(begun.id());

        assertThat(ended.status()).isEqualTo(Batch.Status.COMPLETED);
        String output = content(ended.outputFileId().orElseThrow());
        assertThat(output.lines()).hasSize(5).allMatch(line -> line.contains("harbour light"));
        assertThat(output).contains("\"custom_id\":\"q-3\"");
        Invoice invoice = simulator.invoice();
        assertThat(invoice.calls()).isEqualTo(5);
        assertThat(invoice.nanoUsd()).isPositive();
        HttpResponse<String> told = server.get(ACME, "/v1/batches/" + begun.id());
        assertThat(number(told, "cost-nano-usd")).isEqualTo(invoice.nanoUsd());
        assertThat(told.headers().firstValue("x-pilothouse-price-version")).isPresent();
        assertThat(server.standing("all").settled()).isEqualTo(invoice.nanoUsd());
        assertThat(server.standing("all").leased()).isZero();
        await().untilAsserted(() -> assertThat(usage.records()).hasSize(5));
        assertThat(usage.nanoUsd()).isEqualTo(invoice.nanoUsd());
        assertThat(usage.records()).allSatisfy(each -> {
            assertThat(each.opening().asked().alias()).isEqualTo("small");
            assertThat(each.opening().asked().requestId()).startsWith(begun.id() + "/q-");
            assertThat(each.opening().who().key()).isEqualTo("key-of-ann");
            assertThat(each.end().target().model()).isEqualTo("sim-mini");
            assertThat(each.end().outcome()).isEqualTo(Outcome.OK);
            assertThat(each.budgets()).containsExactly("all");
            assertThat(each.costNanoUsd()).isPositive().isLessThanOrEqualTo(each.ceilingNanoUsd());
        });
        assertThat(usage.records().stream()
                        .mapToLong(each -> each.end().usage().outputSideTokens())
                        .sum())
                .isEqualTo(totals().output());
    }

    @Test
    void aBudgetThatDoesNotCoverABatchRefusesItAtOneAttempt() {
        server.budget(1_000_000);
        String file = BatchServer.file(openAi, questions(5, "small", 400));
        openAi.batches().create(BatchServer.batch(file));
        long held = server.standing("all").held();
        int before = server.requests.get();

        // What the first holds leaves too little for a second.
        assertThatThrownBy(() -> openAi.batches().create(BatchServer.batch(file)))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("The budget 'all' of organisation acme");

        assertThat(server.requests.get() - before).isEqualTo(1);
        assertThat(server.standing("all").held()).isEqualTo(held);
        assertThat(simulator.invoice().calls()).isZero();
    }

    @Test
    void aBatchOnThatNobodyAsksIsSeenToHaveEnded() {
        server.close();
        start(Duration.ofMillis(50));
        server.budget(10_000_000);

        begin(openAi, questions(3, "small", 50), "sim-millis", "300");

        await().untilAsserted(() -> assertThat(usage.records()).hasSize(3));
        assertThat(server.standing("all").settled())
                .isEqualTo(simulator.invoice().nanoUsd());
        assertThat(usage.nanoUsd()).isEqualTo(simulator.invoice().nanoUsd()).isPositive();
    }

    @Test
    void whatIsNotAnsweredCostsNothing() {
        server.budget(100_000_000);
        Batch flaky = begin(openAi, questions(20, "flaky", 40));
        Batch expired = begin(openAi, questions(10, "small", 40), "sim-ends", "expired", "sim-lines", "4");
        Batch failed = begin(openAi, questions(10, "small", 40), "sim-ends", "failed");
        Batch cancelled = begin(openAi, questions(10, "small", 40), "sim-millis", "600000", "sim-lines", "3");
        assertThat(openAi.batches().cancel(cancelled.id()).status()).isEqualTo(Batch.Status.CANCELLING);

        Batch ended = openAi.batches().retrieve(flaky.id());
        assertThat(ended.outputFileId()).isPresent();
        assertThat(ended.errorFileId()).isPresent();
        assertThat(openAi.batches().retrieve(expired.id()).status()).isEqualTo(Batch.Status.EXPIRED);
        assertThat(openAi.batches().retrieve(failed.id()).status()).isEqualTo(Batch.Status.FAILED);
        assertThat(openAi.batches().retrieve(cancelled.id()).status()).isEqualTo(Batch.Status.CANCELLED);

        long billed = simulator.invoice().nanoUsd();
        assertThat(server.standing("all").settled()).isEqualTo(billed).isPositive();
        assertThat(server.standing("all").leased()).isZero();
        await().untilAsserted(() -> assertThat(usage.records()).hasSize(40));
        assertThat(usage.nanoUsd()).isEqualTo(billed);
        long failures = totals().failed();
        assertThat(failures).isBetween(1L, 19L);
        assertThat(usage.records().stream().filter(each -> each.end().outcome() == Outcome.ERROR))
                .hasSize((int) failures + 6 + 7)
                .allMatch(each -> each.costNanoUsd() == 0);
    }

    @Test
    void recordsThatWereKeptBeforeAFailureAreNotKeptTwice() {
        server.close();
        start(Duration.ofMillis(50));
        usage.failNext(2);

        begin(openAi, questions(1_500, "small", 5));

        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(server.batches())
                        .singleElement()
                        .matches(batch -> batch.stage() == StoredBatch.Stage.RECORDED));
        assertThat(usage.records()).hasSize(1_500);
        assertThat(usage.nanoUsd()).isEqualTo(simulator.invoice().nanoUsd());
    }

    @Test
    void eachLineCountsOnTheBudgetsOfItsOwnUser() {
        server.budget("calls", new Scope(Scope.Kind.ORGANISATION, "acme"), Unit.REQUESTS, 100);
        server.budget("ida", new Scope(Scope.Kind.USER, "ida"), Unit.NANO_USD, 1_000_000);
        String lines = question("1", "small", "\"max_tokens\": 50, \"user\": \"ida\", ")
                + question("2", "small", "\"max_tokens\": 50, \"user\": \"bob\", ")
                + question("3", "small", "\"max_tokens\": 50, ");

        Batch batch = begin(openAi, lines);
        assertThat(server.standing("calls").held()).isEqualTo(3);
        openAi.batches().retrieve(batch.id());

        List<Invoice.Line> billed = simulator.invoice().lines(0, 10);
        assertThat(server.standing("ida").settled()).isEqualTo(billed.getFirst().nanoUsd());
        assertThat(server.standing("calls").settled()).isEqualTo(3);
        await().untilAsserted(() -> assertThat(usage.records())
                .extracting(each -> each.opening().who().user())
                .containsExactly("ida", "bob", ""));
    }

    @Test
    void whatAnOrganisationDidNotMakeDoesNotExistForIt() {
        String file = BatchServer.file(openAi, questions(1, "small", 5));
        Batch first = openAi.batches().create(BatchServer.batch(file));
        Batch second = openAi.batches().create(BatchServer.batch(file));
        String output = openAi.batches().retrieve(first.id()).outputFileId().orElseThrow();

        for (String path : List.of(
                "/v1/files/" + file,
                "/v1/files/" + file + "/content",
                "/v1/files/" + output + "/content",
                "/v1/batches/" + first.id(),
                "/openai/v1/files/no-such-file",
                "/v1/batches?after=" + first.id())) {
            HttpResponse<String> foreign = server.get(BOLT, path);
            assertThat(foreign.statusCode()).as(path).isEqualTo(404);
            assertThat(Json.parse(foreign.body()).at("/error/type").asString()).isEqualTo("invalid_request_error");
        }
        String asks = "{\"input_file_id\": \"" + file
                + "\", \"endpoint\": \"/v1/chat/completions\", \"completion_window\": \"24h\"}";
        assertThat(server.send(BOLT, "POST", "/v1/batches", "application/json", asks)
                        .statusCode())
                .isEqualTo(404);
        assertThat(server.send(BOLT, "DELETE", "/v1/files/" + file, "application/json", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(server.send(BOLT, "POST", "/v1/batches/" + first.id() + "/cancel", "application/json", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(Json.parse(server.get(BOLT, "/v1/files").body()).path("data"))
                .isEmpty();
        assertThat(Json.parse(server.get(BOLT, "/v1/batches").body()).path("data"))
                .isEmpty();

        var page = openAi.batches().list(BatchListParams.builder().limit(1).build());
        assertThat(page.data()).extracting(Batch::id).containsExactly(second.id());
        assertThat(page.nextPage().data()).extracting(Batch::id).containsExactly(first.id());
        assertThat(openAi.files().list().autoPager())
                .extracting(each -> each.id())
                .containsExactlyInAnyOrder(file, output);
        assertThat(openAi.files().retrieve(output).purpose().toString()).isEqualTo("batch_output");

        // The batches outlive the file of their requests.
        assertThat(openAi.files().delete(file).deleted()).isTrue();
        assertThat(server.get(ACME, "/v1/files/" + file).statusCode()).isEqualTo(404);
        openAi.batches().retrieve(second.id());
        await().untilAsserted(() -> assertThat(usage.records()).hasSize(2));
    }

    @Test
    void aBatchIsRefusedThatIsNoneOrThatAGuardWouldNotSee() {
        String file = BatchServer.file(openAi, questions(1, "small", 5));
        String asks = "{\"input_file_id\": \"%s\", \"endpoint\": \"%s\", \"completion_window\": \"24h\"%s}";
        List<List<String>> bad = List.of(
                List.of("{", "JSON"),
                List.of("[]", "JSON object"),
                List.of(asks.formatted(file, "/v1/embeddings", ""), "'/v1/chat/completions'"),
                List.of(asks.formatted(file, "/v1/videos", ""), "/v1/responses"),
                List.of(asks.formatted(file, "/v1/chat/completions", ", \"colour\": 1"), "'colour'"),
                List.of(asks.formatted(file, "/v1/chat/completions", ", \"metadata\": 1"), "'metadata'"),
                List.of(
                        asks.formatted(file, "/v1/chat/completions", ", \"metadata\": {\"pilothouse\": \"x\"}"),
                        "15 pairs"));
        for (List<String> each : bad) {
            HttpResponse<String> refused =
                    server.send(ACME, "POST", "/v1/batches", "application/json", each.getFirst());
            assertThat(refused.statusCode()).as(each.getFirst()).isEqualTo(400);
            assertThat(Json.parse(refused.body()).at("/error/message").asString())
                    .contains(each.getLast());
        }
        server.declare(ACME, "guards/limit", "{\"aliases\": [\"small\"], \"limits\": {\"requestsPerMinute\": 5}}");
        HttpResponse<String> guarded = server.send(
                ACME, "POST", "/v1/batches", "application/json", asks.formatted(file, "/v1/chat/completions", ""));
        assertThat(guarded.statusCode()).isEqualTo(403);
        assertThat(guarded.body()).contains("The guard 'limit' counts for the model 'small'");
        assertThat(server.upload(ACME, questions(1, "small", 5)).body()).contains("Line 1: The guard 'limit'");
        assertThat(simulator.invoice().calls()).isZero();
    }

    @Test
    void aFileWithAMistakeIsRefusedByItsLineAndReachesNoProvider() {
        server.declare(ACME, "providers/other", """
                {"kind": "compatible", "url": "%s/v1", "prices": "sim"}
                """.formatted(simulator.address()));
        server.declare(ACME, "providers/claude", """
                {"kind": "anthropic", "url": "%s/v1", "prices": "sim"}
                """.formatted(simulator.address()));
        server.alias(ACME, "elsewhere", "other", "sim-mini");
        server.alias(ACME, "claude", "claude", "sim-claude");
        String good = question("1", "small", "");
        List<List<String>> bad = List.of(
                List.of("", "no requests"),
                List.of("\n \n", "no requests"),
                List.of(good + "no JSON", "Line 2: "),
                List.of(good + "\n[]", "Line 3: "),
                List.of(good + good, "Line 2: Its 'custom_id' is that of an earlier line."),
                List.of(good.replace("\"custom_id\": \"1\", ", ""), "Line 1: 'custom_id' must be a text."),
                List.of(good.replace("\"1\"", "\"\""), "Line 1: 'custom_id' has 1 to 256 characters."),
                List.of(good.replace("POST", "GET"), "Line 1: 'method' is 'POST'"),
                List.of(good.replace("chat/completions", "videos"), "Line 1: A batch cannot ask '/v1/videos'"),
                List.of(good.replace("method", "mehtod"), "Line 1: A request of a batch has no member 'mehtod'"),
                List.of(good + question("2", "smal", ""), "Line 2: The model 'smal' does not exist here."),
                List.of(
                        good + question("2", "claude", ""),
                        "Line 2: No provider of the model 'claude' speaks OpenAI's"),
                List.of(
                        good + question("2", "elsewhere", ""),
                        "Line 2: The model 'elsewhere' is answered by 'other', and the batch goes to 'sim'"),
                List.of(
                        good + good.replace("chat/completions", "responses").replace("\"1\"", "\"2\""),
                        "Line 2: It asks '/v1/responses', the lines before '/v1/chat/completions'."),
                List.of(question("1", "small", "\"stream\": true, "), "Line 1: A request of a batch has no stream."),
                List.of(question("1", "small", "\"service_tier\": \"flex\", "), "'service_tier'"),
                List.of(question("1", "small", "\"max_tokens\": -1, "), "Line 1: 'max_tokens' must be from 1"),
                List.of(
                        question("1", "small", "\"tools\": [{\"type\": \"web_search\"}], "),
                        "Line 1: It lets the provider read more than it holds"),
                List.of(question("1", "small", "\"model\": \"small\", "), "Line 1: "));
        for (List<String> each : bad) {
            HttpResponse<String> refused = server.upload(ACME, each.getFirst());
            assertThat(refused.statusCode()).as(each.getFirst()).isEqualTo(400);
            JsonNode error = Json.parse(refused.body()).path("error");
            assertThat(error.path("message").asString()).contains(each.getLast());
            assertThat(error.path("type").asString()).isEqualTo("invalid_request_error");
        }
        assertThat(server.send(ACME, "POST", "/v1/files", "application/json", "{}")
                        .body())
                .contains("multipart/form-data");
        assertThat(server.send(ACME, "POST", "/v1/files", "multipart/form-data; boundary=x", "--x\r\n")
                        .body())
                .contains("form");
        assertThat(Json.parse(server.get(ACME, "/v1/files").body()).path("data"))
                .isEmpty();
    }

    @Test
    void whatGoesUpstreamNamesTheProvidersModelAndEndsSomewhere() throws IOException {
        server.declare(ACME, "aliases/pirate", """
                {"targets": [{"provider": "sim", "model": "sim-mini"}],
                 "prompt": {"name": "pirate", "version": "1", "text": "Speak as a pirate."}}
                """);

        String sent = content(BatchServer.file(openAi, question("a \\\"q\\\"", "pirate", "\"temperature\": 0.10, ")));

        JsonNode line = Json.parse(sent);
        assertThat(line.path("custom_id").asString()).isEqualTo("a \"q\"");
        assertThat(line.at("/body/model").asString()).isEqualTo("sim-mini");
        assertThat(line.at("/body/max_tokens").asInt()).isEqualTo(16_384);
        assertThat(line.at("/body/messages/0/content").asString()).isEqualTo("Speak as a pirate.");
        assertThat(line.at("/body/messages/1/content").asString()).isEqualTo("Where is the harbour?");
        assertThat(line.at("/body/temperature").asDouble()).isEqualTo(0.1);
    }

    @Test
    void uploadsThatBreakOffLeaveNothingAndTooManyAtOnceAreRefused() throws IOException {
        Path uploads = folder.resolve("server/uploads");
        var open = new ArrayList<Socket>();
        for (int i = 0; i < ProviderFiles.MOST_UPLOADS; i++) {
            var socket = new Socket(server.address.getHost(), server.address.getPort());
            open.add(socket);
            String begin = "POST /v1/files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + ACME
                    + "\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nhalf";
            socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
        }
        await().untilAsserted(() -> assertThat(uploads.toFile().list()).hasSize(ProviderFiles.MOST_UPLOADS));
        assertThat(server.upload(ACME, questions(1, "small", 5)).statusCode()).isEqualTo(429);
        assertThat(server.upload(BOLT, questions(1, "small", 5)).statusCode()).isEqualTo(200);
        for (Socket socket : open) {
            socket.close();
        }

        await().untilAsserted(() -> assertThat(uploads).isEmptyDirectory());
        assertThat(server.upload(ACME, questions(1, "small", 5)).statusCode()).isEqualTo(200);
        assertThat(openAi.files().list().data()).hasSize(1);
    }

    @Test
    void embeddingsAreABatchToo() {
        server.budget(1_000_000);
        var lines = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            lines.append("""
                    {"custom_id": "%d", "method": "POST", "url": "/v1/embeddings", "body": {"model": "vectors", "input": ["a", "bc"]}}
                    """.formatted(i));
        }
        Batch batch = openAi.batches()
                .create(BatchServer.batch(BatchServer.file(openAi, lines.toString())).toBuilder()
                        .endpoint(BatchCreateParams.Endpoint.V1_EMBEDDINGS)
                        .build());

        assertThat(openAi.batches().retrieve(batch.id()).status()).isEqualTo(Batch.Status.COMPLETED);
        assertThat(server.standing("all").settled())
                .isEqualTo(simulator.invoice().nanoUsd())
                .isPositive();
    }

    @Test
    void aModelWithoutAPriceIsRefusedWhereMoneyIsCountedAndElseCounted() {
        server.alias(ACME, "large", "sim", "sim-large");
        Batch free = begin(openAi, questions(1, "large", 5));
        openAi.batches().retrieve(free.id());
        await().untilAsserted(() -> assertThat(usage.records()).singleElement().satisfies(each -> {
            assertThat(each.end().target().priceVersion()).isEmpty();
            assertThat(each.end().usage().outputSideTokens()).isEqualTo(5);
            assertThat(each.costNanoUsd()).isZero();
        }));
        server.budget(1_000_000_000);

        assertThatThrownBy(() -> begin(openAi, questions(1, "large", 5)))
                .hasMessageContaining("The model 'sim-large' of 'sim' has no price here");
        assertThat(server.standing("all").leased()).isZero();
    }
}
