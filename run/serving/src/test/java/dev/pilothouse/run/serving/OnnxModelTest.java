package dev.pilothouse.run.serving;

import static dev.pilothouse.run.serving.ModelServer.json;
import static dev.pilothouse.run.serving.ModelServer.spec;
import static dev.pilothouse.run.serving.ModelServer.x;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.serving.EndpointSpec.Variant;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** ONNX models in process: batching, types, broken files, raw columns. */
class OnnxModelTest {
    private static final ModelServer server = new ModelServer();

    @AfterEach
    void clear() {
        server.clear();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private List<AggregatedHttpResponse> together(int count, java.util.function.IntFunction<String> body) {
        List<CompletableFuture<AggregatedHttpResponse>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String text = body.apply(i);
            all.add(CompletableFuture.supplyAsync(
                    () -> server.post("/v2/models/m/infer", text),
                    task -> Thread.ofVirtual().start(task)));
        }
        return all.stream().map(CompletableFuture::join).toList();
    }

    @Test
    void requestsOfOneBatchGetTheirOwnRows() {
        server.serve("m", OnnxBytes.adding(1, 2));
        List<AggregatedHttpResponse> answers = together(
                300,
                i -> i % 3 == 0
                        ? x("FP32", "[2,2]", "[" + i + ",0,0," + i + "]")
                        : x("FP32", "[1,2]", "[" + i + ",0]"));
        for (int i = 0; i < 300; i++) {
            String expected =
                    i % 3 == 0 ? "[%d.0,1.0,1.0,%d.0]".formatted(i + 1, i + 1) : "[%d.0,1.0]".formatted(i + 1);
            assertThat(json(answers.get(i)).at("/outputs/0/data").toString()).isEqualTo(expected);
        }
    }

    @Test
    void oneBadRequestInABatchFailsAlone() {
        server.serve("m", OnnxBytes.table());
        List<AggregatedHttpResponse> answers =
                together(200, i -> x("INT64", "[1]", "[" + (i % 10 == 0 ? 99 : i % 3) + "]"));
        for (int i = 0; i < 200; i++) {
            assertThat(answers.get(i).status().code()).isEqualTo(i % 10 == 0 ? 500 : 200);
            if (i % 10 != 0) {
                assertThat(json(answers.get(i)).at("/outputs/0/data/0").asInt()).isEqualTo((i % 3 + 1) * 10);
            }
        }
    }

    @Test
    void aModelThatMixesItsRowsIsNotBatched() {
        server.serve(
                "m",
                new OnnxBytes()
                        .input("x", OnnxBytes.FLOAT, "N", "1")
                        .output("y", OnnxBytes.FLOAT, "N", "1")
                        .node("Softmax", "x", "y", OnnxBytes.Attribute.of("axis", 0L))
                        .bytes());
        for (AggregatedHttpResponse answer : together(100, i -> x("FP32", "[1,1]", "[" + i + "]"))) {
            assertThat(json(answer).at("/outputs/0/data/0").asDouble()).isEqualTo(1.0);
        }
    }

    @Test
    void scalarsAndEveryTypeThatOnnxTakesPassThrough() {
        server.serve("m", OnnxBytes.identity(OnnxBytes.FLOAT));
        assertThat(json(server.post("/v2/models/m/infer", x("FP32", "[]", "[4]")))
                        .at("/outputs/0/data/0")
                        .asInt())
                .isEqualTo(4);
        Object[][] types = {
            {9, "BOOL", "[true,false]"},
            {2, "UINT8", "[0,255]"},
            {3, "INT8", "[-128,127]"},
            {5, "INT16", "[-32768,32767]"},
            {6, "INT32", "[-2147483648,2147483647]"},
            {7, "INT64", "[-9223372036854775808,9223372036854775807]"},
            {1, "FP32", "[1.5,-3.4E38]"},
            {11, "FP64", "[0.1,1.0E300]"},
            {8, "BYTES", "[\"\",\"x\"]"}
        };
        for (Object[] type : types) {
            server.serve("m", OnnxBytes.identity((int) type[0], "N"));
            String name = (String) type[1];
            AggregatedHttpResponse answer = server.post("/v2/models/m/infer", x(name, "[2]", (String) type[2]));
            assertThat(json(answer).at("/outputs/0/data").toString())
                    .as(answer.contentUtf8())
                    .isEqualTo(type[2]);
            assertThat(json(answer).at("/outputs/0/datatype").asString()).isEqualTo(name);
        }
    }

    @Test
    void halfPrecisionGoesByBinaryTensor() {
        server.serve("m", OnnxBytes.identity(10, "N"));
        byte[] head = ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP16\",\"shape\":[1],"
                        + "\"parameters\":{\"binary_data_size\":2}}]}")
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] body = ByteBuffer.allocate(head.length + 2)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(head)
                .putShort(Float.floatToFloat16(1.5f))
                .array();
        AggregatedHttpResponse answer = server.post(
                "/v2/models/m/infer", body, "Inference-Header-Content-Length", Integer.toString(head.length));
        assertThat(json(answer).at("/outputs/0/data/0").asDouble()).isEqualTo(1.5);
        AggregatedHttpResponse asJson = server.post("/v2/models/m/infer", x("FP16", "[1]", "[1]"));
        assertThat(asJson.status().code()).isEqualTo(400);
        assertThat(ModelServer.error(asJson)).contains("binary tensor extension");
    }

    @Test
    void brokenFilesAreRefusedWithAReason() {
        byte[] whole = OnnxBytes.adding(1, 64);
        assertUnloadable(Arrays.copyOf(whole, whole.length - 20), Map.of(), "truncated");
        assertUnloadable("hello".getBytes(java.nio.charset.StandardCharsets.UTF_8), Map.of(), "truncated or no ONNX");
        assertUnloadable(
                new OnnxBytes()
                        .input("x", OnnxBytes.FLOAT, "N")
                        .output("y", OnnxBytes.FLOAT, "N")
                        .node("Frobnicate", "x", "y")
                        .bytes(),
                Map.of(),
                "Frobnicate");
        byte[] external = new OnnxBytes()
                .input("x", OnnxBytes.FLOAT, "N")
                .output("y", OnnxBytes.FLOAT, "N")
                .external("w", new long[] {1}, "weights.bin")
                .node("Add", "x,w", "y")
                .bytes();
        assertUnloadable(external, Map.of(), "weights.bin");
        assertUnloadable(external, Map.of("../weights.bin", new byte[4]), "outside the model's folder");
        assertUnloadable(OnnxBytes.identity(4, "N"), Map.of(), "UINT16");
        assertThat(server.scratch).isEmptyDirectory();
    }

    private void assertUnloadable(byte[] graph, Map<String, byte[]> external, String reason) {
        var files = new LinkedHashMap<String, dev.pilothouse.kernel.Digest>();
        external.forEach((name, bytes) -> files.put(name, server.blobs.add(bytes)));
        var source = new ModelSource.Onnx(server.blobs.add(graph), files);
        assertThatThrownBy(() -> server.endpoints
                        .apply(spec("m", new Variant("1", source, 1_000)))
                        .join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.code()).isEqualTo(ServingError.MODEL_UNLOADABLE);
                    assertThat(e.detail())
                            .contains("Model 'm' version '1'")
                            .contains(reason)
                            .doesNotContain(server.scratch.toString());
                });
    }

    @Test
    void externalDataIsFoundBesideTheGraph() {
        byte[] graph = new OnnxBytes()
                .input("x", OnnxBytes.FLOAT, "N")
                .output("y", OnnxBytes.FLOAT, "N")
                .external("w", new long[] {1}, "weights.bin")
                .node("Add", "x,w", "y")
                .bytes();
        byte[] weights = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(41)
                .array();
        var source = new ModelSource.Onnx(server.blobs.add(graph), Map.of("weights.bin", server.blobs.add(weights)));
        server.endpoints.apply(spec("m", new Variant("1", source, 1_000))).join();
        assertThat(json(server.post("/v2/models/m/infer", x("FP32", "[1]", "[1]")))
                        .at("/outputs/0/data/0")
                        .asInt())
                .isEqualTo(42);
    }

    @Test
    void aFullQueueIs503AndALateRequest504() {
        try (var busy = new ModelServer(
                scratch -> new ServingConfig(scratch, 1, 1, 8, 1, Duration.ofMillis(150), 1 << 20, 1, 10, 10))) {
            busy.endpoints
                    .apply(spec("m", new Variant("1", busy.onnx(OnnxBytes.slow(40)), 1_000)))
                    .join();
            List<CompletableFuture<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(CompletableFuture.supplyAsync(
                        () -> busy.post("/v2/models/m/infer", x("FP32", "[1]", "[1]"))
                                .status()
                                .code(),
                        task -> Thread.ofVirtual().start(task)));
            }
            List<Integer> statuses = all.stream().map(CompletableFuture::join).toList();
            assertThat(statuses).contains(503).containsAnyOf(200, 504).doesNotContain(500);
        }
    }

    @Test
    void gatesRunRawColumns() {
        ModelSource fraud = server.onnx(OnnxBytes.fraud());
        try (var model = server.endpoints.open(fraud).join()) {
            assertThat(model.inputs()).containsExactly("amount", "channel");
            Map<String, List<?>> columns = new LinkedHashMap<>();
            columns.put("amount", Arrays.asList(3.0, 3L, "3", null));
            columns.put("channel", Arrays.asList("web", "branch", null, "web"));
            columns.put("unused", List.of(1, 2, 3, 4));
            Map<String, List<Object>> out = model.run(columns).join();
            assertThat(of(out, "label").subList(0, 3)).containsExactly(1L, 0L, 0L);
            assertThat((double[]) of(out, "probability").getFirst()).hasSize(2);
            assertThat(of(out, "probability_labels").getFirst()).isEqualTo(List.of("fine", "fraud"));
            columns.remove("channel");
            assertThatThrownBy(() -> model.run(columns).join()).hasMessageContaining("no columns [channel]");
        }
        try (var model =
                server.endpoints.open(server.onnx(OnnxBytes.adding(1, 2))).join()) {
            Map<String, List<?>> columns = new LinkedHashMap<>();
            List<Double> many = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                many.add((double) i);
            }
            columns.put("a", many);
            columns.put("name", many.stream().map(String::valueOf).toList());
            columns.put("b", many);
            List<Object> y = of(model.run(columns).join(), "y");
            assertThat(y).hasSize(3_000);
            assertThat((double[]) y.get(2_999)).containsExactly(3_000, 3_000);
        }
    }

    private static List<Object> of(Map<String, List<Object>> outputs, String name) {
        return java.util.Objects.requireNonNull(outputs.get(name));
    }
}
