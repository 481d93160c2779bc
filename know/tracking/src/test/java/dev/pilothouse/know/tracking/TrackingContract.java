package dev.pilothouse.know.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.platform.json.Json;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/** Tracking as its clients see it: over HTTP, on any store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TrackingContract {
    private TrackingServer server;

    /** Starts a server, or starts it again on what the one before left. */
    abstract TrackingServer open();

    @BeforeAll
    void start() {
        server = open();
    }

    @AfterAll
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void aLoggedRunIsReadBackWhole() {
        String experiment = server.experiment("fraud");
        String run = server.run(experiment);
        var answer = server.post("runs/log-batch", """
                {"run_id": "%s",
                 "metrics": [{"key": "auc", "value": 0.5, "timestamp": 10, "step": 1},
                             {"key": "auc", "value": 0.75, "timestamp": 20, "step": 2},
                             {"key": "loss", "value": "NaN", "timestamp": 20, "step": 2}],
                 "params": [{"key": "depth", "value": "3"}],
                 "tags": [{"key": "team", "value": "risk"}]}""".formatted(run));
        assertThat(answer.status()).isEqualTo(200);
        var read = server.get("runs/get?run_id=" + run).at("/run");
        assertThat(read.at("/info/experiment_id").asString()).isEqualTo(experiment);
        assertThat(read.at("/info/artifact_uri").asString())
                .isEqualTo("mlflow-artifacts:/" + experiment + "/" + run + "/artifacts");
        assertThat(read.at("/data/metrics/0/value").asDouble()).isEqualTo(0.75);
        assertThat(read.at("/data/metrics/1/value").asString()).isEqualTo("NaN");
        assertThat(read.at("/data/params/0/value").asString()).isEqualTo("3");
        assertThat(read.at("/data/tags").toString()).contains("\"team\"", "mlflow.runName");
    }

    @Test
    void aParameterNeverChanges() {
        String run = server.run("0");
        server.post(
                "runs/log-parameter",
                Json.object().put("run_id", run).put("key", "depth").put("value", "3"));
        var same = server.post(
                "runs/log-parameter",
                Json.object().put("run_id", run).put("key", "depth").put("value", "3"));
        var other = server.post(
                "runs/log-parameter",
                Json.object().put("run_id", run).put("key", "depth").put("value", "4"));
        assertThat(same.status()).isEqualTo(200);
        assertThat(other.status()).isEqualTo(400);
        assertThat(other.code()).isEqualTo("INVALID_PARAMETER_VALUE");
        assertThat(other.message()).contains("Changing param values is not allowed", "'depth'", "'3'", "'4'");
    }

    @Test
    void pointsThatAreSentTwiceAreKeptOnce() {
        String run = server.run("0");
        String batch = """
                {"run_id": "%s", "metrics": [{"key": "auc", "value": 1, "timestamp": 10, "step": 1},
                 {"key": "auc", "value": 2, "timestamp": 11, "step": 2}]}""".formatted(run);
        server.post("runs/log-batch", batch);
        server.post("runs/log-batch", batch);
        JsonNode first = server.get("metrics/get-history?run_id=" + run + "&metric_key=auc&max_results=1")
                .json();
        assertThat(first.at("/metrics")).hasSize(1);
        JsonNode second = server.get("metrics/get-history?run_id=" + run + "&metric_key=auc&max_results=1&page_token="
                        + first.at("/next_page_token").asString())
                .json();
        assertThat(second.at("/metrics/0/value").asDouble()).isEqualTo(2);
        assertThat(second.has("next_page_token")).isFalse();
    }

    @Test
    void aBatchBeyondTheLimitsIsRefusedWhole() {
        String run = server.run("0");
        var body = Json.object().put("run_id", run);
        var metrics = body.putArray("metrics");
        for (int i = 0; i < 1001; i++) {
            metrics.addObject()
                    .put("key", "m")
                    .put("value", i)
                    .put("timestamp", i)
                    .put("step", i);
        }
        var answer = server.post("runs/log-batch", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.message()).contains("at most 1000 metrics");
        assertThat(server.get("runs/get?run_id=" + run).at("/run/data/metrics")).isEmpty();
    }

    @Test
    void searchFiltersOrdersAndPages() {
        String experiment = server.experiment("search");
        for (int i = 0; i < 5; i++) {
            String run = server.run(experiment);
            server.post("runs/log-batch", """
                    {"run_id": "%s", "metrics": [{"key": "val acc", "value": %d, "timestamp": 1, "step": 0}],
                     "params": [{"key": "kind", "value": "%s"}]}""".formatted(run, i, i % 2 == 0 ? "tree" : "Line"));
        }
        String bare = server.run(experiment);
        var found = server.post("runs/search", """
                {"experiment_ids": ["%s"], "filter": "metrics.`val acc` >= 1 and params.kind ILIKE 'LI%%'",
                 "order_by": ["metrics.`val acc` DESC"]}""".formatted(experiment));
        assertThat(found.at("/runs")).hasSize(2);
        assertThat(found.at("/runs/0/data/metrics/0/value").asDouble()).isEqualTo(3);
        var page = server.post("runs/search", """
                {"experiment_ids": ["%s"], "order_by": ["metrics.`val acc` ASC"], "max_results": 4}""".formatted(experiment));
        assertThat(page.at("/runs")).hasSize(4);
        var rest = server.post("runs/search", """
                {"experiment_ids": ["%s"], "order_by": ["metrics.`val acc` ASC"], "max_results": 4, "page_token": "%s"}""".formatted(
                        experiment, page.at("/next_page_token").asString()));
        assertThat(rest.at("/runs")).hasSize(2);
        assertThat(rest.at("/runs/1/info/run_id").asString())
                .as("runs without the metric come last")
                .isEqualTo(bare);
        var broken = server.post("runs/search", """
                {"experiment_ids": ["%s"], "filter": "metric.a = 'x'"}""".formatted(experiment));
        assertThat(broken.status()).isEqualTo(400);
        assertThat(broken.message()).contains("Expected numeric value");
    }

    @Test
    void whatWasAcknowledgedIsThereAfterARestart() {
        String run = server.run("0");
        server.post("runs/log-batch", """
                {"run_id": "%s", "metrics": [{"key": "auc", "value": 0.9, "timestamp": 10, "step": 3}],
                 "params": [{"key": "depth", "value": "3"}]}""".formatted(run));
        server.post(
                "runs/update",
                Json.object().put("run_id", run).put("status", "FINISHED").put("end_time", 5));
        server.close();
        server = open();
        var read = server.get("runs/get?run_id=" + run).at("/run");
        assertThat(read.at("/data/metrics/0/value").asDouble()).isEqualTo(0.9);
        assertThat(read.at("/data/metrics/0/step").asInt()).isEqualTo(3);
        assertThat(read.at("/info/status").asString()).isEqualTo("FINISHED");
        // Entries are numbered a moment after their transaction.
        await().untilAsserted(() -> assertThat(server.ledger.history("acme", "run/" + run, 10))
                .extracting(entry -> entry.kind())
                .containsExactly("run.ended", "run.started"));
    }

    @Test
    void afterACrashLatestValuesAreRebuiltFromBatches() {
        String run = server.run("0");
        server.post("runs/log-batch", """
                {"run_id": "%s", "metrics": [{"key": "auc", "value": 0.25, "timestamp": 10, "step": 3},
                 {"key": "auc", "value": 0.5, "timestamp": 11, "step": 2}]}""".formatted(run));
        // A second set of indexes on the same store knows only what is on disk, as a new process would.
        try (var after = new RunIndexes(server.store, InstantSource.system())) {
            var latest = after.of("acme")
                    .read(run, (table, row) -> table.latest(row))
                    .orElseThrow();
            assertThat(latest).extracting(MetricPoint::value).containsExactly(0.25);
        }
    }

    @Test
    void historyIsTheSameBeforeAndAfterBatchesAreRewritten() {
        String run = server.run("0");
        for (int i = 0; i < 300; i++) {
            server.post("runs/log-batch", """
                    {"run_id": "%s", "metrics": [{"key": "a", "value": %d, "timestamp": %d, "step": %d},
                     {"key": "b", "value": 1, "timestamp": 5, "step": 0}]}""".formatted(run, i, i, i));
        }
        await().until(() -> server.store.<Integer>read(tx -> SqlPoints.count(tx, "acme", run, Long.MAX_VALUE)) < 100);
        JsonNode history = server.get("metrics/get-history?run_id=" + run + "&metric_key=a")
                .json();
        assertThat(history.at("/metrics")).hasSize(300);
        assertThat(history.at("/metrics/299/value").asDouble()).isEqualTo(299);
        assertThat(server.get("metrics/get-history?run_id=" + run + "&metric_key=b")
                        .at("/metrics"))
                .as("points sent again")
                .hasSize(1);
        assertThat(server.get("metrics/get-history-bulk-interval?run_ids=" + run
                                + "&metric_key=a&start_step=100&end_step=199&max_results=10")
                        .at("/metrics"))
                .hasSize(10);
    }

    @Test
    void valuesThatAreTooLongAreCutAndDeletingTwiceIsNoMistake() {
        String experiment = server.experiment("cut");
        String run = server.run(experiment);
        server.post(
                "runs/log-parameter",
                Json.object().put("run_id", run).put("key", "p").put("value", "x".repeat(6_001)));
        server.post(
                "runs/set-tag", Json.object().put("run_id", run).put("key", "t").put("value", "ü".repeat(8_001)));
        var data = server.get("runs/get?run_id=" + run).at("/run/data");
        assertThat(data.at("/params/0/value").asString()).hasSize(6_000);
        assertThat(data.path("tags").toString()).contains("\"" + "ü".repeat(8_000) + "\"");
        for (String twice : List.of("delete", "delete", "restore", "restore")) {
            assertThat(server.post("runs/" + twice, Json.object().put("run_id", run))
                            .status())
                    .as(twice)
                    .isEqualTo(200);
        }
    }

    @Test
    void whatIsNotThereAnswersInMlflowsShape() {
        assertThat(server.get("runs/get?run_id=nope").code()).isEqualTo("RESOURCE_DOES_NOT_EXIST");
        assertThat(server.get("experiments/get-by-name?experiment_name=Defualt").message())
                .contains("Did you mean 'Default'?");
        assertThat(server.post("gateway/nothing", "{}").code()).isEqualTo("ENDPOINT_NOT_FOUND");
        assertThat(server.post("runs/create", "{\"experiment_id\": ").code()).isEqualTo("MALFORMED_REQUEST");
        assertThat(server.send("", "GET", "/api/2.0/mlflow/runs/get?run_id=x", "")
                        .status())
                .isEqualTo(401);
        assertThat(server.send("", "GET", "/mlflow/api/3.0/mlflow/server-info", "")
                        .at("/multipart_uploads_enabled")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void anExperimentInTheBinTakesItsRunsAlong() {
        String experiment = server.experiment("old");
        String run = server.run(experiment);
        server.post("experiments/delete", Json.object().put("experiment_id", experiment));
        assertThat(server.get("runs/get?run_id=" + run)
                        .at("/run/info/lifecycle_stage")
                        .asString())
                .isEqualTo("deleted");
        assertThat(server.post("runs/create", Json.object().put("experiment_id", experiment))
                        .status())
                .isEqualTo(400);
        server.post("experiments/restore", Json.object().put("experiment_id", experiment));
        assertThat(server.get("runs/get?run_id=" + run)
                        .at("/run/info/lifecycle_stage")
                        .asString())
                .isEqualTo("active");
    }
}
