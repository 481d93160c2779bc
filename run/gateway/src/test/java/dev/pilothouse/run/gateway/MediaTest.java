package dev.pilothouse.run.gateway;

import static dev.pilothouse.run.gateway.GatewayServer.cost;
import static dev.pilothouse.run.gateway.GatewayServer.json;
import static dev.pilothouse.run.gateway.GatewayServer.told;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.WavBytes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures, speech, transcripts and orders of documents, each billed by tokens and by the piece. */
class MediaTest {
    private static final String FORM = "multipart/form-data; boundary=----x";
    private static final Map<String, String> MODELS = Map.of(
            "picture", "sim-image",
            "drawn", "sim-image-tokens",
            "spoken", "sim-speech",
            "said", "sim-speech-tokens",
            "heard", "sim-transcribe",
            "listened", "sim-transcribe-tokens",
            "ordered", "sim-rerank",
            "ranked", "sim-rerank-tokens");

    @TempDir
    private Path folder;

    private GatewayServer server;

    @BeforeEach
    void start() {
        server = new GatewayServer(folder);
        MODELS.forEach((alias, model) -> server.alias(alias, "sim", model));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> form(String path, String type, String form) {
        HttpRequest request = HttpRequest.newBuilder(server.address.resolve(path))
                .timeout(Duration.ofSeconds(20))
                .header("authorization", "Bearer " + GatewayServer.KEY)
                .header("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofString(form, StandardCharsets.ISO_8859_1))
                .build();
        try {
            return server.client().send(request, HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String part(String name, String text) {
        return "------x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n";
    }

    private static String file(String name, String content) {
        return "------x\r\nContent-Disposition: form-data; name=\"" + name
                + "\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n";
    }

    private HttpResponse<String> hear(String path, String model, String sound, String more) {
        return form("/v1/audio/" + path, FORM, part("model", model) + file("file", sound) + more + "------x--\n");
    }

    private HttpResponse<String> edit(String path, String model, String more) {
        return form(
                "/v1/images/" + path,
                FORM,
                part("model", model) + part("prompt", "A harbour") + file("image", "picture") + more + "------x--\n");
    }

    /** Silence of so many milliseconds, as ISO 8859-1. */
    private static String wav(int millis) {
        return new String(WavBytes.silence(millis), StandardCharsets.ISO_8859_1);
    }

    private static long costOf(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("content-type").orElse("").startsWith("text/event-stream")
                ? Long.parseLong(told(answer.body()).path("costNanoUsd").asString())
                : cost(answer);
    }

    private static String speech(String model, String more) {
        return "{\"model\": \"" + model + "\", \"voice\": \"alloy\", \"input\": \"Käpt'n \uD83D\uDEA2\"" + more + "}";
    }

    private static String documents(String model, int count) {
        var body = Json.object().put("model", model).put("query", "Where is the harbour?");
        var documents = body.putArray("documents");
        for (int i = 0; i < count; i++) {
            documents.add("A text of a ship " + i);
        }
        return Json.write(body);
    }

    @Test
    void everyKindCostsWhatTheInvoiceSays() {
        long sum = 0;
        for (String model : List.of("picture", "drawn")) {
            String body = "{\"model\": \"" + model + "\", \"prompt\": \"A harbour\", \"n\": 3";
            HttpResponse<String> images = server.post("/v1/images/generations", body + "}");
            assertThat(json(images).path("data")).hasSize(3);
            sum += costOf(images);
            HttpResponse<String> stream = server.post("/v1/images/generations", body + ", \"stream\": true}");
            assertThat(stream.body()).contains("event: image_generation.completed");
            sum += costOf(stream);
            sum += costOf(edit("edits", model, part("n", "2")));
            sum += costOf(edit("edits", model, part("stream", "true")));
            sum += costOf(edit("variations", model, ""));
        }
        sum += costOf(server.post("/v1/audio/speech", speech("spoken", "")));
        sum += costOf(server.post("/v1/audio/speech", speech("spoken", ", \"stream_format\": \"sse\"")));
        sum += costOf(server.post("/v1/audio/speech", speech("said", ", \"stream_format\": \"sse\"")));
        for (String model : List.of("heard", "listened")) {
            for (String sound : List.of(wav(1_500), "not a wav at all")) {
                sum += costOf(hear("transcriptions", model, sound, ""));
                sum += costOf(hear("transcriptions", model, sound, part("response_format", "verbose_json")));
                sum += costOf(hear("transcriptions", model, sound, part("stream", "true")));
                sum += costOf(hear("translations", model, sound, part("prompt", "Ships")));
            }
        }
        sum += costOf(hear("transcriptions", "heard", wav(2_001), part("response_format", "srt")));
        for (int documents : new int[] {1, 100, 101}) {
            sum += costOf(server.post("/v1/rerank", documents("ordered", documents)));
            sum += costOf(server.post("/v2/rerank", documents("ranked", documents)));
        }
        assertThat(sum).isEqualTo(server.invoice().nanoUsd());
    }

    @Test
    void soundIsPassedOnAsItComesWithItsCostInFront() {
        HttpResponse<String> answer =
                server.post("/v1/audio/speech", speech("spoken", ", \"response_format\": \"wav\""));
        assertThat(answer.body())
                .isEqualTo("harbour light over calm water the pilot brings each ship safely through"
                        + " narrow straits by night");
        assertThat(answer.headers().firstValue("content-type")).contains("audio/wav");
        // A ship is one character, and two of UTF-16.
        assertThat(cost(answer)).isEqualTo(8 * 15_000);
        assertThat(answer.headers().firstValue("x-pilothouse-model")).contains("sim/sim-speech");
    }

    @Test
    void soundWhoseTokensNobodyTellsCostsItsCeiling() {
        server.budget("all", 1_000_000_000);
        long told = cost(server.post("/v1/audio/speech", speech("said", "")));
        assertThat(told).isGreaterThan(server.invoice().nanoUsd());
        assertThat(server.budgets.aboveCeiling()).isZero();
    }

    @Test
    void aPlainTranscriptIsPassedOnAsText() {
        HttpResponse<String> text = hear("transcriptions", "heard", wav(900), part("response_format", "text"));
        assertThat(text.body()).startsWith("harbour light");
        assertThat(text.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
        assertThat(cost(text)).isEqualTo(100_000).isEqualTo(server.invoice().nanoUsd());
    }

    @Test
    void onlyTheModelOfAFormIsChanged() throws Exception {
        var received = new ArrayList<String>();
        HttpServer provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.createContext("/v1/audio/transcriptions", exchange -> {
            received.add(exchange.getRequestHeaders().getFirst("content-type"));
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            byte[] answer = "{\"text\": \"Ahoy\", \"duration\": 1.25}".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        provider.start();
        try {
            server.declare(
                    "PUT",
                    "/api/v1/providers/other",
                    GatewayServer.provider(
                            "compatible",
                            "http://127.0.0.1:" + provider.getAddress().getPort() + "/v1"));
            server.alias("elsewhere", "other", "sim-transcribe");
            String body = file("file", "\u0000\u00ff\n------") + part("temperature", "0.2") + part("model", "elsewhere")
                    + "------x--\n";
            String type = "multipart/form-data; charset=utf-8; boundary=\"----x\"";
            HttpResponse<String> answer = form("/v1/audio/transcriptions", type, body);
            assertThat(json(answer).path("text").asString()).isEqualTo("Ahoy");
            assertThat(cost(answer)).isEqualTo(125_000);
            assertThat(received).containsExactly(type, body.replace("elsewhere", "sim-transcribe"));
        } finally {
            provider.stop(0);
        }
    }

    @Test
    void badFormsAreRefusedInTheProtocolsShape() {
        String whole = part("model", "heard") + file("file", "sound");
        for (HttpResponse<String> refused : List.of(
                form("/v1/audio/transcriptions", "application/json", "{\"model\": \"heard\"}"),
                form("/v1/audio/transcriptions", "multipart/form-data", whole + "------x--"),
                form("/v1/audio/transcriptions", "multipart/form-data; boundary=other", whole + "------x--"),
                form("/v1/audio/transcriptions", FORM, whole),
                form("/v1/audio/transcriptions", FORM, whole + part("model", "heard") + "------x--"),
                form("/v1/audio/translations", FORM, file("file", "sound") + "------x--"),
                form("/v1/images/edits", FORM, ""))) {
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
            assertThat(json(refused).at("/error/type").asString()).isEqualTo("invalid_request_error");
            assertThat(cost(refused)).isZero();
        }
        HttpResponse<String> unknown = hear("transcriptions", "nobody", "sound", "");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(json(unknown).at("/error/code").asString()).isEqualTo("model_not_found");
        assertThat(server.invoice().calls()).isZero();
    }

    @Test
    void aBudgetHoldsPicturesBeforeTheyAreMade() {
        server.budget("pictures", 100_000_000);
        String three = "{\"model\": \"picture\", \"prompt\": \"A harbour\", \"n\": 3}";
        assertThat(server.post("/v1/images/generations", three).statusCode()).isEqualTo(429);
        assertThat(server.post("/v1/images/generations", three.replace("3", "2"))
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused = server.post("/v1/images/generations", three.replace("3", "1"));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("x-should-retry")).contains("false");
        assertThat(server.invoice().nanoUsd()).isEqualTo(80_000_000);
    }

    @Test
    void whatHasNoPriceInAnyWayIsRefusedWhereABudgetCounts() {
        // A price for tokens says nothing of a model that tells none, and the other way round.
        server.alias("unpriced", "sim", "sim-moderation");
        String body = "{\"model\": \"unpriced\", \"prompt\": \"A harbour\"}";
        assertThat(server.post("/v1/images/generations", body).headers().firstValue("x-pilothouse-price-version"))
                .contains("unpriced");
        server.budget("all", 1_000_000_000);
        HttpResponse<String> refused = server.post("/v1/images/generations", body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(json(refused).at("/error/code").asString()).isEqualTo("model_unpriced");
        // A chat has no characters that are spoken.
        assertThat(server.post(
                                "/v1/chat/completions",
                                "{\"model\": \"spoken\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}")
                        .statusCode())
                .isEqualTo(422);
    }

    @Test
    void aFormFallsBackAsAChatDoes() {
        server.price("sim-transcribe;failure-rate=1", "sim-transcribe");
        server.declare("PUT", "/api/v1/aliases/steady", """
                {"targets": [{"provider": "sim", "model": "sim-transcribe;failure-rate=1"}],
                 "fallbacks": [{"provider": "sim", "model": "sim-transcribe"}]}
                """);
        HttpResponse<String> answer = hear("transcriptions", "steady", wav(3_000), "");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-pilothouse-model")).contains("sim/sim-transcribe");
        assertThat(cost(answer)).isEqualTo(300_000).isEqualTo(server.invoice().nanoUsd());
    }

    @Test
    void aRandomMixIsBilledAsTheInvoiceSaysAndNoCallIsAboveItsCeiling() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        server.budget("all", 10_000_000_000L);
        long sum = 0;
        for (int i = 0; i < 60; i++) {
            String wav = wav(1 + random.nextInt(4_000));
            sum += costOf(
                    switch (random.nextInt(6)) {
                        case 0 ->
                            server.post(
                                    "/v1/images/generations",
                                    "{\"model\": \"" + (random.nextBoolean() ? "picture" : "drawn")
                                            + "\", \"prompt\": \"A ship\", \"stream\": " + random.nextBoolean()
                                            + ", \"n\": " + (1 + random.nextInt(4)) + "}");
                        case 1 -> edit("edits", random.nextBoolean() ? "picture" : "drawn", "");
                        case 2 -> server.post("/v1/audio/speech", speech("spoken", ""));
                        case 3 -> hear("transcriptions", "heard", wav, "");
                        case 4 -> hear("translations", "listened", wav, "");
                        default ->
                            server.post(
                                    "/v1/rerank",
                                    documents(random.nextBoolean() ? "ordered" : "ranked", 1 + random.nextInt(300)));
                    });
        }
        assertThat(sum).as("seed %d", seed).isEqualTo(server.invoice().nanoUsd());
        assertThat(server.budgets.aboveCeiling()).as("seed %d", seed).isZero();
    }
}
