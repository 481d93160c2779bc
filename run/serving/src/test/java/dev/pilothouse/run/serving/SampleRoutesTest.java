package dev.pilothouse.run.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.ColumnsConfig;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.onnx.LoadGuard;
import dev.pilothouse.testkit.MemoryBlobs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is asked about sampled requests, over the real columns. */
class SampleRoutesTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:30:30Z");
    private static final long MINUTE = 60_000_000;

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private Columns columns;
    private Endpoints endpoints;
    private Edge edge;

    @BeforeEach
    void start() {
        InstantSource clock = () -> NOW;
        columns = DuckColumns.open(ColumnsConfig.in(folder.resolve("columns")), clock);
        endpoints = new Endpoints(
                new MemoryBlobs(),
                columns,
                new SimpleMeterRegistry(),
                LoadGuard.none(),
                clock,
                ServingConfig.of(folder.resolve("serving")));
        var routes = new RouteTable();
        new SampleRoutes(columns, clock).addTo(routes);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(
                        switch (key) {
                            case "acme" -> Optional.of(caller("acme", Role.ENGINEER));
                            case "other" -> Optional.of(caller("other", Role.ENGINEER));
                            case "viewer" -> Optional.of(caller("acme", Role.VIEWER));
                            default -> Optional.empty();
                        }));
    }

    @AfterEach
    void stop() throws Exception {
        edge.close();
        endpoints.close();
        columns.close();
        client.close();
    }

    private static Caller caller(String tenant, Role role) {
        return new Caller(tenant, "ada", "ada", Caller.Kind.PERSON, Set.of(role));
    }

    private void sample(long minutesAgo, String id, String version, boolean shadow, long micros, long status) {
        long at = NOW.toEpochMilli() * 1_000 - minutesAgo * MINUTE;
        String outputs = status < 400 ? "[{\"y\":2.0}]" : "";
        columns.append(
                        "acme",
                        SampleLog.SIGNAL,
                        List.of(new Columns.Row(
                                at, id, "fraud", "r1", version, shadow, micros, status, "[{\"x\":1.0}]", outputs)))
                .join();
    }

    private HttpResponse<String> get(String path, String key) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(edge.address() + "/api/v1/services/fraud/" + path))
                .header("x-api-key", key)
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private JsonNode items(String path, String key) throws Exception {
        return Json.parse(get(path, key).body()).path("items");
    }

    @Test
    void theLastRequestsAreShownWithWhatWentInAndCameOut() throws Exception {
        sample(3, "a", "1", false, 1_500, 200);
        sample(2, "b", "2", true, 2_500, 200);
        sample(1, "c", "1", false, 900, 503);
        sample(90, "old", "1", false, 900, 200);
        columns.flush().join();
        JsonNode all = items("samples", "acme");
        assertThat(all).extracting(item -> item.path("requestId").asString()).containsExactly("c", "b", "a");
        JsonNode first = all.get(2);
        assertThat(first.path("millis").doubleValue()).isEqualTo(1.5);
        assertThat(first.path("inputs").toString()).isEqualTo("[{\"x\":1.0}]");
        assertThat(first.path("outputs").toString()).isEqualTo("[{\"y\":2.0}]");
        assertThat(first.path("at").asString()).isEqualTo("2026-11-26T12:27:30Z");
        assertThat(all.get(1).path("shadow").booleanValue()).isTrue();
        assertThat(all.get(0).path("outputs").isNull()).isTrue();
        assertThat(items("samples?status=failed", "acme"))
                .extracting(item -> item.path("requestId").asString())
                .containsExactly("c");
        assertThat(items("samples?version=2", "acme"))
                .extracting(item -> item.path("requestId").asString())
                .containsExactly("b");
        assertThat(items("samples?minutes=120", "acme")).hasSize(4);
        assertThat(items("samples?limit=1", "acme")).hasSize(1);
    }

    @Test
    void timesAreTheMiddleAndTheEndsByVersionAndMinuteWithoutShadowsAndFailures() throws Exception {
        for (int i = 1; i <= 100; i++) {
            sample(2, "m" + i, "1", false, i * 1_000L, 200);
        }
        sample(1, "n", "2", false, 7_000, 200);
        sample(1, "s", "2", true, 90_000, 200);
        sample(1, "f", "2", false, 90_000, 500);
        columns.flush().join();
        JsonNode versions = Json.parse(get("latency", "viewer").body()).path("versions");
        assertThat(versions).hasSize(2);
        JsonNode point = versions.get(0).path("points").get(0);
        assertThat(point.path("at").asString()).isEqualTo("2026-11-26T12:28:00Z");
        assertThat(point.path("samples").intValue()).isEqualTo(100);
        assertThat(point.path("p50").doubleValue()).isEqualTo(50.5);
        assertThat(point.path("p95").doubleValue()).isBetween(95.0, 95.1);
        JsonNode other = versions.get(1).path("points").get(0);
        assertThat(other.path("p99").doubleValue()).isEqualTo(7);
    }

    @Test
    void whatWentInIsForEngineersOfTheSameOrganisationOnly() throws Exception {
        sample(1, "a", "1", false, 1_500, 200);
        columns.flush().join();
        assertThat(items("samples", "other")).isEmpty();
        assertThat(get("samples", "viewer").statusCode()).isEqualTo(403);
        assertThat(get("samples", "nobody").statusCode()).isEqualTo(401);
        assertThat(get("samples?status=slow", "acme").statusCode()).isEqualTo(400);
        assertThat(get("latency?minutes=0", "acme").statusCode()).isEqualTo(400);
    }
}
