package dev.pilothouse.run.serving;

import static dev.pilothouse.run.serving.ModelServer.TENANT;
import static dev.pilothouse.run.serving.ModelServer.error;
import static dev.pilothouse.run.serving.ModelServer.json;
import static dev.pilothouse.run.serving.ModelServer.spec;
import static dev.pilothouse.run.serving.ModelServer.withControl;
import static dev.pilothouse.run.serving.ModelServer.withShadow;
import static dev.pilothouse.run.serving.ModelServer.x;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import dev.pilothouse.kernel.Buckets;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.run.serving.EndpointSpec.Variant;
import dev.pilothouse.testkit.OnnxBytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Versions behind an endpoint: swaps, splits, shadows, counts and labels. */
class RolloutTest {
    private static final ModelServer server = new ModelServer();

    @AfterEach
    void clear() {
        server.clear();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private Variant adding(int version, int weight) {
        return new Variant(Integer.toString(version), server.onnx(OnnxBytes.adding(version, 2)), weight);
    }

    private AggregatedHttpResponse ask(String requestId) {
        return server.post("/v2/models/m/infer", x("FP32", "[1,2]", "[0,0]"), "x-request-id", requestId);
    }

    @Test
    void noRequestIsLostWhileVersionsSwapUnderLoad() {
        server.endpoints.apply(spec("m", adding(1, 1_000))).join();
        var running = new AtomicBoolean(true);
        var answered = new AtomicInteger();
        List<String> wrong = new ArrayList<>();
        List<Thread> clients = new ArrayList<>();
        for (int c = 0; c < 8; c++) {
            clients.add(Thread.ofVirtual().start(() -> {
                while (running.get()) {
                    AggregatedHttpResponse response = ask("r");
                    JsonNode body = json(response);
                    double expected = body.path("model_version").asInt(-1);
                    if (response.status().code() != 200
                            || body.at("/outputs/0/data/0").asDouble() != expected
                            || !body.path("model_version")
                                    .asString()
                                    .equals(response.headers().get("x-pilothouse-version"))) {
                        synchronized (wrong) {
                            wrong.add(body.toString());
                        }
                    }
                    answered.incrementAndGet();
                }
            }));
        }
        for (int version = 2; version <= 30; version++) {
            EndpointSpec next = spec("m", adding(version, 1_000));
            server.endpoints
                    .apply(version % 3 == 1 ? withControl(next, 300) : next)
                    .join();
        }
        int before = answered.get();
        await().until(() -> answered.get() > before + 50);
        running.set(false);
        clients.forEach(RolloutTest::join);
        assertThat(wrong).isEmpty();
        assertThat(json(ask("r")).path("model_version").asString()).isEqualTo("30");
        assertThat(threads("onnx-")).as("threads of drained versions end").isEqualTo(1);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long threads(String prefix) {
        await().until(() -> count(prefix) <= 1);
        return count(prefix);
    }

    private static long count(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith(prefix))
                .count();
    }

    @Test
    void aControlAnswersItsShareFromThreadsOfItsOwnAndIsCountedApart() {
        var spec = withControl(spec("m", adding(1, 800), adding(2, 200)), 200);
        server.endpoints.apply(spec).join();
        await().until(() -> count("onnx-") == 3);
        for (int i = 0; i < 1_000; i++) {
            assertThat(ask("key-" + i).status().code()).isEqualTo(200);
        }
        List<OutcomeCount> counts = server.endpoints.takeCounts();
        long control = requests(counts, "1", true);
        assertThat(control).isBetween(140L, 260L);
        assertThat(requests(counts, "2", false)).isBetween(140L, 260L);
        assertThat(requests(counts, "1", false) + requests(counts, "2", false) + control)
                .isEqualTo(1_000);
        server.endpoints.apply(spec("m", adding(1, 1_000))).join();
        assertThat(threads("onnx-")).as("the control's threads end with it").isEqualTo(1);
        ask("later");
        assertThat(requests(server.endpoints.takeCounts(), "1", true)).isZero();
    }

    private static long requests(List<OutcomeCount> counts, String version, boolean control) {
        return counts.stream()
                .filter(count -> count.version().equals(version) && count.control() == control)
                .mapToLong(OutcomeCount::requests)
                .sum();
    }

    @Test
    void aKeyInTheCanaryStaysThereAsTheWeightRises() {
        List<String> inside = List.of();
        for (int weight : new int[] {50, 100, 250, 500, 1_000}) {
            var endpoint = split(weight);
            List<String> now = new ArrayList<>();
            for (int i = 0; i < 5_000; i++) {
                if (endpoint.choose("key-" + i).version().equals("2")) {
                    now.add("key-" + i);
                }
            }
            assertThat(now).containsAll(inside);
            assertThat(now.size()).isBetween(weight * 5 - 150, weight * 5 + 150);
            inside = now;
        }
    }

    private LiveEndpoint split(int weight) {
        server.endpoints
                .apply(spec("m", adding(1, 1_000 - weight), adding(2, weight)))
                .join();
        return server.endpoints.table().require(TENANT, "m");
    }

    @Test
    void headerKeyThenParameterThenRequestIdDecideTheVariant() {
        split(500);
        String in = key(true);
        String out = key(false);
        assertThat(version(out, x("FP32", "[1,2]", "[0,0]"), in)).isEqualTo("2");
        String withParameter =
                x("FP32", "[1,2]", "[0,0]").replaceFirst("\\{", "{\"parameters\":{\"routing_key\":\"" + in + "\"},");
        assertThat(version(out, withParameter, "")).isEqualTo("2");
        assertThat(version(in, withParameter, out)).isEqualTo("1");
        assertThat(version(in, x("FP32", "[1,2]", "[0,0]"), "")).isEqualTo("2");
    }

    private static String key(boolean canary) {
        int i = 0;
        while (Buckets.of("k" + i, "r1") < 500 != canary) {
            i++;
        }
        return "k" + i;
    }

    private String version(String requestId, String body, String key) {
        AggregatedHttpResponse response = key.isEmpty()
                ? server.post("/v2/models/m/infer", body, "x-request-id", requestId)
                : server.post("/v2/models/m/infer", body, "x-request-id", requestId, "x-pilothouse-key", key);
        return json(response).path("model_version").asString();
    }

    @Test
    void aPinnedVersionAnswersAndIsNotCounted() {
        split(100);
        AggregatedHttpResponse response = server.post("/v2/models/m/versions/2/infer", x("FP32", "[1,2]", "[0,0]"));
        assertThat(json(response).path("model_version").asString()).isEqualTo("2");
        assertThat(server.endpoints.takeCounts()).isEmpty();
    }

    @Test
    void countsAreTakenExactlyOnceAndClientFaultsAreNotAmongThem() {
        server.endpoints
                .apply(spec("counted", new Variant("1", server.onnx(OnnxBytes.table(10, 20, 30)), 1_000)))
                .join();
        server.post("/v2/models/counted/infer", x("INT64", "[1]", "[1]"));
        server.post("/v2/models/counted/infer", x("INT64", "[1]", "[5]"));
        server.post("/v2/models/counted/infer", x("INT64", "[1,1]", "[1]"));
        List<OutcomeCount> counts = server.endpoints.takeCounts();
        assertThat(counts.stream().mapToLong(OutcomeCount::requests).sum()).isEqualTo(2);
        assertThat(counts.stream().mapToLong(OutcomeCount::errors).sum()).isEqualTo(1);
        assertThat(server.endpoints.takeCounts()).isEmpty();
        assertThat(server.meters
                        .get("pilothouse.inference")
                        .tags("model", "counted", "version", "1", "outcome", "answered")
                        .timers())
                .anySatisfy(t -> assertThat(t.count()).isEqualTo(1));
    }

    @Test
    void aVersionThatDoesNotLoadLeavesTheOldOneServing() {
        server.endpoints.apply(spec("m", adding(1, 1_000))).join();
        var broken = new Variant("2", server.onnx(new byte[] {1, 2, 3}), 1_000);
        assertThatThrownBy(() -> server.endpoints.apply(spec("m", broken)).join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.code()).isEqualTo(ServingError.MODEL_UNLOADABLE);
                    assertThat(e.detail()).contains("Model 'm' version '2'");
                });
        assertThat(json(ask("r")).path("model_version").asString()).isEqualTo("1");
    }

    @Test
    void aShadowIsCountedButNeverAnswers() {
        var shadow = new Variant("2", server.onnx(OnnxBytes.table(10, 20, 30)), 0);
        server.endpoints
                .apply(withShadow(
                        spec("m", new Variant("1", server.onnx(OnnxBytes.identity(OnnxBytes.INT64, "N")), 1_000)),
                        shadow))
                .join();
        List<OutcomeCount> counts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            AggregatedHttpResponse response = server.post("/v2/models/m/infer", x("INT64", "[1]", "[" + (i % 4) + "]"));
            assertThat(json(response).path("model_version").asString()).isEqualTo("1");
            assertThat(response.status().code()).isEqualTo(200);
        }
        await().untilAsserted(() -> {
            counts.addAll(server.endpoints.takeCounts());
            assertThat(counts.stream()
                            .filter(OutcomeCount::shadow)
                            .mapToLong(OutcomeCount::requests)
                            .sum())
                    .isEqualTo(20);
        });
        assertThat(counts.stream()
                        .filter(OutcomeCount::shadow)
                        .mapToLong(OutcomeCount::errors)
                        .sum())
                .isEqualTo(5);
        assertThat(counts.stream()
                        .filter(c -> !c.shadow())
                        .mapToLong(OutcomeCount::errors)
                        .sum())
                .isZero();
    }

    @Test
    void copiesToABusyShadowAreDroppedAndCounted() {
        var slow = new Variant("2", server.onnx(OnnxBytes.slow(8)), 0);
        var fast = new Variant("1", server.onnx(OnnxBytes.identity(OnnxBytes.FLOAT, "1")), 1_000);
        server.endpoints.apply(withShadow(spec("m", fast), slow)).join();
        for (int i = 0; i < 100; i++) {
            assertThat(server.post("/v2/models/m/infer", x("FP32", "[1]", "[1]"))
                            .status()
                            .code())
                    .isEqualTo(200);
        }
        assertThat(server.meters
                        .get("pilothouse.inference.shadow.dropped")
                        .tag("version", "2")
                        .counter()
                        .count())
                .isPositive();
    }

    @Test
    void aLabelCountsForTheVariantThatAnsweredAndForItsShadowOnce() {
        var shadow = new Variant("2", server.onnx(OnnxBytes.adding(2, 1)), 0);
        server.endpoints
                .apply(withShadow(spec("m", new Variant("1", server.onnx(OnnxBytes.adding(1, 1)), 1_000)), shadow))
                .join();
        server.post("/v2/models/m/infer", x("FP32", "[1,1]", "[0]"), "x-request-id", "a");
        server.post(
                "/v2/models/m/infer",
                x("FP32", "[1,1]", "[0]").replaceFirst("\\{", "{\"id\":\"mine\","),
                "x-request-id",
                "b");
        assertThat(server.endpoints.feedback(TENANT, "m", "a", "", "1")).isTrue();
        assertThat(server.endpoints.feedback(TENANT, "m", "a", "y", "7")).isTrue();
        assertThat(server.endpoints.feedback(TENANT, "m", "mine", "y", "2.0")).isTrue();
        assertThat(server.endpoints.feedback(TENANT, "m", "unknown", "y", "1")).isFalse();
        assertThatThrownBy(() -> server.endpoints.feedback(TENANT, "none", "a", "y", "1"))
                .isInstanceOf(PilothouseException.class);
        List<OutcomeCount> counts = new ArrayList<>();
        await().untilAsserted(() -> {
            counts.addAll(server.endpoints.takeCounts());
            assertThat(counts.stream().mapToLong(OutcomeCount::labelled).sum()).isEqualTo(4);
        });
        assertThat(counts.stream()
                        .filter(c -> !c.shadow())
                        .mapToLong(OutcomeCount::wrong)
                        .sum())
                .isEqualTo(1);
        assertThat(counts.stream()
                        .filter(OutcomeCount::shadow)
                        .mapToLong(OutcomeCount::wrong)
                        .sum())
                .isEqualTo(1);
    }

    @Test
    void sampledRequestsAreLoggedAsRows() {
        var spec = new EndpointSpec(
                TENANT,
                "m",
                "r1",
                List.of(new Variant("1", server.onnx(OnnxBytes.fraud()), 1_000)),
                Optional.empty(),
                0,
                Optional.of(Duration.ofSeconds(1)),
                OptionalDouble.empty(),
                10,
                1);
        server.endpoints.apply(spec).join();
        server.post("/v2/models/m/infer", """
                {"inputs":[{"name":"amount","shape":[2,1],"datatype":"FP32","data":[3,0.1]},
                           {"name":"channel","shape":[2,1],"datatype":"BYTES","data":["web","x"]}]}""", "x-request-id", "s-1");
        await().until(() -> !server.columns.rows.isEmpty());
        List<@Nullable Object> row =
                Arrays.asList(server.columns.rows.getFirst().values());
        assertThat(row.get(0)).isEqualTo("s-1");
        assertThat(row.get(3)).isEqualTo("1");
        assertThat(row.get(6)).isEqualTo(200L);
        assertThat(row.get(7)).isEqualTo("[{\"amount\":3.0,\"channel\":\"web\"},{\"amount\":0.1,\"channel\":\"x\"}]");
        assertThat(String.valueOf(row.get(8))).startsWith("[{\"label\":1,\"probability\":[");
    }

    @Test
    void requestsBeyondTheConcurrencyLimitAre429() {
        var spec = new EndpointSpec(
                TENANT,
                "m",
                "r1",
                List.of(new Variant("1", server.onnx(OnnxBytes.slow(12)), 1_000)),
                Optional.empty(),
                0,
                Optional.of(Duration.ofSeconds(1)),
                OptionalDouble.empty(),
                2,
                0);
        server.endpoints.apply(spec).join();
        List<CompletableFuture<AggregatedHttpResponse>> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(CompletableFuture.supplyAsync(
                    () -> server.post("/v2/models/m/infer", x("FP32", "[1]", "[1]")),
                    task -> Thread.ofVirtual().start(task)));
        }
        List<AggregatedHttpResponse> answers =
                all.stream().map(CompletableFuture::join).toList();
        assertThat(answers).anySatisfy(a -> {
            assertThat(a.status().code()).isEqualTo(429);
            assertThat(error(a)).contains("already has 2 requests in flight");
        });
        assertThat(answers).filteredOn(a -> a.status().code() == 200).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void removingAnEndpointDrainsIt() {
        server.endpoints.apply(spec("m", adding(1, 1_000))).join();
        server.endpoints.remove(TENANT, "m").join();
        assertThat(ask("r").status().code()).isEqualTo(404);
        assertThat(threads("onnx-")).isZero();
    }
}
