package dev.pilothouse.platform.spans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SpanExporterTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final Queue<JsonNode> requests = new ConcurrentLinkedQueue<>();
    private final Queue<String> keys = new ConcurrentLinkedQueue<>();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private HttpServer collector;
    private SpanExporter exporter;

    private record Answer(int status, String body) {}

    @BeforeEach
    void start() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", this::take);
        collector.start();
        exporter = new SpanExporter(new OtlpConfig(
                OtlpConfig.traces("http://127.0.0.1:" + collector.getAddress().getPort() + "/")
                        .orElseThrow(),
                OtlpConfig.headers("api-key = secret, x=y").orElseThrow(),
                "1.2"));
    }

    @AfterEach
    void stop() {
        exporter.close();
        collector.stop(0);
    }

    private void take(HttpExchange exchange) throws IOException {
        keys.add(exchange.getRequestHeaders().getFirst("api-key"));
        requests.add(Json.parse(exchange.getRequestBody().readAllBytes()));
        Answer answer = answers.isEmpty() ? new Answer(200, "{\"partialSuccess\":{}}") : answers.remove();
        byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static Span span(String failure) {
        return new Span(
                TRACE,
                "00f067aa0ba902b7",
                "",
                "chat small",
                Span.Kind.CLIENT,
                Instant.parse("2026-01-01T00:00:00.000000001Z"),
                Instant.parse("2026-01-01T00:00:01Z"),
                failure,
                Map.of("gen_ai.usage.input_tokens", 17L));
    }

    @Test
    void spansAreToldAsTheProtocolHasThem() {
        exporter.add(span("it timed out"));
        await().untilAsserted(() -> assertThat(exporter.sent()).isEqualTo(1));
        JsonNode span = requests.element().at("/resourceSpans/0/scopeSpans/0/spans/0");
        assertThat(Json.write(span)).isEqualTo("""
                        {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","name":"chat small","kind":3,\
                        "startTimeUnixNano":"1767225600000000001","endTimeUnixNano":"1767225601000000000",\
                        "attributes":[{"key":"gen_ai.usage.input_tokens","value":{"intValue":"17"}}],\
                        "status":{"code":2,"message":"it timed out"}}""");
        assertThat(requests.element().at("/resourceSpans/0/resource/attributes").toString())
                .contains("service.name", "pilothouse");
        assertThat(keys).containsExactly("secret");
    }

    @Test
    void aCollectorThatIsBusyIsAskedAgainAndWhatItRejectsIsCounted() {
        answers.add(new Answer(503, ""));
        answers.add(new Answer(200, "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"old\"}}"));
        exporter.add(span(""));
        exporter.add(span(""));
        await().untilAsserted(() -> assertThat(exporter.dropped()).isEqualTo(1));
        assertThat(exporter.sent()).isEqualTo(1);
        assertThat(requests).hasSize(2);
    }

    @Test
    void whatACollectorDoesNotUnderstandIsNotSentAgain() {
        answers.add(new Answer(400, "no"));
        exporter.add(span(""));
        await().untilAsserted(() -> assertThat(exporter.dropped()).isEqualTo(1));
        assertThat(requests).hasSize(1);
    }

    @Test
    void whatWaitsIsSentAtTheEnd() {
        for (int i = 0; i < 2_000; i++) {
            exporter.add(span(""));
        }
        exporter.close();
        assertThat(exporter.sent()).isEqualTo(2_000);
    }

    @Test
    void noMoreIsKeptThanFits() {
        exporter.close();
        for (int i = 0; i < 20_000; i++) {
            exporter.add(span(""));
        }
        assertThat(exporter.dropped()).isEqualTo(20_000 - 16_384);
    }

    @Test
    void addressesThatAreNoneAreRefused() {
        for (String address : new String[] {"collector:4318", "ftp://a", "http://a?b", "http://u:p@a", "http://", ""}) {
            assertThat(OtlpConfig.traces(address)).as(address).isEmpty();
        }
        assertThat(OtlpConfig.headers("key")).isEmpty();
        assertThat(OtlpConfig.headers("")).contains(Map.of());
        assertThat(Span.newId()).matches("[0-9a-f]{16}").isNotEqualTo(Span.newId());
    }
}
