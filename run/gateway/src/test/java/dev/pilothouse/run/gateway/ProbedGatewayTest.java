package dev.pilothouse.run.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import dev.pilothouse.platform.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A provider whose probes fail is passed over before any client's call meets it. */
class ProbedGatewayTest {
    private static final String CHAT = """
            {"model": "chat", "messages": [{"role": "user", "content": "hello"}]}
            """;

    @TempDir
    private Path folder;

    private final AtomicReference<HttpStatus> health = new AtomicReference<>(HttpStatus.SERVICE_UNAVAILABLE);
    private final AtomicReference<String> key = new AtomicReference<>("");
    private final AtomicInteger asked = new AtomicInteger();
    private GatewayServer server;
    private Server provider;

    @BeforeEach
    void start() {
        server = new GatewayServer(folder);
        provider = Server.builder()
                .http(0)
                .service("/health", (_, request) -> {
                    key.set(request.headers().get("authorization", ""));
                    return HttpResponse.of(health.get());
                })
                .service("/moved", (_, _) -> HttpResponse.ofRedirect("/health"))
                .service("/v1/chat/completions", (_, _) -> {
                    asked.incrementAndGet();
                    return HttpResponse.of(HttpStatus.OK, MediaType.JSON, """
                            {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": "hi"}}],
                             "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
                            """);
                })
                .build();
        provider.start().join();
        server.declare("PUT", "/api/v1/aliases/chat", """
                {"targets": [{"provider": "sim", "model": "sim-mini"}]}
                """);
    }

    @AfterEach
    void stop() {
        server.close();
        provider.stop().join();
    }

    private void probe(String path) {
        String declared =
                GatewayServer.provider("compatible", "http://127.0.0.1:" + provider.activeLocalPort() + "/v1");
        server.declare(
                "PUT",
                "/api/v1/providers/probed",
                declared.strip().replaceFirst("}$", ", \"probe\": {\"path\": \"" + path + "\", \"everySeconds\": 5}}"));
        server.declare("PUT", "/api/v1/aliases/chat", """
                {"targets": [{"provider": "probed", "model": "m"}], "fallbacks": [{"provider": "sim", "model": "sim-mini"}]}
                """);
    }

    private JsonNode health() {
        return Json.parse(server.send("GET", "/api/v1/providers", "").body())
                .path("items")
                .valueStream()
                .filter(item -> item.path("name").stringValue().equals("probed"))
                .findFirst()
                .orElseThrow()
                .path("health");
    }

    private void await(boolean up) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> assertThat(health().path("up").asBoolean(!up)).isEqualTo(up));
    }

    private String answeredBy() {
        return server.post("/v1/chat/completions", CHAT)
                .headers()
                .firstValue("x-pilothouse-model")
                .orElseThrow();
    }

    @Test
    void aProviderThatFailsItsProbesIsPassedOverUntilOneSucceeds() {
        probe("/health");
        await(false);
        assertThat(health().path("why").stringValue()).isEqualTo("It answered 503.");
        assertThat(key.get()).isEqualTo("Bearer " + GatewayServer.PROVIDER_KEY);
        for (int i = 0; i < 20; i++) {
            assertThat(answeredBy()).isEqualTo("sim/sim-mini");
        }
        assertThat(asked.get()).as("no client's call met it").isZero();
        JsonNode told =
                Json.parse(server.send("GET", "/api/v1/gateway/health", "").body());
        assertThat(told.at("/providers/0/provider").stringValue()).isEqualTo("probed");
        assertThat(told.at("/providers/0/probes/0/up").asBoolean(true)).isFalse();
        assertThat(told.path("targets")
                        .valueStream()
                        .map(target -> target.path("breaker").stringValue()))
                .startsWith("down", "closed");
        health.set(HttpStatus.NO_CONTENT);
        await(true);
        assertThat(answeredBy()).isEqualTo("probed/m");
    }

    @Test
    void aProbeFollowsNobodyElsewhere() {
        health.set(HttpStatus.OK);
        probe("/moved");
        await(false);
        assertThat(health().path("why").stringValue()).isEqualTo("It answered 307.");
        assertThat(key.get()).isEmpty();
    }
}
