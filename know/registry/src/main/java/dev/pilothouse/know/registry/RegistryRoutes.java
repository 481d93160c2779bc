package dev.pilothouse.know.registry;

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
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** MLflow's endpoints of registered models. */
final class RegistryRoutes {
    private static final Access READ = Access.role(Role.VIEWER);
    private static final Access WRITE = Access.role(Role.ENGINEER);

    private final RegisteredModels models;
    private final ModelVersions versions;

    RegistryRoutes(RegisteredModels models, ModelVersions versions) {
        this.models = models;
        this.versions = versions;
    }

    void addTo(RouteTable table) {
        String base = "/mlflow/registered-models/";
        MlflowPaths.versioned(table)
                .on("POST", base + "create", WRITE, "createRegisteredModel", this::create)
                .on("POST", base + "rename", WRITE, "renameRegisteredModel", this::rename)
                .on("PATCH", base + "update", WRITE, "updateRegisteredModel", this::update)
                .on("DELETE", base + "delete", WRITE, "deleteRegisteredModel", this::delete)
                .on("GET", base + "get", READ, "getRegisteredModel", this::get)
                .on("GET", base + "search", READ, "searchRegisteredModels", this::search)
                .on("GET", base + "list", READ, "listRegisteredModels", this::search)
                .on("POST", base + "get-latest-versions", READ, "getLatestVersions", this::latest)
                .on("GET", base + "get-latest-versions", READ, "getLatestVersionsByQuery", this::latest)
                .on("POST", base + "set-tag", WRITE, "setRegisteredModelTag", this::setTag)
                .on("DELETE", base + "delete-tag", WRITE, "deleteRegisteredModelTag", this::deleteTag)
                .on("POST", base + "alias", WRITE, "setRegisteredModelAlias", this::setAlias)
                .on("DELETE", base + "alias", WRITE, "deleteRegisteredModelAlias", this::deleteAlias)
                .on("GET", base + "alias", READ, "getModelVersionByAlias", this::byAlias);
    }

    private Reply create(Call call) {
        var request = MlflowRequest.of(call);
        return found(
                call,
                models.create(
                        call.caller(),
                        request.required("name"),
                        request.text("description").orElse(""),
                        VersionRoutes.tags(request)));
    }

    private Reply rename(Call call) {
        var request = MlflowRequest.of(call);
        return found(call, models.rename(call.caller(), request.required("name"), request.required("new_name")));
    }

    private Reply update(Call call) {
        var request = MlflowRequest.of(call);
        return found(
                call,
                models.update(
                        call.caller(),
                        request.required("name"),
                        request.text("description").orElse("")));
    }

    private Reply delete(Call call) {
        models.delete(call.caller(), MlflowRequest.of(call).required("name"));
        return Reply.json(Json.object());
    }

    private Reply get(Call call) {
        return found(
                call, models.get(call.caller().tenant(), MlflowRequest.of(call).required("name")));
    }

    private Reply found(Call call, RegisteredModel model) {
        ObjectNode body = Json.object();
        body.set(
                "registered_model",
                RegistryJson.model(model, versions.ofModel(call.caller().tenant(), model.name())));
        return Reply.json(body);
    }

    private Reply search(Call call) {
        var request = MlflowRequest.of(call);
        String tenant = call.caller().tenant();
        RegistrySearch.Query query =
                RegistrySearch.models(request.text("filter").orElse(""), request.texts("order_by"));
        PageToken.Page<RegisteredModel> page = PageToken.cut(
                RegistrySearch.models(models.all(tenant), query),
                request.text("page_token"),
                request.maxResults(100, 1000));
        Map<String, List<StoredVersion>> byModel =
                versions.all(tenant).stream().collect(Collectors.groupingBy(StoredVersion::model));
        ObjectNode body = Json.object();
        var items = body.putArray("registered_models");
        page.items()
                .forEach(model -> items.add(RegistryJson.model(model, byModel.getOrDefault(model.name(), List.of()))));
        page.next().ifPresent(token -> body.put("next_page_token", token));
        return Reply.json(body);
    }

    private Reply latest(Call call) {
        var request = MlflowRequest.of(call);
        String tenant = call.caller().tenant();
        RegisteredModel model = models.get(tenant, request.required("name"));
        List<String> stages = request.texts("stages").stream().map(Stages::of).toList();
        ObjectNode body = Json.object();
        var items = body.putArray("model_versions");
        ModelVersions.latest(versions.ofModel(tenant, model.name()), stages.isEmpty() ? Stages.ALL : stages)
                .forEach(version -> items.add(RegistryJson.version(version)));
        return Reply.json(body);
    }

    private Reply setTag(Call call) {
        var request = MlflowRequest.of(call);
        models.setTag(
                call.caller(),
                request.required("name"),
                request.required("key"),
                request.text("value").orElse(""));
        return Reply.json(Json.object());
    }

    private Reply deleteTag(Call call) {
        var request = MlflowRequest.of(call);
        models.deleteTag(call.caller(), request.required("name"), request.required("key"));
        return Reply.json(Json.object());
    }

    private Reply setAlias(Call call) {
        var request = MlflowRequest.of(call);
        models.setAlias(
                call.caller(),
                request.required("name"),
                request.required("alias"),
                ModelVersions.number(request.required("version")));
        return Reply.json(Json.object());
    }

    private Reply deleteAlias(Call call) {
        var request = MlflowRequest.of(call);
        models.deleteAlias(call.caller(), request.required("name"), request.required("alias"));
        return Reply.json(Json.object());
    }

    private Reply byAlias(Call call) {
        var request = MlflowRequest.of(call);
        return VersionRoutes.found(
                versions.byAlias(call.caller().tenant(), request.required("name"), request.required("alias")));
    }
}
