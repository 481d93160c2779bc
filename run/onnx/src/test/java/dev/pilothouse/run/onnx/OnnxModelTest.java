package dev.pilothouse.run.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.InferReader;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.run.openinference.Tensor;
import dev.pilothouse.run.openinference.TensorJson;
import dev.pilothouse.testkit.MemoryBlobs;
import dev.pilothouse.testkit.OnnxBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** ONNX models in process: batching, types, broken files, full queues. */
class OnnxModelTest {
    // Under target, for native libraries are kept beside the scratch folder.
    private final Path scratch = Path.of("target", "onnx", UUID.randomUUID().toString());
    private final MemoryBlobs blobs = new MemoryBlobs();
    private final OnnxLoader loader = new OnnxLoader(blobs, OnnxConfig.of(scratch), LoadGuard.none());
    private @Nullable ServedModel model;

    @AfterEach
    void close() {
        if (model != null) {
            model.close();
        }
    }

    private ServedModel load(byte[] graph) {
        close();
        model = loader.load("acme", "Model 'm'", blobs.add(graph), Map.of());
        return model;
    }

    private static InferRequest x(String type, String shape, String data) {
        byte[] body = ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"" + type + "\",\"shape\":" + shape + ",\"data\":"
                        + data + "}]}")
                .getBytes(StandardCharsets.UTF_8);
        return InferReader.request(new InferRequest.RestBody(body, body.length));
    }

    private static CompletableFuture<InferResult> infer(ServedModel model, InferRequest request, Duration within) {
        try {
            return model.infer(request, new ServedModel.Passage(System.nanoTime() + within.toNanos(), "r", ""));
        } catch (PilothouseException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
    }

    private static CompletableFuture<InferResult> infer(ServedModel model, InferRequest request) {
        return infer(model, request, Duration.ofSeconds(30));
    }

    /** The first output's elements. */
    private static List<Object> elements(InferResult result) {
        Tensor output = result.outputs().getFirst();
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < output.count(); i++) {
            all.add(output.element(i));
        }
        return all;
    }

    @Test
    void requestsOfOneBatchGetTheirOwnRows() {
        ServedModel adding = load(OnnxBytes.adding(1, 2));
        List<CompletableFuture<InferResult>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            answers.add(infer(
                    adding,
                    i % 3 == 0
                            ? x("FP32", "[2,2]", "[" + i + ",0,0," + i + "]")
                            : x("FP32", "[1,2]", "[" + i + ",0]")));
        }
        for (int i = 0; i < 300; i++) {
            double own = i + 1;
            assertThat(elements(answers.get(i).join()))
                    .isEqualTo(i % 3 == 0 ? List.of(own, 1.0, 1.0, own) : List.of(own, 1.0));
        }
    }

    @Test
    void oneBadRequestInABatchFailsAlone() {
        ServedModel table = load(OnnxBytes.table(10, 20, 30));
        List<CompletableFuture<InferResult>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(infer(table, x("INT64", "[1]", "[" + (i % 10 == 0 ? 99 : i % 3) + "]")));
        }
        for (int i = 0; i < 200; i++) {
            CompletableFuture<InferResult> answer = answers.get(i);
            if (i % 10 == 0) {
                assertThatThrownBy(answer::join)
                        .cause()
                        .isInstanceOfSatisfying(
                                PilothouseException.class,
                                e -> assertThat(e.code()).isEqualTo(ServingError.MODEL_FAILED));
            } else {
                assertThat(elements(answer.join())).containsExactly((i % 3 + 1) * 10.0);
            }
        }
    }

    @Test
    void aModelThatMixesItsRowsIsNotBatched() {
        ServedModel softmax = load(new OnnxBytes()
                .input("x", OnnxBytes.FLOAT, "N", "1")
                .output("y", OnnxBytes.FLOAT, "N", "1")
                .node("Softmax", "x", "y", OnnxBytes.Attribute.of("axis", 0L))
                .bytes());
        List<CompletableFuture<InferResult>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            answers.add(infer(softmax, x("FP32", "[1,1]", "[" + i + "]")));
        }
        assertThat(answers)
                .allSatisfy(answer -> assertThat(elements(answer.join())).containsExactly(1.0));
    }

    @Test
    void scalarsAndEveryTypeThatOnnxTakesPassThrough() {
        ServedModel scalar = load(OnnxBytes.identity(OnnxBytes.FLOAT));
        assertThat(elements(infer(scalar, x("FP32", "[]", "[4]")).join())).containsExactly(4.0);
        Object[][] types = {
            {9, "BOOL", "[true,false]"},
            {2, "UINT8", "[0,255]"},
            {4, "UINT16", "[0,65535]"},
            {12, "UINT32", "[0,4294967295]"},
            {13, "UINT64", "[9223372036854775808,18446744073709551615]"},
            {3, "INT8", "[-128,127]"},
            {5, "INT16", "[-32768,32767]"},
            {6, "INT32", "[-2147483648,2147483647]"},
            {7, "INT64", "[-9223372036854775808,9223372036854775807]"},
            {1, "FP32", "[1.5,-3.4E38]"},
            {11, "FP64", "[0.1,1.0E300]"},
            {8, "BYTES", "[\"\",\"x\"]"}
        };
        for (Object[] type : types) {
            ServedModel identity = load(OnnxBytes.identity((int) type[0], "N"));
            String name = (String) type[1];
            InferRequest request = x(name, "[2]", (String) type[2]);
            List<Tensor> outputs = infer(identity, request).join().outputs();
            assertThat(outputs.getFirst().type()).isEqualTo(DataType.valueOf(name));
            assertThat(TensorJson.rows(outputs, 2).replace("\"y\"", "\"x\""))
                    .isEqualTo(TensorJson.rows(request.inputs(), 2));
        }
    }

    @Test
    void requestsOfUnsignedNumbersShareRunsToo() {
        ServedModel identity = load(OnnxBytes.identity(4, "N"));
        List<CompletableFuture<InferResult>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(infer(identity, x("UINT16", "[1]", "[" + (65_535 - i) + "]")));
        }
        for (int i = 0; i < 200; i++) {
            assertThat(elements(answers.get(i).join())).containsExactly(65_535L - i);
        }
    }

    @Test
    void emptyTensorsPassThroughEmpty() {
        for (Object[] type : new Object[][] {{1, "FP32"}, {4, "UINT16"}, {8, "BYTES"}, {7, "INT64"}}) {
            ServedModel identity = load(OnnxBytes.identity((int) type[0], "N", "M"));
            for (String shape : List.of("[0,3]", "[3,0]", "[0,0]")) {
                Tensor output = infer(identity, x((String) type[1], shape, "[]"))
                        .join()
                        .outputs()
                        .getFirst();
                assertThat(output.count()).isZero();
                assertThat(Arrays.toString(output.shape()).replace(" ", "")).isEqualTo(shape);
            }
        }
    }

    @Test
    void halfPrecisionPassesThrough() {
        ByteBuffer half = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN).putShort(Float.floatToFloat16(1.5f));
        Tensor tensor = Tensor.fixed("x", DataType.FP16, new long[] {1}, half.flip());
        var request = new InferRequest("", "", List.of(tensor), List.of(), false, null);
        assertThat(elements(infer(load(OnnxBytes.identity(10, "N")), request).join()))
                .containsExactly(1.5);
    }

    @Test
    void brokenFilesAreRefusedWithAReason() {
        byte[] whole = OnnxBytes.adding(1, 64);
        assertUnloadable(Arrays.copyOf(whole, whole.length - 20), Map.of(), "truncated");
        assertUnloadable("hello".getBytes(StandardCharsets.UTF_8), Map.of(), "truncated or no ONNX");
        assertUnloadable(OnnxBytes.unknownOperator(), Map.of(), "Frobnicate");
        assertUnloadable(external(), Map.of(), "a file it refers to is missing ('weights.bin'");
        assertUnloadable(external(), Map.of("../weights.bin", new byte[4]), "outside the model's folder");
        assertThat(scratch).isEmptyDirectory();
    }

    private static byte[] external() {
        return new OnnxBytes()
                .input("x", OnnxBytes.FLOAT, "N")
                .output("y", OnnxBytes.FLOAT, "N")
                .external("w", new long[] {1}, "weights.bin")
                .node("Add", "x,w", "y")
                .bytes();
    }

    private void assertUnloadable(byte[] graph, Map<String, byte[]> external, String reason) {
        var files = new LinkedHashMap<String, Digest>();
        external.forEach((name, bytes) -> files.put(name, blobs.add(bytes)));
        Digest digest = blobs.add(graph);
        assertThatThrownBy(() -> loader.load("acme", "Model 'm'", digest, files))
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.code()).isEqualTo(ServingError.MODEL_UNLOADABLE);
                    assertThat(e.detail())
                            .contains("Model 'm'")
                            .contains(reason)
                            .doesNotContain(scratch.toString());
                });
    }

    @Test
    void externalDataIsFoundBesideTheGraph() {
        byte[] weights = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(41)
                .array();
        model = loader.load("acme", "Model 'm'", blobs.add(external()), Map.of("weights.bin", blobs.add(weights)));
        assertThat(elements(infer(model, x("FP32", "[1]", "[1]")).join())).containsExactly(42.0);
    }

    @Test
    void aFullQueueAndALateRequestAreRefused() {
        ServedModel slow = new OnnxLoader(blobs, new OnnxConfig(scratch, 1, 1, 8, 1), LoadGuard.none())
                .load("acme", "Model 'm'", blobs.add(OnnxBytes.slow(40)), Map.of());
        model = slow;
        CompletableFuture<InferResult> running = infer(slow, x("FP32", "[1]", "[1]"));
        // Refused while the first still waits for the thread; then it has the one place in the queue.
        CompletableFuture<InferResult> late;
        do {
            late = infer(slow, x("FP32", "[1]", "[1]"), Duration.ZERO);
        } while (late.isCompletedExceptionally() && refusal(late) == ServingError.OVERLOADED);
        assertThat(refusal(infer(slow, x("FP32", "[1]", "[1]")))).isEqualTo(ServingError.OVERLOADED);
        assertThat(refusal(late)).isEqualTo(ServingError.DEADLINE_EXCEEDED);
        assertThat(elements(running.join())).containsExactly(1.0);
    }

    private static @Nullable Object refusal(CompletableFuture<InferResult> answer) {
        try {
            answer.join();
            return null;
        } catch (CompletionException e) {
            return e.getCause() instanceof PilothouseException refusal ? refusal.code() : e.getCause();
        }
    }
}
