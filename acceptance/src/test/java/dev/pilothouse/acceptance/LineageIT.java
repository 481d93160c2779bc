package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The way from data to production, seen from each of its ends. */
class LineageIT {
    private static final String MLFLOW = "/api/2.0/mlflow/";

    @TempDir
    private static Path files;

    private static PackagedServer server;
    private static String run;
    private static String strayRun;

    @BeforeAll
    static void release() throws IOException {
        server = PackagedServer.start();
        Client client = server.client();
        for (int rows : List.of(20, 30)) {
            client.send(
                            "POST",
                            "/api/v1/datasets/payments/versions?file=train.csv",
                            "application/octet-stream",
                            csv(rows))
                    .expect(201);
        }
        run = run(client, "trained", "payments@2");
        strayRun = run(client, "stray", "payments@1");
        String artifacts = client.get(MLFLOW + "runs/get?run_id=" + run)
                .json()
                .path("run")
                .path("info")
                .path("artifact_uri")
                .asString();
        client.put(
                        "/api/2.0/mlflow-artifacts/artifacts/" + artifacts.replace("mlflow-artifacts:/", "")
                                + "/model/model.onnx",
                        OnnxBytes.table(1, 2, 3))
                .expect(200);
        client.post(MLFLOW + "registered-models/create", "{\"name\":\"fraud\"}").expect(200);
        var version = Json.object()
                .put("name", "fraud")
                .put("source", artifacts + "/model")
                .put("run_id", run);
        client.post(MLFLOW + "model-versions/create", version.toString()).expect(200);
        Path file = Files.writeString(files.resolve("fraud.yaml"), ReleaseIT.service("fraud", ""));
        server.cli().pilot("apply", "-f", file.toString()).done();
        server.cli().pilot("release", "fraud", "--watch").done();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static byte[] csv(int rows) {
        var text = new StringBuilder("amount,label\n");
        for (int i = 0; i < rows; i++) {
            text.append(i % 20).append(',').append(i % 2).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String run(Client client, String name, String dataset) {
        String id = client.post(MLFLOW + "runs/create", "{\"experiment_id\":\"0\",\"run_name\":\"" + name + "\"}")
                .expect(200)
                .json()
                .path("run")
                .path("info")
                .path("run_id")
                .asString();
        client.post(MLFLOW + "runs/log-inputs", """
                        {"run_id": "%s", "datasets": [{"dataset": {"name": "payments", "digest": "abc",
                          "source_type": "pilothouse", "source": "%s"}}]}""".formatted(id, dataset)).expect(200);
        return id;
    }

    private static JsonNode lineage(String query) {
        return server.client().get("/api/v1/lineage?" + query).expect(200).json();
    }

    /** The titles of a graph's nodes, a run by its name. */
    private static Set<String> titles(String query) {
        var titles = new TreeSet<String>();
        lineage(query)
                .path("nodes")
                .forEach(node -> titles.add(
                        node.path("kind").asString() + " " + node.path("title").asString()));
        return titles;
    }

    @Test
    void theWholeWayIsToldFromTheRunTheModelAndTheService() {
        Set<String> way =
                Set.of("dataset payments@2", "run trained", "model fraud/1", "release fraud #1", "service fraud");
        assertThat(titles("run=" + run)).isEqualTo(way);
        assertThat(titles("model=fraud&version=1")).isEqualTo(way);
        assertThat(titles("service=fraud")).isEqualTo(way);
        assertThat(lineage("service=fraud").path("links"))
                .as("dataset, run, version, release and service are one chain")
                .hasSize(4);
    }

    @Test
    void aDatasetTellsEachVersionsRunsAndWhatCameOfThem() {
        assertThat(titles("dataset=payments&version=1")).containsExactly("dataset payments@1", "run stray");
        assertThat(titles("dataset=payments")).contains("run stray", "run trained", "service fraud");
    }

    @Test
    void aRunThatNothingCameOfStandsAlone() {
        assertThat(titles("run=" + strayRun)).containsExactly("dataset payments@1", "run stray");
        assertThat(titles("run=unknown")).isEmpty();
    }

    @Test
    void oneBeginningIsNamed() {
        assertThat(server.client().get("/api/v1/lineage").expect(400).text())
                .contains("name one of dataset, run, model");
        server.client().get("/api/v1/lineage?run=a&model=b").expect(400);
    }
}
