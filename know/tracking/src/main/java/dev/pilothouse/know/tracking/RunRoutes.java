package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.experiments.Experiments;
import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.know.mlflow.MlflowRequest;
import dev.pilothouse.know.mlflow.PageToken;
import dev.pilothouse.know.mlflow.SearchClause;
import dev.pilothouse.know.mlflow.SearchOrder;
import dev.pilothouse.know.mlflow.ViewType;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** MLflow's run endpoints, searches included. */
final class RunRoutes {
    private static final Access READ = Access.role(Role.VIEWER);
    private static final Access WRITE = Access.role(Role.ENGINEER);
    /** Tag in which clients expect the history of log-model. */
    private static final String MODELS_TAG = "mlflow.log-model.history";

    private final Store store;
    private final Runs runs;
    private final RunIndexes indexes;
    private final InstantSource clock;

    RunRoutes(Store store, Runs runs, RunIndexes indexes, InstantSource clock) {
        this.store = store;
        this.runs = runs;
        this.indexes = indexes;
        this.clock = clock;
    }

    void addTo(RouteTable table) {
        MlflowPaths.versioned(table)
                .on("POST", "/mlflow/runs/create", WRITE, "createRun", this::create)
                .on("GET", "/mlflow/runs/get", READ, "getRun", this::get)
                .on("POST", "/mlflow/runs/update", WRITE, "updateRun", this::update)
                .on("POST", "/mlflow/runs/delete", WRITE, "deleteRun", call -> setDeleted(call, true))
                .on("POST", "/mlflow/runs/restore", WRITE, "restoreRun", call -> setDeleted(call, false))
                .on("POST", "/mlflow/runs/log-metric", WRITE, "logMetric", this::logMetric)
                .on("POST", "/mlflow/runs/log-parameter", WRITE, "logParam", this::logParam)
                .on("POST", "/mlflow/runs/log-batch", WRITE, "logBatch", this::logBatch)
                .on("POST", "/mlflow/runs/set-tag", WRITE, "setTag", this::setTag)
                .on("POST", "/mlflow/runs/delete-tag", WRITE, "deleteTag", this::deleteTag)
                .on("POST", "/mlflow/runs/log-model", WRITE, "logModel", this::logModel)
                .on("POST", "/mlflow/runs/log-inputs", WRITE, "logInputs", this::logInputs)
                .on("POST", "/mlflow/runs/outputs", WRITE, "logOutputs", this::logOutputs)
                .on("POST", "/mlflow/runs/search", READ, "searchRuns", this::search)
                .on("POST", "/mlflow/experiments/search-datasets", READ, "searchDatasets", this::searchDatasets);
    }

    private Reply create(Call call) {
        var request = MlflowRequest.of(call);
        Run run = runs.create(
                call.caller(),
                new Runs.Start(
                        Experiments.id(request.filled("experiment_id").orElse("0")),
                        request.text("user_id").orElse(""),
                        request.filled("run_name"),
                        request.number("start_time"),
                        request.pairs("tags")));
        return single(call.caller().tenant(), run.id());
    }

    private Reply get(Call call) {
        return single(call.caller().tenant(), MlflowRequest.of(call).runId());
    }

    private Reply single(String tenant, String id) {
        RunJson.Links links =
                store.read(tx -> SqlInputs.links(tx, tenant, List.of(id))).getOrDefault(id, RunJson.Links.NONE);
        return indexes.current(tenant)
                .read(id, (table, row) -> RunJson.single(table, row, links))
                .map(body -> Reply.of(200, "application/json", body))
                .orElseThrow(() -> MlflowError.RESOURCE_DOES_NOT_EXIST.because("Run with id=" + id + " not found"));
    }

    private Reply update(Call call) {
        var request = MlflowRequest.of(call);
        Run run = runs.update(
                call.caller(),
                request.runId(),
                request.filled("status").map(RunRoutes::status),
                request.number("end_time"),
                request.filled("run_name"));
        return Reply.of(200, "application/json", RunJson.info(run));
    }

    /** Protobuf's JSON also takes an enumeration's number. */
    private static String status(String text) {
        return switch (text) {
            case "1" -> "RUNNING";
            case "2" -> "SCHEDULED";
            case "3" -> "FINISHED";
            case "4" -> "FAILED";
            case "5" -> "KILLED";
            default -> text;
        };
    }

    private Reply setDeleted(Call call, boolean deleted) {
        runs.setDeleted(call.caller(), MlflowRequest.of(call).runId(), deleted);
        return Reply.json(Json.object());
    }

    private Reply logMetric(Call call) {
        var request = MlflowRequest.of(call);
        MetricPoint point = RunBatch.point(request, "", clock.millis());
        return log(call, request.runId(), new RunBatch(List.of(point), Map.of(), Map.of()));
    }

    private Reply logParam(Call call) {
        var request = MlflowRequest.of(call);
        return log(
                call,
                request.runId(),
                new RunBatch(
                        List.of(),
                        Map.of(request.required("key"), request.text("value").orElse("")),
                        Map.of()));
    }

    private Reply logBatch(Call call) {
        var request = MlflowRequest.of(call);
        return log(call, request.runId(), RunBatch.of(request, clock.millis()));
    }

    private Reply setTag(Call call) {
        var request = MlflowRequest.of(call);
        return log(
                call,
                request.runId(),
                new RunBatch(
                        List.of(),
                        Map.of(),
                        Map.of(request.required("key"), request.text("value").orElse(""))));
    }

    private Reply log(Call call, String run, RunBatch batch) {
        runs.log(call.caller(), run, batch);
        return Reply.json(Json.object());
    }

    private Reply deleteTag(Call call) {
        var request = MlflowRequest.of(call);
        runs.deleteTag(call.caller(), request.runId(), request.required("key"));
        return Reply.json(Json.object());
    }

    /** Appends to the history of models in a tag, as MLflow does. */
    private Reply logModel(Call call) {
        var request = MlflowRequest.of(call);
        String tenant = call.caller().tenant();
        String run = request.runId();
        JsonNode model = Json.parse(request.required("model_json"));
        for (String field : List.of("artifact_path", "flavors", "utc_time_created", "run_id")) {
            if (!model.has(field)) {
                throw MlflowError.INVALID_PARAMETER_VALUE.because(
                        "Model json is missing mandatory fields: " + field + ". Log the model with an MLflow client.");
            }
        }
        String history = store.read(tx -> SqlRuns.tags(tx, tenant, run)).getOrDefault(MODELS_TAG, "[]");
        ArrayNode models = Json.parse(history) instanceof ArrayNode array ? array : Json.array();
        models.add(model);
        return log(call, run, new RunBatch(List.of(), Map.of(), Map.of(MODELS_TAG, Json.write(models))));
    }

    private Reply logInputs(Call call) {
        var request = MlflowRequest.of(call);
        var datasets = new ArrayList<SqlInputs.DatasetInput>();
        for (ObjectNode input : request.objects("datasets")) {
            if (!(input.get("dataset") instanceof ObjectNode node)) {
                throw MlflowRequest.missing("datasets.dataset");
            }
            var dataset = MlflowRequest.of(node);
            datasets.add(new SqlInputs.DatasetInput(
                    dataset.required("name"),
                    dataset.required("digest"),
                    dataset.required("source_type"),
                    dataset.required("source"),
                    dataset.text("schema"),
                    dataset.text("profile"),
                    MlflowRequest.of(input).pairs("tags")));
        }
        runs.addInputs(call.caller(), request.runId(), datasets, models(request));
        return Reply.json(Json.object());
    }

    private Reply logOutputs(Call call) {
        var request = MlflowRequest.of(call);
        runs.addOutputs(call.caller(), request.runId(), models(request));
        return Reply.json(Json.object());
    }

    private static List<SqlInputs.ModelLink> models(MlflowRequest request) {
        return request.objects("models").stream()
                .map(MlflowRequest::of)
                .map(model -> new SqlInputs.ModelLink(
                        model.required("model_id"), model.number("step").orElse(0L)))
                .toList();
    }

    private Reply search(Call call) {
        var request = MlflowRequest.of(call);
        String tenant = call.caller().tenant();
        List<SearchClause> clauses =
                RunSearch.GRAMMAR.filter(request.text("filter").orElse(""));
        List<SearchOrder> orders = RunSearch.GRAMMAR.order(request.texts("order_by"));
        ViewType view = ViewType.of(request, "run_view_type");
        int most = request.maxResults(1000, 50_000);
        int offset = PageToken.offset(request.text("page_token"));
        List<Long> experiments =
                request.texts("experiment_ids").stream().map(Experiments::id).toList();
        RunIndex index = indexes.current(tenant);
        List<RunSearch.Hit> hits = index.read(
                experiments, tables -> RunSearch.find(tables, clauses, orders, view, Math.addExact(offset, most + 1)));
        int end = Math.min(hits.size(), offset + most);
        List<RunSearch.Hit> page = hits.subList(Math.min(offset, end), end);
        List<String> ids = page.stream().map(hit -> hit.run().id()).toList();
        Map<String, RunJson.Links> links = store.read(tx -> SqlInputs.links(tx, tenant, ids));
        Optional<String> next = hits.size() > end ? Optional.of(PageToken.of(end)) : Optional.empty();
        byte[] body = index.read(experiments, _ -> RunJson.page(page, links, next));
        return Reply.of(200, "application/json", body);
    }

    private Reply searchDatasets(Call call) {
        var request = MlflowRequest.of(call);
        List<Long> experiments =
                request.texts("experiment_ids").stream().map(Experiments::id).toList();
        var seen = new LinkedHashMap<String, ObjectNode>();
        indexes.current(call.caller().tenant()).read(experiments, tables -> {
            for (RunTable table : tables) {
                for (int row = 0; row < table.size(); row++) {
                    String experiment = Long.toString(table.run(row).experiment());
                    for (RunChange.DatasetRef dataset : table.datasets(row)) {
                        seen.putIfAbsent(
                                experiment + "\n" + dataset,
                                Json.object()
                                        .put("experiment_id", experiment)
                                        .put("name", dataset.name())
                                        .put("digest", dataset.digest())
                                        .put("context", dataset.context()));
                    }
                }
            }
            return true;
        });
        ObjectNode body = Json.object();
        var summaries = body.putArray("dataset_summaries");
        seen.values().stream().limit(1000).forEach(summaries::add);
        return Reply.json(body);
    }
}
