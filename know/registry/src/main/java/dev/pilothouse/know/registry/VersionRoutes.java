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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** MLflow's endpoints of model versions. */
final class VersionRoutes {
    private static final Access READ = Access.role(Role.VIEWER);
    private static final Access WRITE = Access.role(Role.ENGINEER);

    private final ModelVersions versions;

    VersionRoutes(ModelVersions versions) {
        this.versions = versions;
    }

    void addTo(RouteTable table) {
        String base = "/mlflow/model-versions/";
        MlflowPaths.versioned(table)
                .on("POST", base + "create", WRITE, "createModelVersion", this::create)
                .on("GET", base + "get", READ, "getModelVersion", this::get)
                .on("PATCH", base + "update", WRITE, "updateModelVersion", this::update)
                .on("DELETE", base + "delete", WRITE, "deleteModelVersion", this::delete)
                .on("GET", base + "search", READ, "searchModelVersions", this::search)
                .on("POST", base + "transition-stage", WRITE, "transitionModelVersionStage", this::transition)
                .on("POST", base + "set-tag", WRITE, "setModelVersionTag", this::setTag)
                .on("DELETE", base + "delete-tag", WRITE, "deleteModelVersionTag", this::deleteTag)
                .on("GET", base + "get-download-uri", READ, "getModelVersionDownloadUri", this::downloadUri);
    }

    private Reply create(Call call) {
        var request = MlflowRequest.of(call);
        return found(versions.create(
                call.caller(),
                request.required("name"),
                new ModelVersions.Making(
                        request.required("source"),
                        request.text("run_id").orElse(""),
                        request.text("run_link").orElse(""),
                        request.text("model_id").orElse(""),
                        request.text("description").orElse(""),
                        tags(request))));
    }

    private Reply get(Call call) {
        return found(find(call));
    }

    private StoredVersion find(Call call) {
        var request = MlflowRequest.of(call);
        return versions.get(call.caller().tenant(), request.required("name"), number(request));
    }

    private Reply update(Call call) {
        var request = MlflowRequest.of(call);
        return found(versions.describe(
                call.caller(),
                request.required("name"),
                number(request),
                request.text("description").orElse("")));
    }

    private Reply delete(Call call) {
        var request = MlflowRequest.of(call);
        versions.delete(call.caller(), request.required("name"), number(request));
        return Reply.json(Json.object());
    }

    private Reply search(Call call) {
        var request = MlflowRequest.of(call);
        String tenant = call.caller().tenant();
        RegistrySearch.Query query =
                RegistrySearch.versions(request.text("filter").orElse(""), request.texts("order_by"));
        List<StoredVersion> candidates =
                query.name().map(name -> versions.ofModel(tenant, name)).orElseGet(() -> versions.all(tenant));
        PageToken.Page<StoredVersion> page = PageToken.cut(
                RegistrySearch.versions(candidates, query),
                request.text("page_token"),
                request.maxResults(10_000, 200_000));
        ObjectNode body = Json.object();
        var items = body.putArray("model_versions");
        page.items().forEach(version -> items.add(RegistryJson.version(version)));
        page.next().ifPresent(token -> body.put("next_page_token", token));
        return Reply.json(body);
    }

    private Reply transition(Call call) {
        var request = MlflowRequest.of(call);
        return found(versions.transition(
                call.caller(),
                request.required("name"),
                number(request),
                request.required("stage"),
                request.flag("archive_existing_versions")));
    }

    private Reply setTag(Call call) {
        var request = MlflowRequest.of(call);
        versions.setTag(
                call.caller(),
                request.required("name"),
                number(request),
                request.required("key"),
                request.text("value").orElse(""));
        return Reply.json(Json.object());
    }

    private Reply deleteTag(Call call) {
        var request = MlflowRequest.of(call);
        versions.deleteTag(call.caller(), request.required("name"), number(request), request.required("key"));
        return Reply.json(Json.object());
    }

    private Reply downloadUri(Call call) {
        return Reply.json(Json.object().put("artifact_uri", find(call).downloadUri()));
    }

    static Reply found(StoredVersion version) {
        ObjectNode body = Json.object();
        body.set("model_version", RegistryJson.version(version));
        return Reply.json(body);
    }

    /** Tags of a request, {@code [{key, value}]}. */
    static Map<String, String> tags(MlflowRequest request) {
        var tags = new LinkedHashMap<String, String>();
        request.objects("tags").stream()
                .map(MlflowRequest::of)
                .forEach(tag -> tags.put(tag.required("key"), tag.text("value").orElse("")));
        return tags;
    }

    private static int number(MlflowRequest request) {
        return ModelVersions.number(request.required("version"));
    }
}
