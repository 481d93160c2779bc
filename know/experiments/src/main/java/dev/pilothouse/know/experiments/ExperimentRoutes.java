package dev.pilothouse.know.experiments;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.know.mlflow.MlflowRequest;
import dev.pilothouse.know.mlflow.PageToken;
import dev.pilothouse.know.mlflow.ViewType;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import tools.jackson.databind.node.ObjectNode;

/** MLflow's endpoints of experiments and logged models. */
public final class ExperimentRoutes {
    private static final Access READ = Access.role(Role.VIEWER);
    private static final Access WRITE = Access.role(Role.ENGINEER);

    private final Experiments experiments;
    private final LoggedModelRoutes models;

    /** Endpoints over experiments and the models logged in them. */
    public ExperimentRoutes(Experiments experiments, LoggedModels models) {
        this.experiments = experiments;
        this.models = new LoggedModelRoutes(models);
    }

    /** Adds all of them. */
    public void addTo(RouteTable table) {
        models.addTo(table);
        MlflowPaths.versioned(table)
                .on("POST", "/mlflow/experiments/create", WRITE, "createExperiment", this::create)
                .on("GET", "/mlflow/experiments/get", READ, "getExperiment", this::get)
                .on("GET", "/mlflow/experiments/get-by-name", READ, "getExperimentByName", this::getByName)
                .on("POST", "/mlflow/experiments/search", READ, "searchExperiments", this::search)
                .on("GET", "/mlflow/experiments/search", READ, "searchExperimentsByQuery", this::search)
                .on("GET", "/mlflow/experiments/list", READ, "listExperiments", this::search)
                .on("POST", "/mlflow/experiments/update", WRITE, "updateExperiment", this::update)
                .on("POST", "/mlflow/experiments/delete", WRITE, "deleteExperiment", call -> setDeleted(call, true))
                .on("POST", "/mlflow/experiments/restore", WRITE, "restoreExperiment", call -> setDeleted(call, false))
                .on("POST", "/mlflow/experiments/set-experiment-tag", WRITE, "setExperimentTag", this::setTag)
                .on("POST", "/mlflow/experiments/delete-experiment-tag", WRITE, "deleteExperimentTag", this::deleteTag);
    }

    private Reply create(Call call) {
        var request = MlflowRequest.of(call);
        Experiment made = experiments.create(
                call.caller(), request.required("name"), request.filled("artifact_location"), request.pairs("tags"));
        return Reply.json(Json.object().put("experiment_id", Long.toString(made.id())));
    }

    private Reply get(Call call) {
        long id = Experiments.id(MlflowRequest.of(call).required("experiment_id"));
        return found(experiments.get(call.caller().tenant(), id));
    }

    private Reply getByName(Call call) {
        return found(
                experiments.get(call.caller().tenant(), MlflowRequest.of(call).required("experiment_name")));
    }

    private Reply search(Call call) {
        var request = MlflowRequest.of(call);
        PageToken.Page<Experiment> page = experiments.search(
                call.caller().tenant(),
                request.text("filter").orElse(""),
                request.texts("order_by"),
                ViewType.of(request, "view_type"),
                request.maxResults(1000, 50_000),
                request.text("page_token"));
        ObjectNode body = Json.object();
        var items = body.putArray("experiments");
        page.items().forEach(experiment -> items.add(json(experiment)));
        page.next().ifPresent(token -> body.put("next_page_token", token));
        return Reply.json(body);
    }

    private Reply update(Call call) {
        var request = MlflowRequest.of(call);
        experiments.rename(
                call.caller(), Experiments.id(request.required("experiment_id")), request.required("new_name"));
        return Reply.json(Json.object());
    }

    private Reply setDeleted(Call call, boolean deleted) {
        long id = Experiments.id(MlflowRequest.of(call).required("experiment_id"));
        experiments.setDeleted(call.caller(), id, deleted);
        return Reply.json(Json.object());
    }

    private Reply setTag(Call call) {
        var request = MlflowRequest.of(call);
        experiments.setTag(
                call.caller(),
                Experiments.id(request.required("experiment_id")),
                request.required("key"),
                request.text("value").orElse(""));
        return Reply.json(Json.object());
    }

    private Reply deleteTag(Call call) {
        var request = MlflowRequest.of(call);
        experiments.deleteTag(
                call.caller(), Experiments.id(request.required("experiment_id")), request.required("key"));
        return Reply.json(Json.object());
    }

    private static Reply found(Experiment experiment) {
        ObjectNode body = Json.object();
        body.set("experiment", json(experiment));
        return Reply.json(body);
    }

    private static ObjectNode json(Experiment experiment) {
        ObjectNode json = Json.object()
                .put("experiment_id", Long.toString(experiment.id()))
                .put("name", experiment.name())
                .put("artifact_location", experiment.artifactLocation())
                .put("lifecycle_stage", experiment.deleted() ? "deleted" : "active")
                .put("last_update_time", experiment.updatedAt())
                .put("creation_time", experiment.createdAt());
        var tags = json.putArray("tags");
        experiment
                .tags()
                .forEach((key, value) -> tags.addObject().put("key", key).put("value", value));
        return json;
    }
}
