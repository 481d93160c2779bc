package dev.pilothouse.know.experiments;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.know.mlflow.MlflowRequest;
import dev.pilothouse.know.mlflow.PageToken;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** MLflow's endpoints of logged models, but for their files. */
final class LoggedModelRoutes {
    private static final Access READ = Access.role(Role.VIEWER);
    private static final Access WRITE = Access.role(Role.ENGINEER);

    private final LoggedModels models;

    LoggedModelRoutes(LoggedModels models) {
        this.models = models;
    }

    void addTo(RouteTable table) {
        String one = "/mlflow/logged-models/{model}";
        MlflowPaths.versioned(table)
                .on("POST", "/mlflow/logged-models", WRITE, "createLoggedModel", this::create)
                .on("POST", "/mlflow/logged-models/search", READ, "searchLoggedModels", this::search)
                .on("GET", one, READ, "getLoggedModel", this::get)
                .on("PATCH", one, WRITE, "finalizeLoggedModel", this::finish)
                .on("DELETE", one, WRITE, "deleteLoggedModel", this::delete)
                .on("PATCH", one + "/tags", WRITE, "setLoggedModelTags", this::setTags)
                .on("DELETE", one + "/tags/{*tag}", WRITE, "deleteLoggedModelTag", this::deleteTag)
                .on("POST", one + "/params", WRITE, "logLoggedModelParams", this::logParams);
    }

    private Reply create(Call call) {
        return found(models.create(call.caller(), MlflowRequest.of(call)));
    }

    private Reply get(Call call) {
        return found(models.get(call.caller().tenant(), call.param("model")));
    }

    private Reply finish(Call call) {
        String status = MlflowRequest.of(call).required("status");
        String named =
                switch (status) {
                    case "1" -> "LOGGED_MODEL_PENDING";
                    case "2" -> "LOGGED_MODEL_READY";
                    case "3" -> "LOGGED_MODEL_UPLOAD_FAILED";
                    default -> status;
                };
        return found(models.finish(call.caller(), call.param("model"), named));
    }

    private Reply delete(Call call) {
        models.delete(call.caller(), call.param("model"));
        return Reply.json(Json.object());
    }

    private Reply setTags(Call call) {
        return found(models.setTags(
                call.caller(), call.param("model"), MlflowRequest.of(call).pairs("tags")));
    }

    private Reply deleteTag(Call call) {
        models.deleteTag(call.caller(), call.param("model"), call.param("tag"));
        return Reply.json(Json.object());
    }

    private Reply logParams(Call call) {
        models.addParams(
                call.caller(), call.param("model"), MlflowRequest.of(call).pairs("params"));
        return Reply.json(Json.object());
    }

    private Reply search(Call call) {
        var request = MlflowRequest.of(call);
        List<Long> experiments =
                request.texts("experiment_ids").stream().map(Experiments::id).toList();
        List<LoggedModels.OnDataset> datasets = request.objects("datasets").stream()
                .map(MlflowRequest::of)
                .map(d -> new LoggedModels.OnDataset(
                        d.required("dataset_name"), d.text("dataset_digest").orElse("")))
                .toList();
        List<LoggedModels.Order> orders = request.objects("order_by").stream()
                .map(MlflowRequest::of)
                .map(LoggedModels::order)
                .toList();
        PageToken.Page<LoggedModel> page = PageToken.cut(
                models.search(
                        call.caller().tenant(),
                        experiments,
                        request.text("filter").orElse(""),
                        datasets,
                        orders),
                request.text("page_token"),
                request.maxResults(50, 1000));
        ObjectNode body = Json.object();
        var items = body.putArray("models");
        page.items().forEach(model -> items.add(json(model)));
        page.next().ifPresent(token -> body.put("next_page_token", token));
        return Reply.json(body);
    }

    private static Reply found(LoggedModel model) {
        ObjectNode body = Json.object();
        body.set("model", json(model));
        return Reply.json(body);
    }

    private static ObjectNode json(LoggedModel model) {
        ObjectNode json = Json.object();
        ObjectNode info = json.putObject("info")
                .put("model_id", model.id())
                .put("experiment_id", Long.toString(model.experiment()))
                .put("name", model.name())
                .put("creation_timestamp_ms", model.createdAt())
                .put("last_updated_timestamp_ms", model.updatedAt())
                .put("artifact_uri", model.artifactUri())
                .put("status", model.status());
        if (!model.modelType().isEmpty()) {
            info.put("model_type", model.modelType());
        }
        if (!model.sourceRun().isEmpty()) {
            info.put("source_run_id", model.sourceRun());
        }
        var tags = info.putArray("tags");
        model.tags().forEach((key, value) -> tags.addObject().put("key", key).put("value", value));
        ObjectNode data = json.putObject("data");
        var params = data.putArray("params");
        model.params()
                .forEach((key, value) -> params.addObject().put("key", key).put("value", value));
        var metrics = data.putArray("metrics");
        model.metrics().forEach(measured -> measured.point().addTo(metrics).put("run_id", measured.run()));
        return json;
    }
}
