package dev.pilothouse.simulators.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class LlmSimulatorTest {
    private static final String HELLO =
            "{\"model\":\"sim-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello, you!!\"}]%s}";

    private final LlmSimulator simulator =
            LlmSimulator.start(SimulatorConfig.standard(), InstantSource.fixed(Instant.ofEpochSecond(1_700_000_000)));
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        client.shutdownNow();
        simulator.close();
    }

    private HttpRequest request(String path, String body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create(simulator.address() + path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .header("anthropic-version", "2023-06-01");
        return (headers.length == 0 ? request : request.headers(headers)).build();
    }

    private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        return client.send(request(path, body, headers), BodyHandlers.ofString());
    }

    @Test
    void aChatCompletionIsWholeAndItsLineIsWhatItSays() throws Exception {
        var reply = post(
                "/v1/chat/completions",
                HELLO.formatted(""),
                "x-sim-output-tokens",
                "3",
                "x-sim-cached-tokens",
                "4",
                "x-pilothouse-attempt",
                "a-1");
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("x-request-id")).contains("req_0-0");
        assertThat(reply.headers().firstValue("x-pilothouse-attempt")).contains("a-1");
        assertThat(reply.body())
                .isEqualTo("{\"id\":\"chatcmpl-0-0\",\"object\":\"chat.completion\",\"created\":1700000000,"
                        + "\"model\":\"sim-mini\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_sim\","
                        + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"harbour light over\","
                        + "\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                        + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":3,\"total_tokens\":13,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":4,\"audio_tokens\":0},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
                        + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}");
        // 6 x 150 + 4 x 15 + 3 x 600 nano-USD a token
        assertThat(simulator.invoice().lines(0, 10))
                .containsExactly(new Invoice.Line(
                        0, "req_0-0", "a-1", "sim-mini", new Usage(6, 4, 0, 0, 3, 0), 2760, Invoice.Line.State.ENDED));
    }

    @Test
    void aChatStreamIsExactToTheByte() throws Exception {
        var reply = post(
                "/v1/chat/completions",
                HELLO.formatted(",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":1"));
        String head = "data: {\"id\":\"chatcmpl-0-0\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                + "\"model\":\"sim-mini\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_sim\",\"choices\":[";
        assertThat(reply.body())
                .isEqualTo(head + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},"
                        + "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
                        + head + "{\"index\":0,\"delta\":{\"content\":\"harbour\"},\"logprobs\":null,"
                        + "\"finish_reason\":null}],\"usage\":null}\n\n"
                        + head + "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}],"
                        + "\"usage\":null}\n\n"
                        + head + "],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1,\"total_tokens\":11,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
                        + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}\n\n"
                        + "data: [DONE]\n\n");
    }

    @Test
    void aStreamOfMessagesHasAnthropicsEventsInOrder() throws Exception {
        String body = HELLO.formatted(",\"stream\":true,\"max_tokens\":2").replace("sim-mini", "sim-claude");
        var reply = post("/v1/messages", body);
        assertThat(reply.headers().firstValue("request-id")).contains("req_0-0");
        assertThat(reply.body().lines().filter(line -> line.startsWith("event: ")))
                .containsExactly(
                        "event: message_start",
                        "event: ping",
                        "event: content_block_start",
                        "event: content_block_delta",
                        "event: content_block_delta",
                        "event: content_block_stop",
                        "event: message_delta",
                        "event: message_stop");
        assertThat(reply.body())
                .contains("data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\","
                        + "\"stop_sequence\":null},\"usage\":{\"input_tokens\":7,\"cache_creation_input_tokens\":0,"
                        + "\"cache_read_input_tokens\":0,\"output_tokens\":2}}\n\n");
        assertThat(post("/v1/messages/count_tokens", body).body()).isEqualTo("{\"input_tokens\":7}");
    }

    @Test
    void eventsOfAResponseAreNumberedAndEveryOneIsJson() throws Exception {
        String body = "{\"model\":\"sim-mini;tool-calls=2\",\"input\":\"hi\",\"stream\":true,"
                + "\"tools\":[{\"type\":\"function\",\"name\":\"a\"},{\"type\":\"function\",\"name\":\"b\"}]}";
        var events = new ArrayList<JsonNode>();
        post("/v1/responses", body)
                .body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .forEach(line -> events.add(Json.parse(line.substring(6))));
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).get("sequence_number").intValue()).isEqualTo(i);
        }
        JsonNode last = events.getLast();
        assertThat(last.get("type").stringValue()).isEqualTo("response.completed");
        JsonNode output = last.get("response").get("output");
        assertThat(output).hasSize(2);
        assertThat(Json.parse(output.get(1).get("arguments").stringValue())
                        .get("text")
                        .stringValue())
                .startsWith("harbour light");
    }

    @Test
    void errorsHaveTheProvidersShapes() throws Exception {
        assertThat(post("/v1/chat/completions", "{\"model\":").body())
                .isEqualTo("{\"error\":{\"message\":\"We could not parse the JSON body of your request.\","
                        + "\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}");
        assertThat(post("/v1/chat/completions", HELLO.formatted(",\"max_tokens\":-1"))
                        .statusCode())
                .isEqualTo(400);
        var busy = post(
                "/v1/messages",
                HELLO.formatted(",\"max_tokens\":9"),
                "x-sim-failure-rate",
                "1",
                "x-sim-failure-status",
                "429",
                "x-sim-retry-after",
                "7");
        assertThat(busy.statusCode()).isEqualTo(429);
        assertThat(busy.headers().firstValue("retry-after")).contains("7");
        assertThat(busy.body()).startsWith("{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"");
        assertThat(simulator.invoice().lines(0, 9)).singleElement().satisfies(line -> {
            assertThat(line.state()).isEqualTo(Invoice.Line.State.FAILED);
            assertThat(line.nanoUsd()).isZero();
        });
        simulator.configure(simulator.config().with(Json.object().put("api-key", "k")));
        assertThat(post("/v1/chat/completions", HELLO.formatted("")).statusCode())
                .isEqualTo(401);
        assertThat(post("/v1/chat/completions", HELLO.formatted(""), "authorization", "Bearer k")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aClientThatLeavesPaysForWhatWasGeneratedAndNoMore() throws Exception {
        var reply = client.send(
                request(
                        "/v1/chat/completions",
                        HELLO.formatted(",\"stream\":true"),
                        "x-sim-output-tokens",
                        "100000",
                        "x-sim-token-ms",
                        "5"),
                BodyHandlers.ofInputStream());
        try (InputStream stream = reply.body()) {
            assertThat(stream.readNBytes(2000)).hasSize(2000);
        }
        await().untilAsserted(() -> assertThat(simulator.invoice().lines(0, 9))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.state()).isEqualTo(Invoice.Line.State.ABORTED);
                    assertThat(line.usage().output()).isBetween(1, 50_000);
                    assertThat(line.nanoUsd())
                            .isEqualTo(10 * 150L + line.usage().output() * 600L);
                }));
    }

    @Test
    void aCutStreamIsResetAndBilledUpToTheCut() {
        assertThatThrownBy(() -> post(
                        "/v1/chat/completions",
                        HELLO.formatted(",\"stream\":true"),
                        "x-sim-fault",
                        "cut",
                        "x-sim-fault-after",
                        "5"))
                .isInstanceOf(IOException.class);
        assertThat(simulator.invoice().lines(0, 9)).singleElement().satisfies(line -> {
            assertThat(line.state()).isEqualTo(Invoice.Line.State.BROKEN);
            assertThat(line.usage().output()).isEqualTo(5);
        });
    }

    @Test
    void aClientThatTriesHttp2FirstIsServed() {
        var reply = WebClient.of(simulator.address())
                .blocking()
                .execute(
                        RequestHeaders.of(HttpMethod.POST, "/v1/embeddings"),
                        "{\"model\":\"sim-embedding\",\"input\":[\"a\",\"a\"],\"dimensions\":2}");
        JsonNode data = Json.parse(reply.contentUtf8()).get("data");
        assertThat(data.get(0).get("embedding"))
                .hasSize(2)
                .isEqualTo(data.get(1).get("embedding"));
    }

    @Test
    void theInvoiceIsTheSumOfWhatTwentyThousandAnswersSaid() throws Exception {
        simulator.configure(simulator
                .config()
                .with(Json.object()
                        .set(
                                "controls",
                                Json.object()
                                        .put("output-tokens", "uniform:0-60")
                                        .put("failure-rate", "0.1"))));
        var output = new AtomicLong();
        var nano = new AtomicLong();
        var failed = new AtomicLong();
        var room = new Semaphore(64);
        int calls = 20_000;
        var all = new ArrayList<CompletableFuture<?>>();
        for (int i = 0; i < calls; i++) {
            room.acquire();
            all.add(client.sendAsync(request("/v1/chat/completions", HELLO.formatted("")), BodyHandlers.ofString())
                    .thenAccept(reply -> {
                        if (reply.statusCode() == 200) {
                            JsonNode usage = Json.parse(reply.body()).get("usage");
                            long tokens = usage.get("completion_tokens").longValue();
                            output.addAndGet(tokens);
                            nano.addAndGet(usage.get("prompt_tokens").longValue() * 150 + tokens * 600);
                        } else {
                            failed.incrementAndGet();
                        }
                    })
                    .whenComplete((_, _) -> room.release()));
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        Invoice.Totals totals = simulator.invoice().totals().get("sim-mini");
        assertThat(totals).isNotNull().satisfies(of -> {
            assertThat(of.calls()).isEqualTo(calls);
            assertThat(of.open()).isZero();
            assertThat(of.failed()).isEqualTo(failed.get()).isBetween(1800L, 2200L);
            assertThat(of.output()).isEqualTo(output.get());
            assertThat(of.nanoUsd()).isEqualTo(nano.get());
        });
        assertThat(simulator.invoice().lines(0, calls).stream()
                        .mapToLong(Invoice.Line::nanoUsd)
                        .sum())
                .isEqualTo(nano.get());
    }

    @Test
    void aBatchAnswersEachLineAtHalfThePriceOnceItIsAskedFor() throws Exception {
        String line = """
                {"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "%s", "max_tokens": 3,\
                 "messages": [{"role": "user", "content": "hello"}]}}
                """;
        String form = "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                + "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
                + line.formatted("good", "sim-mini") + line.formatted("bad", "no-such-model") + "\r\n--x--\r\n";
        var file = Json.parse(post("/v1/files", form, "content-type", "multipart/form-data; boundary=x")
                .body());
        String asks = "{\"input_file_id\": \"" + file.path("id").asString()
                + "\", \"endpoint\": \"/v1/chat/completions\", \"completion_window\": \"24h\"}";
        var batch = Json.parse(post("/v1/batches", asks).body());
        assertThat(batch.path("status").asString()).isEqualTo("validating");
        assertThat(simulator.invoice().calls()).isZero();

        var ended = Json.parse(get("/v1/batches/" + batch.path("id").asString()));

        assertThat(ended.path("status").asString()).isEqualTo("completed");
        assertThat(ended.at("/request_counts/failed").asInt()).isEqualTo(1);
        String output = get("/v1/files/" + ended.path("output_file_id").asString() + "/content");
        String errors = get("/v1/files/" + ended.path("error_file_id").asString() + "/content");
        assertThat(output.lines()).singleElement().asString().contains("\"custom_id\":\"good\"", "harbour light over");
        assertThat(errors.lines()).singleElement().asString().contains("\"custom_id\":\"bad\"", "\"status_code\":404");
        var told = simulator.invoice().lines(0, 10).getFirst();
        // Half of 150 and 600 nano-USD a token.
        assertThat(told.nanoUsd()).isEqualTo(told.usage().input() * 75L + 3 * 300);
        assertThat(simulator.invoice().calls()).isEqualTo(1);
    }

    private String get(String path) throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create(simulator.address() + path)).build();
        return client.send(request, BodyHandlers.ofString()).body();
    }
}
