package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX models whose weights lie in a file beside the graph, registered over MLflow's API as exporters leave them. */
class ExternalDataIT {
    private static final String MLFLOW = "/api/2.0/mlflow/";
    private static final String REQUEST =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[2,3],\"data\":[0,0,0,1,2,3]}]}";

    @TempDir
    private static Path files;

    private static PackagedServer server;

    @BeforeAll
    static void start() {
        server = PackagedServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** y = x + w, where w is the content of another file. */
    private static byte[] graph(String weights) {
        return new OnnxBytes()
                .input("x", OnnxBytes.FLOAT, "N", "3")
                .output("y", OnnxBytes.FLOAT, "N", "3")
                .external("w", new long[] {3}, weights)
                .node("Add", "x,w", "y")
                .bytes();
    }

    private static byte[] weights(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    /** Registers the files of one run's folder {@code model} as the next version of a model, and declares its service. */
    private static void register(String name, Map<String, byte[]> content) throws IOException {
        Client client = server.client();
        Run run = Run.of(client.post(MLFLOW + "runs/create", "{\"experiment_id\":\"0\"}"));
        content.forEach((path, bytes) -> client.put(
                        "/api/2.0/mlflow-artifacts/artifacts/" + run.artifacts().replace("mlflow-artifacts:/", "")
                                + "/model/" + path,
                        bytes)
                .expect(200));
        client.post(
                MLFLOW + "registered-models/create",
                Json.object().put("name", name).toString());
        var version = Json.object()
                .put("name", name)
                .put("source", run.artifacts() + "/model")
                .put("run_id", run.id());
        client.post(MLFLOW + "model-versions/create", version.toString()).expect(200);
        Path file = Files.writeString(files.resolve(name + ".yaml"), ReleaseIT.service(name, ""));
        server.cli().pilot("apply", "-f", file.toString()).done();
    }

    private record Run(String id, String artifacts) {
        static Run of(Client.Answer created) {
            var info = created.expect(200).json().path("run").path("info");
            return new Run(
                    info.path("run_id").asString(), info.path("artifact_uri").asString());
        }
    }

    private static String infer(String name) {
        return server.client()
                .post("/v2/models/" + name + "/infer", REQUEST)
                .expect(200)
                .json()
                .path("outputs")
                .path(0)
                .path("data")
                .toString();
    }

    private static String sentence(String name) {
        return server.client().service(name).path("release").path("sentence").asString();
    }

    @Test
    void aModelAnswersWithTheWeightsBesideItsGraph() throws IOException {
        register(
                "beside",
                Map.of(
                        "model.onnx", graph("weights.bin"),
                        "weights.bin", weights(10, 20, 30),
                        "MLmodel", "flavors: {}".getBytes(StandardCharsets.UTF_8)));
        server.cli().pilot("release", "beside", "--watch").done();
        assertThat(infer("beside")).isEqualTo("[10.0,20.0,30.0,11.0,22.0,33.0]");
    }

    @Test
    void weightsMayLieInAFolderBelowTheGraphs() throws IOException {
        register("below", Map.of("model.onnx", graph("data/w_0.bin"), "data/w_0.bin", weights(-1, -2, -3)));
        server.cli().pilot("release", "below", "--watch").done();
        assertThat(infer("below")).isEqualTo("[-1.0,-2.0,-3.0,0.0,0.0,0.0]");
    }

    @Test
    void equalGraphsAnswerEachWithTheirOwnWeights() throws IOException {
        register("first", Map.of("model.onnx", graph("weights.bin"), "weights.bin", weights(1, 1, 1)));
        register("second", Map.of("model.onnx", graph("weights.bin"), "weights.bin", weights(2, 2, 2)));
        server.cli().pilot("release", "first", "--watch").done();
        server.cli().pilot("release", "second", "--watch").done();
        assertThat(infer("first")).isEqualTo("[1.0,1.0,1.0,2.0,3.0,4.0]");
        assertThat(infer("second")).isEqualTo("[2.0,2.0,2.0,3.0,4.0,5.0]");
    }

    @Test
    void aReleaseWhoseWeightsAreMissingEndsWithTheFilesNameAndWhatToDo() throws IOException {
        register("lost", Map.of("model.onnx", graph("weights.bin"), "weights.bin", weights(5, 5, 5)));
        server.cli().pilot("release", "lost", "--watch").done();
        register("lost", Map.of("model.onnx", graph("weights.bin")));
        server.cli().pilot("release", "lost", "--watch").ended(1);
        assertThat(server.client().state("lost")).isEqualTo("rejected");
        assertThat(sentence("lost"))
                .contains("cannot be loaded", "a file it refers to is missing", "weights.bin")
                .contains("Register it with its external data")
                .doesNotContain("ai.onnxruntime", server.data().toString());
        assertThat(infer("lost")).as("what ran before runs on").isEqualTo("[5.0,5.0,5.0,6.0,7.0,8.0]");
    }

    @Test
    void aReleaseWhoseWeightsAreCutShortEndsWithTheReason() throws IOException {
        register("short", Map.of("model.onnx", graph("weights.bin"), "weights.bin", weights(5)));
        server.cli().pilot("release", "short", "--watch").ended(1);
        assertThat(server.client().state("short")).isEqualTo("rejected");
        assertThat(sentence("short"))
                .contains("cannot be loaded")
                .doesNotContain("ai.onnxruntime", server.data().toString());
        server.client().get("/v2/models/short").expect(404);
    }
}
