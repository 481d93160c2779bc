package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import inference.ModelMetadataRequest;
import inference.ServerReadyRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients of the Open Inference Protocol: curl, raw bytes, and stubs of the protocol's own proto. */
class InferenceIT {
    private static final String INFER = "/v2/models/adder/infer";
    private static final String REQUEST =
            "{\"id\":\"r-1\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[2,2],\"data\":[1,2,3,4]}]}";

    @TempDir
    private static Path files;

    private static PackagedServer server;

    /** From a file to an endpoint, by the commands a user would type. */
    @BeforeAll
    static void start() throws IOException {
        server = PackagedServer.start();
        Path graph = Files.write(files.resolve("adder.onnx"), OnnxBytes.adding(1, 2));
        Path service = Files.writeString(files.resolve("adder.yaml"), """
                apiVersion: pilothouse.dev/v1
                kind: Service
                metadata:
                  name: adder
                model:
                  name: adder
                """);
        Cli cli = server.cli();
        cli.pilot("model", "add", "adder", graph.toString()).done();
        assertThat(cli.pilot("plan", "-f", service.toString()).done().out()).contains("adder");
        cli.pilot("apply", "-f", service.toString()).done();
        cli.pilot("release", "adder", "--watch").done();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> server.client().state("adder").equals("promoted"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void curlAsksAndIsAnswered() throws Exception {
        Assumptions.assumeTrue(isThere("curl"), "curl is not installed here, so it is not tried");
        String answer = curl(
                "-sS", "-X", "POST", server.address() + INFER, "-H", "content-type: application/json", "-d", REQUEST);
        var json = Json.parse(answer);
        assertThat(json.path("id").asString()).isEqualTo("r-1");
        assertThat(json.path("model_version").asString()).isEqualTo("1");
        assertThat(json.path("outputs").get(0).path("data").toString()).isEqualTo("[2.0,3.0,4.0,5.0]");
        assertThat(curl("-sS", "-o", "/dev/null", "-w", "%{http_code}", server.address() + "/v2/health/ready"))
                .isEqualTo("200");
        assertThat(curl("-sS", server.address() + "/v2/models/adder")).contains("\"datatype\":\"FP32\"");
        assertThat(curl("-sS", "--http2-prior-knowledge", server.address() + "/kserve/v2/models/adder/ready"))
                .contains("true");
    }

    private static boolean isThere(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String curl(String... args) throws IOException, InterruptedException {
        var command =
                new ArrayList<>(List.of("curl", "--max-time", "30", "-H", "authorization: Bearer " + server.key()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    @Test
    void tensorsMayBeBinaryBothWays() {
        String json = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],"
                + "\"parameters\":{\"binary_data_size\":8}}],\"parameters\":{\"binary_data_output\":true}}";
        var body = new ByteArrayOutputStream();
        body.writeBytes(json.getBytes(StandardCharsets.UTF_8));
        body.writeBytes(floats(10, 20));
        var answer = server.client()
                .send(
                        "POST",
                        INFER,
                        "application/octet-stream",
                        body.toByteArray(),
                        "inference-header-content-length",
                        Integer.toString(json.length()))
                .expect(200);
        int header = Integer.parseInt(answer.header("inference-header-content-length"));
        assertThat(Arrays.copyOfRange(answer.bytes(), header, answer.bytes().length))
                .isEqualTo(floats(11, 21));
    }

    @Test
    void aRequestMayBeCompressed() throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(REQUEST.getBytes(StandardCharsets.UTF_8));
        }
        var answer = server.client()
                .send("POST", INFER, "application/json", packed.toByteArray(), "content-encoding", "gzip")
                .expect(200);
        assertThat(answer.json().path("outputs").get(0).path("shape").toString())
                .isEqualTo("[2,2]");
    }

    @Test
    void aWrongTensorIsRefusedWithWhatTheModelTakes() {
        refused(REQUEST.replace("[2,2]", "[1,4]"), 400, "shape");
        refused(REQUEST.replace("[2,2]", "[3,2]"), 400, "x");
        refused(REQUEST.replace("FP32", "INT64"), 400, "FP32");
        refused(REQUEST.replace("FP32", "FLOAT"), 400, "FLOAT");
        refused(REQUEST.replace("\"x\"", "\"z\""), 400, "'x'");
        refused(REQUEST.replace("1,2,3,4", "1,2,3,\"four\""), 400, "x");
        refused("{\"inputs\":[]}", 400, "inputs");
        refused("{", 400, "JSON");
        refused("", 400, "");
    }

    private static void refused(String body, int status, String words) {
        var answer = server.client().post(INFER, body).expect(status);
        var json = answer.json();
        assertThat(json.propertyNames()).as(answer.text()).containsExactly("error");
        assertThat(json.path("error").asString())
                .contains(words)
                .doesNotContain("Exception", "dev.pilothouse", "java.");
    }

    @Test
    void anUnknownModelOrVersionIsNotFound() {
        Client client = server.client();
        assertThat(client.post("/v2/models/nobody/infer", REQUEST)
                        .expect(404)
                        .json()
                        .path("error")
                        .asString())
                .contains("nobody");
        client.post("/v2/models/adder/versions/77/infer", REQUEST).expect(404);
        client.get("/v2/models/nobody").expect(404);
        client.get("/v2/models/nobody/ready").expect(404);
    }

    @Test
    void grpcClientsAskWithTheKeyAsMetadata() {
        var stub = stub(server.key());
        assertThat(stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
                .isTrue();
        var metadata = stub.modelMetadata(
                ModelMetadataRequest.newBuilder().setName("adder").build());
        assertThat(metadata.getInputs(0).getShapeList()).containsExactly(-1L, 2L);
        var typed = stub.modelInfer(ask().addInputs(tensor(1, 2)
                        .setContents(InferTensorContents.newBuilder()
                                .addFp32Contents(1)
                                .addFp32Contents(2)))
                .build());
        assertThat(typed.getOutputs(0).getContents().getFp32ContentsList()).containsExactly(2f, 3f);
        var raw = stub.modelInfer(ask().addInputs(tensor(1, 2))
                .addRawInputContents(ByteString.copyFrom(floats(5, 6)))
                .build());
        assertThat(raw.getRawOutputContents(0).toByteArray()).isEqualTo(floats(6, 7));
    }

    @Test
    void grpcRefusalsCarryTheirCode() {
        var wrongShape = ask().addInputs(tensor(1, 3))
                .addRawInputContents(ByteString.copyFrom(floats(1, 2, 3)))
                .build();
        refused(server.key(), wrongShape, Status.Code.INVALID_ARGUMENT);
        refused(server.key(), wrongShape.toBuilder().setModelName("nobody").build(), Status.Code.NOT_FOUND);
        refused("not-a-key", wrongShape, Status.Code.UNAUTHENTICATED);
        refused("", wrongShape, Status.Code.UNAUTHENTICATED);
        refused(server.client().principal("reader", "viewer").key(), wrongShape, Status.Code.PERMISSION_DENIED);
    }

    private static void refused(String key, ModelInferRequest request, Status.Code code) {
        assertThatThrownBy(() -> stub(key).modelInfer(request))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(code);
                    assertThat(e.getStatus().getDescription()).isNotBlank().doesNotContain("dev.pilothouse");
                });
    }

    private static GRPCInferenceServiceBlockingStub stub(String key) {
        var builder = GrpcClients.builder("gproto+" + server.address()).responseTimeout(Duration.ofSeconds(30));
        if (!key.isEmpty()) {
            builder.setHeader("authorization", "Bearer " + key);
        }
        return builder.build(GRPCInferenceServiceBlockingStub.class);
    }

    private static ModelInferRequest.Builder ask() {
        return ModelInferRequest.newBuilder().setModelName("adder");
    }

    private static InferInputTensor.Builder tensor(long... shape) {
        var tensor = InferInputTensor.newBuilder().setName("x").setDatatype("FP32");
        for (long dimension : shape) {
            tensor.addShape(dimension);
        }
        return tensor;
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }
}
