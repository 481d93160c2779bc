package dev.pilothouse.know.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/** Artifacts as their clients see them: over HTTP, on any store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ArtifactContract {
    private ArtifactServer server;
    private TestClient client;

    /** Starts a server. */
    abstract ArtifactServer open();

    @BeforeAll
    void start() {
        server = open();
        client = server.client;
    }

    @AfterAll
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void anArtifactComesBackByteForByteAndByRange() {
        String run = server.run();
        byte[] bytes = new byte[3 << 20];
        new Random(7).nextBytes(bytes);
        String path = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model/weights%20a.bin";
        assertThat(client.raw(ArtifactServer.ENGINEER, "PUT", path, bytes).statusCode())
                .isEqualTo(200);
        var whole = client.raw(ArtifactServer.VIEWER, "GET", path, new byte[0]);
        assertThat(whole.body()).isEqualTo(bytes);
        var part = client.raw(ArtifactServer.VIEWER, "GET", path, new byte[0], "range", "bytes=100-199");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo(Arrays.copyOfRange(bytes, 100, 200));
        assertThat(client.send(ArtifactServer.VIEWER, "GET", "/api/2.0/mlflow/artifacts/list?run_id=" + run, "")
                        .at("/files/0/is_dir")
                        .asBoolean())
                .isTrue();
        assertThat(client.send(
                                ArtifactServer.VIEWER,
                                "GET",
                                "/api/2.0/mlflow/artifacts/list?path=model&run_id=" + run,
                                "")
                        .at("/files/0/path")
                        .asString())
                .isEqualTo("model/weights a.bin");
        assertThat(client.raw(ArtifactServer.STRANGER, "GET", path, new byte[0]).statusCode())
                .as("another tenant")
                .isEqualTo(404);
        assertThat(client.raw(ArtifactServer.VIEWER, "PUT", path, new byte[] {1})
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void aPathThatLeavesItsRootIsRefused() {
        for (String bad : new String[] {
            "..%2f..%2fetc%2fpasswd",
            "a/%2e%2e/b",
            "a/..%5cb",
            "a%00b",
            "%2fetc/passwd",
            "a/%252e%252e/b",
            "..",
            "a%5cb"
        }) {
            var put = client.raw(
                    ArtifactServer.ENGINEER, "PUT", "/api/2.0/mlflow-artifacts/artifacts/0/" + bad, new byte[] {1});
            assertThat(put.statusCode()).as(bad).isBetween(400, 404);
            assertThat(new String(put.body(), StandardCharsets.UTF_8)).as(bad).startsWith("{");
            var list = client.send(
                    ArtifactServer.ENGINEER, "GET", "/api/2.0/mlflow-artifacts/artifacts?path=x/" + bad, "");
            assertThat(list.status()).as(bad).isEqualTo(400);
        }
    }

    @Test
    void aBigFileArrivesInPartsByAddressesThatNeedNoKey() {
        String run = server.run();
        String folderPath = "0/" + run + "/artifacts/big";
        var begun = client.send(
                ArtifactServer.ENGINEER,
                "POST",
                "/api/2.0/mlflow-artifacts/mpu/create/" + folderPath,
                "{\"path\": \"/home/me/data.bin\", \"num_parts\": 2}");
        var parts = Json.array();
        for (JsonNode credential : begun.at("/credentials")) {
            byte[] bytes = ("part " + credential.at("/part_number").asInt() + ";").getBytes(StandardCharsets.UTF_8);
            String url = credential.at("/url").asString();
            assertThat(client.raw("", "PUT", url.replace("signature=", "signature=0"), bytes)
                            .statusCode())
                    .isEqualTo(403);
            var put = client.raw("", "PUT", url, bytes);
            assertThat(put.statusCode()).isEqualTo(200);
            parts.addObject()
                    .put("part_number", credential.at("/part_number").asInt())
                    .put("etag", put.headers().firstValue("etag").orElseThrow());
        }
        var body = Json.object()
                .put("path", "/home/me/data.bin")
                .put("upload_id", begun.at("/upload_id").asString());
        body.set("parts", parts);
        var done = client.send(
                ArtifactServer.ENGINEER,
                "POST",
                "/api/2.0/mlflow-artifacts/mpu/complete/" + folderPath,
                Json.write(body));
        assertThat(done.status()).isEqualTo(200);
        var read = client.raw(
                ArtifactServer.VIEWER,
                "GET",
                "/api/2.0/mlflow-artifacts/artifacts/" + folderPath + "/data.bin",
                new byte[0]);
        assertThat(new String(read.body(), StandardCharsets.UTF_8)).isEqualTo("part 1;part 2;");
    }

    @Test
    void aPartWhoseClientLeavesHalfwayIsNotThereAndMayBeSentAgain() throws IOException {
        String folder = "0/" + server.run() + "/artifacts/half";
        var begun = client.send(
                ArtifactServer.ENGINEER,
                "POST",
                "/api/2.0/mlflow-artifacts/mpu/create/" + folder,
                "{\"path\": \"h.bin\", \"num_parts\": 1}");
        URI url = URI.create(begun.at("/credentials/0/url").asString());
        try (var socket = new Socket(url.getHost(), url.getPort())) {
            String head = "PUT " + url.getRawPath() + "?" + url.getRawQuery()
                    + " HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\n";
            socket.getOutputStream().write((head + "half").getBytes(StandardCharsets.US_ASCII));
        }
        var body = Json.object()
                .put("path", "h.bin")
                .put("upload_id", begun.at("/upload_id").asString());
        body.putArray("parts").addObject().put("part_number", 1).put("etag", "\"guessed\"");
        String complete = "/api/2.0/mlflow-artifacts/mpu/complete/" + folder;
        var refused = client.send(ArtifactServer.ENGINEER, "POST", complete, Json.write(body));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.code()).isEqualTo("INVALID_PARAMETER_VALUE");
        assertThat(refused.message()).contains("1");
        assertThat(client.raw(
                                ArtifactServer.VIEWER,
                                "GET",
                                "/api/2.0/mlflow-artifacts/artifacts/" + folder + "/h.bin",
                                new byte[0])
                        .statusCode())
                .isEqualTo(404);
        var put = client.raw("", "PUT", url.toString(), "whole".getBytes(StandardCharsets.US_ASCII));
        body.putArray("parts")
                .addObject()
                .put("part_number", 1)
                .put("etag", put.headers().firstValue("etag").orElseThrow());
        assertThat(client.send(ArtifactServer.ENGINEER, "POST", complete, Json.write(body))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void theFilesOfALoggedModelAreListedAndRead() {
        String model = client.send(
                        ArtifactServer.ENGINEER,
                        "POST",
                        "/api/2.0/mlflow/logged-models",
                        "{\"experiment_id\": \"0\", \"name\": \"scorer\"}")
                .at("/model/info/model_id")
                .asString();
        client.raw(
                ArtifactServer.ENGINEER,
                "PUT",
                "/api/2.0/mlflow-artifacts/artifacts/0/models/" + model + "/artifacts/data/w.bin",
                new byte[] {1, 2, 3});
        String files = "/api/2.0/mlflow/logged-models/" + model + "/artifacts/";
        var listed = client.send(ArtifactServer.VIEWER, "GET", files + "directories?artifact_directory_path=data", "");
        assertThat(listed.at("/files/0/path").asString()).isEqualTo("data/w.bin");
        assertThat(listed.at("/files/0/file_size").asInt()).isEqualTo(3);
        assertThat(client.raw(ArtifactServer.VIEWER, "GET", files + "files?artifact_file_path=data/w.bin", new byte[0])
                        .body())
                .containsExactly(1, 2, 3);
        assertThat(server.artifacts.resolve("acme", "models:/" + model + "/data"))
                .isEqualTo("0/models/" + model + "/artifacts/data");
        assertThat(client.send(ArtifactServer.STRANGER, "GET", files + "directories", "")
                        .code())
                .as("another tenant")
                .isEqualTo("RESOURCE_DOES_NOT_EXIST");
    }

    @Test
    void aSourceMeansAPathOrIsRefused() {
        String run = server.run();
        assertThat(server.artifacts.resolve("acme", "runs:/" + run + "/model"))
                .isEqualTo("0/" + run + "/artifacts/model");
        assertThat(server.artifacts.runOf("acme", "runs:/" + run + "/model")).contains(run);
        assertThat(server.artifacts.resolve("acme", "mlflow-artifacts:/0/x")).isEqualTo("0/x");
        assertThatThrownBy(() -> server.artifacts.resolve("acme", "runs:/nope/model"))
                .hasMessageContaining("Run with id=nope not found");
        assertThatThrownBy(() -> server.artifacts.resolve("acme", "s3://bucket/model"))
                .hasMessageContaining("is not kept here");
    }

    @Test
    void theEndOfARunRecordsADigestOfItsFiles() {
        String run = server.run();
        byte[] bytes = "weights".getBytes(StandardCharsets.UTF_8);
        String path = "0/" + run + "/artifacts/model.bin";
        client.raw(ArtifactServer.ENGINEER, "PUT", "/api/2.0/mlflow-artifacts/artifacts/" + path, bytes);
        client.send(
                ArtifactServer.ENGINEER,
                "POST",
                "/api/2.0/mlflow/runs/update",
                Json.write(Json.object().put("run_id", run).put("status", "FINISHED")));
        String expected = Digest.of(CanonicalJson.bytes(
                        Json.object().put(path, Digest.of(bytes).hex())))
                .hex();
        // Entries are numbered a moment after their transaction.
        await().untilAsserted(() -> assertThat(server.ledger.history("acme", "run/" + run, 10))
                .filteredOn(entry -> entry.kind().equals("run.ended"))
                .singleElement()
                .satisfies(entry -> assertThat(
                                entry.payload().orElseThrow().path("artifacts").asString())
                        .isEqualTo(expected)));
    }
}
