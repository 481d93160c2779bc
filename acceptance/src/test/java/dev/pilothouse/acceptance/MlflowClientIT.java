package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.testkit.OnnxBytes;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mlflow.api.proto.Service;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ExperimentsPage;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;

/** The stock MLflow Java client, which knows nothing of Pilothouse. */
class MlflowClientIT {
    private static PackagedServer server;
    private static MlflowClient mlflow;

    @BeforeAll
    static void start() {
        server = PackagedServer.start();
        mlflow = new MlflowClient(new BasicMlflowHostCreds(server.address().toString(), server.key()));
    }

    @AfterAll
    static void stop() {
        mlflow.close();
        server.close();
    }

    @Test
    void aRunIsLoggedAndReadBackAsItWasSent() {
        String experiment = mlflow.createExperiment("logged");
        mlflow.setExperimentTag(experiment, "team", "risk");
        String run = mlflow.createRun(experiment).getRunId();
        List<Metric> metrics = new ArrayList<>();
        for (int step = 0; step < 200; step++) {
            metrics.add(metric("loss", 1.0 / (step + 1), step));
        }
        metrics.add(metric("nothing", Double.NaN, 0));
        metrics.add(metric("auc", 0.9, 0));
        mlflow.logBatch(
                run, metrics, List.of(param("depth", "7"), param("name", "größe")), List.of(tag("stage", "one")));
        mlflow.logMetric(run, "auc", 0.95, 1_700_000_000_001L, 1);
        mlflow.setTag(run, "note", "a\nb");
        mlflow.setTag(run, "gone", "soon");
        mlflow.deleteTag(run, "gone");
        mlflow.setTerminated(run, RunStatus.FINISHED, 1_700_000_100_000L);

        Service.Run read = mlflow.getRun(run);
        assertThat(read.getInfo().getStatus()).isEqualTo(RunStatus.FINISHED);
        assertThat(read.getInfo().getEndTime()).isEqualTo(1_700_000_100_000L);
        assertThat(read.getData().getParamsList()).extracting(Param::getValue).containsExactlyInAnyOrder("7", "größe");
        assertThat(read.getData().getTagsList())
                .extracting(t -> t.getKey() + "=" + t.getValue())
                .contains("stage=one", "note=a\nb")
                .doesNotContain("gone=soon");
        assertThat(read.getData().getMetricsList())
                .filteredOn(m -> m.getKey().equals("auc"))
                .singleElement()
                .satisfies(m -> assertThat(m.getValue()).isEqualTo(0.95));
        assertThat(mlflow.getMetricHistory(run, "loss"))
                .hasSize(200)
                .extracting(Metric::getStep)
                .startsWith(0L, 1L, 2L)
                .endsWith(199L);
        assertThat(mlflow.getExperiment(experiment).getTagsList())
                .anyMatch(t -> t.getKey().equals("team") && t.getValue().equals("risk"));
        assertThat(mlflow.getExperimentByName("logged")).isPresent();
        assertThat(mlflow.getExperimentByName("never made")).isEmpty();
    }

    @Test
    void searchFiltersOrdersAndPages() {
        String experiment = mlflow.createExperiment("searched");
        var random = new Random(7);
        for (int i = 0; i < 25; i++) {
            String run = mlflow.createRun(experiment).getRunId();
            mlflow.logBatch(
                    run,
                    List.of(metric("auc", i / 100.0, 0)),
                    List.of(param("kind", i % 2 == 0 ? "tree" : "linear")),
                    List.of(tag("number", "n" + random.nextInt(100))));
        }
        String filter = "params.kind = 'tree' and metrics.auc >= 0.04";
        var page = mlflow.searchRuns(List.of(experiment), filter, ViewType.ACTIVE_ONLY, 4, List.of("metrics.auc DESC"));
        List<Double> found = new ArrayList<>();
        int pages = 0;
        while (true) {
            pages++;
            page.getItems().forEach(run -> found.add(run.getData().getMetrics(0).getValue()));
            if (!page.hasNextPage()) {
                break;
            }
            page = mlflow.searchRuns(
                    List.of(experiment),
                    filter,
                    ViewType.ACTIVE_ONLY,
                    4,
                    List.of("metrics.auc DESC"),
                    page.getNextPageToken().orElseThrow());
        }
        assertThat(found).containsExactly(.24, .22, .20, .18, .16, .14, .12, .10, .08, .06, .04);
        assertThat(pages).isEqualTo(3);
        assertThat(mlflow.searchExperiments("name LIKE 'search%'").getItems())
                .extracting(Service.Experiment::getName)
                .containsExactly("searched");
    }

    @Test
    void whatIsDeletedIsGoneUntilItIsRestored() {
        String experiment = mlflow.createExperiment("deleted");
        String run = mlflow.createRun(experiment).getRunId();
        mlflow.deleteRun(run);
        assertThat(found(experiment, "")).isEmpty();
        mlflow.restoreRun(run);
        assertThat(found(experiment, "")).hasSize(1);
        mlflow.renameExperiment(experiment, "renamed");
        mlflow.deleteExperiment(experiment);
        assertThat(mlflow.getExperiment(experiment).getLifecycleStage()).isEqualTo("deleted");
        mlflow.restoreExperiment(experiment);
        assertThat(mlflow.getExperimentByName("renamed")).isPresent();
    }

    @Test
    void mistakesAreToldInMlflowsOwnShape() {
        String experiment = mlflow.createExperiment("mistaken");
        assertThatThrownBy(() -> mlflow.createExperiment("mistaken"))
                .isInstanceOfSatisfying(MlflowHttpException.class, e -> {
                    assertThat(e.getStatusCode()).isEqualTo(400);
                    assertThat(e.getBodyMessage()).contains("\"error_code\":\"RESOURCE_ALREADY_EXISTS\"");
                });
        assertThatThrownBy(() -> mlflow.getRun("0123456789abcdef0123456789abcdef"))
                .isInstanceOfSatisfying(
                        MlflowHttpException.class,
                        e -> assertThat(e.getBodyMessage()).contains("RESOURCE_DOES_NOT_EXIST"));
        assertThatThrownBy(() -> found(experiment, "metrics.auc >> 3"))
                .isInstanceOfSatisfying(
                        MlflowHttpException.class,
                        e -> assertThat(e.getBodyMessage()).contains("INVALID_PARAMETER_VALUE"));
        String run = mlflow.createRun(experiment).getRunId();
        mlflow.logParam(run, "depth", "7");
        assertThatThrownBy(() -> mlflow.logParam(run, "depth", "8"))
                .isInstanceOfSatisfying(
                        MlflowHttpException.class,
                        e -> assertThat(e.getBodyMessage()).contains("INVALID_PARAMETER_VALUE"));
        assertThatThrownBy(() -> mlflow.sendGet("no/such/endpoint"))
                .isInstanceOfSatisfying(
                        MlflowHttpException.class,
                        e -> assertThat(e.getBodyMessage()).contains("ENDPOINT_NOT_FOUND"));
        try (var stranger =
                new MlflowClient(new BasicMlflowHostCreds(server.address().toString(), "not-a-key"))) {
            assertThatThrownBy(() -> stranger.createExperiment("refused"))
                    .isInstanceOfSatisfying(MlflowHttpException.class, e -> {
                        assertThat(e.getStatusCode()).isEqualTo(401);
                        assertThat(e.getBodyMessage()).contains("UNAUTHENTICATED");
                    });
        }
    }

    @Test
    void theKeyIsAlsoThePasswordOfHttpBasic() {
        var creds = new BasicMlflowHostCreds(server.address().toString(), "anybody", server.key());
        try (var basic = new MlflowClient(creds)) {
            assertThat(basic.createExperiment("by password")).isNotEmpty();
        }
    }

    @Test
    void artifactsPassTheProxyAndARegisteredModelPointsAtThem() {
        String experiment = mlflow.createExperiment("artifacts");
        var run = mlflow.createRun(experiment);
        String folder = URI.create(run.getArtifactUri()).getPath().replaceAll("^/+", "");
        byte[] model = OnnxBytes.adding(1, 2);
        byte[] big = new byte[5 << 20];
        new Random(3).nextBytes(big);
        Client http = server.client();
        String proxy = "/api/2.0/mlflow-artifacts/artifacts/" + folder;
        http.put(proxy + "/model/model.onnx", model).expect(200);
        http.put(proxy + "/big%20file.bin", big).expect(200);
        // The client's own artifact methods call a Python program, so its plain request is used.
        assertThat(mlflow.sendGet("artifacts/list?run_id=" + run.getRunId()))
                .contains("\"path\":\"model\",\"is_dir\":true", "\"path\":\"big file.bin\",\"is_dir\":false");
        assertThat(http.get(proxy + "/big%20file.bin").expect(200).bytes()).isEqualTo(big);
        assertThat(http.send("GET", proxy + "/big%20file.bin", "", new byte[0], "range", "bytes=10-19")
                        .expect(206)
                        .bytes())
                .hasSize(10)
                .isEqualTo(java.util.Arrays.copyOfRange(big, 10, 20));

        mlflow.sendPost("registered-models/create", "{\"name\":\"adder\"}");
        String made = mlflow.sendPost(
                "model-versions/create",
                "{\"name\":\"adder\",\"source\":\"" + run.getArtifactUri() + "/model\",\"run_id\":\"" + run.getRunId()
                        + "\"}");
        assertThat(made).contains("\"version\":\"1\"");
        mlflow.sendPost("registered-models/alias", "{\"name\":\"adder\",\"alias\":\"champion\",\"version\":\"1\"}");
        assertThat(mlflow.getModelVersion("adder", "1").getRunId()).isEqualTo(run.getRunId());
        assertThat(mlflow.getRegisteredModel("adder").getName()).isEqualTo("adder");
        assertThat(mlflow.searchModelVersions("name = 'adder'").getItems()).hasSize(1);
        assertThat(mlflow.sendGet("registered-models/alias?name=adder&alias=champion"))
                .contains("\"version\":\"1\"");
        // The registry keeps files of its own, so that a version outlives its run.
        String kept = URI.create(mlflow.getModelVersionDownloadUri("adder", "1"))
                .getPath()
                .replaceAll("^/+", "");
        assertThat(http.get("/api/2.0/mlflow-artifacts/artifacts/" + kept + "/model.onnx")
                        .expect(200)
                        .bytes())
                .isEqualTo(model);
        var aliases = http.get("/api/v1/models/adder").expect(200).json().path("aliases");
        assertThat(aliases.path("champion").asInt()).isEqualTo(1);
    }

    @Test
    void theFluentContextLogsNestedRunsAndEndsThemAsTheyEnded() {
        var context = new MlflowContext(mlflow).setExperimentId(mlflow.createExperiment("fluent"));
        var parent = context.startRun("search");
        parent.logParams(Map.of("space", "small", "folds", "5"));
        for (int depth = 1; depth <= 3; depth++) {
            var child = context.startRun("depth " + depth, parent.getId());
            child.logParam("depth", Integer.toString(depth));
            child.logMetrics(Map.of("auc", 0.7 + depth / 100.0, "loss", 1.0 / depth), depth);
            child.setTags(Map.of("kind", "trial"));
            child.endRun(depth == 3 ? RunStatus.FAILED : RunStatus.FINISHED);
        }
        parent.endRun();
        // The client keeps the exception to itself and marks the run.
        context.withActiveRun("broken", _ -> {
            throw new IllegalStateException("no data");
        });
        String experiment = context.getExperimentId();
        List<Service.Run> children = found(experiment, "tags.mlflow.parentRunId = '" + parent.getId() + "'");
        assertThat(children)
                .extracting(run -> run.getInfo().getStatus())
                .containsExactlyInAnyOrder(RunStatus.FINISHED, RunStatus.FINISHED, RunStatus.FAILED);
        assertThat(found(experiment, "attributes.run_name = 'depth 2' and metrics.loss = 0.5"))
                .singleElement()
                .satisfies(run -> assertThat(
                                mlflow.getMetricHistory(run.getInfo().getRunId(), "auc"))
                        .singleElement()
                        .satisfies(metric -> assertThat(metric.getStep()).isEqualTo(2)));
        assertThat(found(experiment, "attributes.run_name = 'broken'"))
                .singleElement()
                .satisfies(run -> assertThat(run.getInfo().getStatus()).isEqualTo(RunStatus.FAILED));
    }

    @Test
    void experimentsComePageByPageAndVersionsByTheirStage() {
        for (int i = 0; i < 7; i++) {
            mlflow.createExperiment("paged " + i);
        }
        List<String> names = new ArrayList<>();
        ExperimentsPage page =
                mlflow.searchExperiments("name LIKE 'paged %'", ViewType.ACTIVE_ONLY, 3, List.of("name DESC"));
        page.getItems().forEach(experiment -> names.add(experiment.getName()));
        while (page.hasNextPage()) {
            page = mlflow.searchExperiments(
                    "name LIKE 'paged %'",
                    ViewType.ACTIVE_ONLY,
                    3,
                    List.of("name DESC"),
                    page.getNextPageToken().orElseThrow());
            page.getItems().forEach(experiment -> names.add(experiment.getName()));
        }
        assertThat(names).containsExactly("paged 6", "paged 5", "paged 4", "paged 3", "paged 2", "paged 1", "paged 0");

        var run = mlflow.createRun(mlflow.createExperiment("staged"));
        String folder = URI.create(run.getArtifactUri()).getPath().replaceAll("^/+", "");
        server.client()
                .put("/api/2.0/mlflow-artifacts/artifacts/" + folder + "/model/model.onnx", OnnxBytes.adding(1, 2))
                .expect(200);
        mlflow.sendPost("registered-models/create", "{\"name\":\"staged\"}");
        for (int version = 1; version <= 2; version++) {
            mlflow.sendPost(
                    "model-versions/create", "{\"name\":\"staged\",\"source\":\"" + run.getArtifactUri() + "/model\"}");
        }
        mlflow.sendPost(
                "model-versions/transition-stage",
                "{\"name\":\"staged\",\"version\":\"1\",\"stage\":\"Production\",\"archive_existing_versions\":true}");
        assertThat(mlflow.getLatestVersions("staged", List.of("Production")))
                .singleElement()
                .satisfies(version -> assertThat(version.getVersion()).isEqualTo("1"));
        assertThat(mlflow.getLatestVersions("staged"))
                .extracting(version -> version.getVersion() + " " + version.getCurrentStage())
                .containsExactlyInAnyOrder("1 Production", "2 None");
        mlflow.sendPatch("model-versions/update", "{\"name\":\"staged\",\"version\":\"2\",\"description\":\"new\"}");
        assertThat(mlflow.getModelVersion("staged", "2").getDescription()).isEqualTo("new");
        var versions = mlflow.searchModelVersions("name = 'staged'", 1, List.of("version_number DESC"));
        assertThat(versions.getItems())
                .singleElement()
                .satisfies(version -> assertThat(version.getVersion()).isEqualTo("2"));
        assertThat(versions.hasNextPage()).isTrue();
    }

    private static List<Service.Run> found(String experiment, String filter) {
        return mlflow.searchRuns(List.of(experiment), filter, ViewType.ACTIVE_ONLY, 100)
                .getItems();
    }

    private static Metric metric(String key, double value, long step) {
        return Metric.newBuilder()
                .setKey(key)
                .setValue(value)
                .setStep(step)
                .setTimestamp(1_700_000_000_000L + step)
                .build();
    }

    private static Param param(String key, String value) {
        return Param.newBuilder().setKey(key).setValue(value).build();
    }

    private static RunTag tag(String key, String value) {
        return RunTag.newBuilder().setKey(key).setValue(value).build();
    }
}
