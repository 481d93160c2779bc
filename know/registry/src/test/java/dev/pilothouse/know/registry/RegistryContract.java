package dev.pilothouse.know.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.testkit.TestClient.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The registry as its clients see it: over HTTP, and through its front door; on any store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RegistryContract {
    private RegistryServer server;

    abstract RegistryServer open();

    @BeforeAll
    void start() {
        server = open();
    }

    @AfterEach
    void removeModels() {
        server.models
                .registered()
                .all("acme")
                .forEach(model -> server.models.registered().delete(RegistryServer.CALLER, model.name()));
    }

    @AfterAll
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private String runWithModel(String content) {
        String run = server.mlflow("POST", "runs/create", "{\"experiment_id\": \"0\"}")
                .at("/run/info/run_id")
                .asString();
        String path = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model/";
        server.send("PUT", path + "MLmodel", "flavors: {}".getBytes(StandardCharsets.UTF_8));
        server.send("PUT", path + "data/weights.bin", content.getBytes(StandardCharsets.UTF_8));
        return run;
    }

    private Answer version(String name, String run) {
        return server.mlflow(
                "POST",
                "model-versions/create",
                "{\"name\": \"%s\", \"source\": \"runs:/%s/model\", \"run_id\": \"%s\"}".formatted(name, run, run));
    }

    @Test
    void aVersionPinsTheFilesItWasMadeFrom() {
        String run = runWithModel("one");
        server.mlflow("POST", "registered-models/create", "{\"name\": \"fraud\"}");
        assertThat(version("fraud", run).at("/model_version/version").asString())
                .isEqualTo("1");
        ModelVersion before = server.models.resolve("acme", "fraud");
        server.send(
                "PUT",
                "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model/data/weights.bin",
                "two".getBytes(StandardCharsets.UTF_8));
        assertThat(server.models.resolve("acme", "models:/fraud/1")).isEqualTo(before);
        assertThat(before.files()).containsOnlyKeys("MLmodel", "data/weights.bin");
        assertThat(before.runId()).contains(run);
        version("fraud", run);
        assertThat(server.models.resolve("acme", "fraud").digest()).isNotEqualTo(before.digest());
        String uri = server.mlflow("GET", "model-versions/get-download-uri?name=fraud&version=1", "")
                .at("/artifact_uri")
                .asString();
        String pinned = "/api/2.0/mlflow-artifacts/artifacts/" + uri.substring("mlflow-artifacts:/".length())
                + "/data/weights.bin";
        assertThat(server.send("GET", pinned, new byte[0]).at("/text").asString())
                .isEqualTo("one");
        assertThat(server.send("PUT", pinned, new byte[] {1}).status())
                .as("pinned files never change")
                .isEqualTo(403);
    }

    @Test
    void anAliasMovesAndIsOnTheLedger() {
        server.mlflow("POST", "registered-models/create", "{\"name\": \"fraud\"}");
        version("fraud", runWithModel("one"));
        version("fraud", runWithModel("two"));
        for (int v = 1; v <= 2; v++) {
            server.mlflow(
                    "POST",
                    "registered-models/alias",
                    "{\"name\": \"fraud\", \"alias\": \"champion\", \"version\": \"" + v + "\"}");
        }
        var found = server.mlflow("GET", "registered-models/alias?name=fraud&alias=champion", "");
        assertThat(found.at("/model_version/version").asString()).isEqualTo("2");
        assertThat(found.at("/model_version/aliases/0").asString()).isEqualTo("champion");
        assertThat(server.models.resolve("acme", "fraud@champion").version()).isEqualTo(2);
        // Entries are numbered a moment after their transaction.
        await().untilAsserted(() -> assertThat(server.ledger.history("acme", "model/fraud", 10))
                .extracting(entry -> entry.kind())
                .contains("model.alias-set"));
        assertThatThrownBy(() -> server.models.resolve("acme", "fraud@champoin"))
                .hasMessageContaining("Did you mean 'champion'?");
        assertThatThrownBy(() -> server.models.resolve("acme", "farud")).hasMessageContaining("Did you mean 'fraud'?");
    }

    @Test
    void aStageTransitionArchivesTheOthersWhereAsked() {
        server.mlflow("POST", "registered-models/create", "{\"name\": \"fraud\"}");
        version("fraud", runWithModel("one"));
        version("fraud", runWithModel("two"));
        for (int v = 1; v <= 2; v++) {
            server.mlflow("POST", "model-versions/transition-stage", """
                    {"name": "fraud", "version": "%d", "stage": "production", "archive_existing_versions": true}""".formatted(v));
        }
        var latest = server.mlflow("POST", "registered-models/get-latest-versions", "{\"name\": \"fraud\"}");
        assertThat(latest.json().toString()).contains("\"Production\"", "\"Archived\"");
        assertThat(server.mlflow("GET", "model-versions/get?name=fraud&version=1", "")
                        .at("/model_version/current_stage")
                        .asString())
                .isEqualTo("Archived");
    }

    @Test
    void searchesKnowPromptsFromModels() {
        server.mlflow("POST", "registered-models/create", "{\"name\": \"fraud\"}");
        server.mlflow("POST", "registered-models/create", """
                {"name": "greeting", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}""");
        server.mlflow("POST", "model-versions/create", """
                {"name": "greeting", "source": "prompt-template",
                 "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"},
                          {"key": "mlflow.prompt.text", "value": "Hello {{name}}"}]}""");
        String models = "registered-models/search?filter=tags.%60mlflow.prompt.is_prompt%60%20!%3D%20'true'";
        assertThat(server.mlflow("GET", models, "").at("/registered_models"))
                .extracting(m -> m.at("/name").asString())
                .containsExactly("fraud");
        String prompts = "model-versions/search?filter=tags.%60mlflow.prompt.is_prompt%60%20%3D%20'true'";
        assertThat(server.mlflow("GET", prompts, "")
                        .at("/model_versions/0/name")
                        .asString())
                .isEqualTo("greeting");
    }

    @Test
    void aModelIsAddedWithoutMlflow() throws IOException {
        byte[] bytes = "onnx".getBytes(StandardCharsets.UTF_8);
        var made = server.send("POST", "/api/v1/models/iris/versions?file=model.onnx", bytes);
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.at("/version").asInt()).isEqualTo(1);
        ModelVersion version = server.models.resolve("acme", "iris");
        assertThat(made.at("/digest").asString()).isEqualTo(version.digest().toString());
        assertThat(server.blobs.bytes(version.files().getOrDefault("model.onnx", version.digest())))
                .isEqualTo(bytes);
        server.send(
                "PUT", "/api/v1/models/iris/aliases/production", "{\"version\": 1}".getBytes(StandardCharsets.UTF_8));
        assertThat(server.send("GET", "/api/v1/models", new byte[0])
                        .at("/items/0/aliases/production")
                        .asInt())
                .isEqualTo(1);
        assertThat(server.send("POST", "/api/v1/models/iris/versions?file=..%2Fx", bytes)
                        .status())
                .isEqualTo(400);
        assertThat(server.send("POST", "/api/v1/models/iris/versions", new byte[0])
                        .status())
                .isEqualTo(400);
        assertThatThrownBy(() -> server.models.add(RegistryServer.CALLER, "iris", Map.of(), Map.of()))
                .hasMessageContaining("at least one file");
    }

    @Test
    void refusalsNameWhatToDo() {
        server.mlflow("POST", "registered-models/create", "{\"name\": \"fraud\"}");
        var twice = server.mlflow("POST", "registered-models/create", "{\"name\": \"fraud\"}");
        assertThat(twice.code()).isEqualTo("RESOURCE_ALREADY_EXISTS");
        var path =
                server.mlflow("POST", "model-versions/create", "{\"name\": \"fraud\", \"source\": \"/home/me/model\"}");
        assertThat(path.code()).isEqualTo("INVALID_PARAMETER_VALUE");
        assertThat(path.message()).contains("log the files to a run first");
        var near = server.mlflow("GET", "registered-models/get?name=frauds", "");
        assertThat(near.code()).isEqualTo("RESOURCE_DOES_NOT_EXIST");
        assertThat(near.message()).contains("Did you mean 'fraud'?");
        var reserved = server.mlflow(
                "POST", "registered-models/alias", "{\"name\": \"fraud\", \"alias\": \"v1\", \"version\": \"1\"}");
        assertThat(reserved.message()).contains("reserved");
    }
}
