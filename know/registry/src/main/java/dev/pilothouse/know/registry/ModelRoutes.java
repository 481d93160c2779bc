package dev.pilothouse.know.registry;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Our own API of the registry, and MLflow's. */
public final class ModelRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(ModelRoutes.class);
    private static final Access READ = Access.role(Role.VIEWER);
    private static final Access WRITE = Access.role(Role.ENGINEER);
    /** Largest model file: 64 GiB. */
    private static final long MAX_BODY = 64L << 30;

    private final Models models;
    private final Blobs blobs;

    /** Routes of a registry whose files go to blobs. */
    public ModelRoutes(Models models, Blobs blobs) {
        this.models = models;
        this.blobs = blobs;
    }

    /** Adds all routes of the registry. */
    public void addRoutes(RouteTable table) {
        new RegistryRoutes(models.registered(), models.versions()).addTo(table);
        new VersionRoutes(models.versions()).addTo(table);
        table.api()
                .on("GET", "/api/v1/models", READ, "listModels", this::list)
                .on("GET", "/api/v1/models/{name}", READ, "getModel", this::get)
                .on("PUT", "/api/v1/models/{name}/aliases/{alias}", WRITE, "setModelAlias", this::setAlias);
        table.api()
                .maxBody(MAX_BODY)
                .raw("POST", "/api/v1/models/{name}/versions", WRITE, "addModelVersion", this::addVersion);
    }

    private Reply list(Call call) {
        int limit = call.intQuery("limit", 100, 1, 1000);
        String after = call.query("cursor").orElse("");
        List<RegisteredModel> rest = models.registered().all(call.caller().tenant()).stream()
                .filter(model -> model.name().compareTo(after) > 0)
                .sorted(java.util.Comparator.comparing(RegisteredModel::name))
                .toList();
        ObjectNode body = Json.object();
        var items = body.putArray("items");
        rest.stream().limit(limit).forEach(model -> items.add(json(model)));
        if (rest.size() > limit) {
            body.put("next", rest.get(limit - 1).name());
        }
        return Reply.json(body);
    }

    private Reply get(Call call) {
        String tenant = call.caller().tenant();
        RegisteredModel model = models.registered().get(tenant, call.param("name"));
        ObjectNode body = json(model);
        var items = body.putArray("versions");
        models.versions().ofModel(tenant, model.name()).forEach(version -> items.add(json(version)));
        return Reply.json(body);
    }

    private Reply setAlias(Call call) {
        int version = call.json().path("version").asInt(0);
        if (version < 1) {
            throw CommonError.INVALID.because("The body names no version. Send {\"version\": 1}.");
        }
        models.registered().setAlias(call.caller(), call.param("name"), call.param("alias"), version);
        return Reply.json(Json.object()
                .put("name", call.param("name"))
                .put("alias", call.param("alias"))
                .put("version", version));
    }

    /** The body is the file itself; it is copied to blobs as it arrives, on a virtual thread. */
    private HttpResponse addVersion(ServiceRequestContext context, HttpRequest request, Caller caller) {
        String name = MlflowNames.model(String.valueOf(context.pathParam("name")));
        String file = context.queryParams().get("file", "model.onnx");
        if (file.isEmpty() || file.contains("/") || file.contains("\\") || file.equals(".") || file.equals("..")) {
            throw CommonError.INVALID.because(
                    "'" + file + "' is no file name. Give the name without folders, such as ?file=model.onnx.");
        }
        context.clearRequestTimeout();
        InputStream body = request.toInputStream(part -> part instanceof HttpData data ? data : HttpData.empty());
        return HttpResponse.of(CompletableFuture.supplyAsync(
                () -> receive(context, body, caller, name, file), context.blockingTaskExecutor()));
    }

    private HttpResponse receive(
            ServiceRequestContext context, InputStream body, Caller caller, String name, String file) {
        try {
            Blobs.Stored stored = blobs.put(body);
            if (stored.size() == 0) {
                throw CommonError.INVALID.because(
                        "The body is empty. Send the model's bytes, such as curl --data-binary" + " @model.onnx.");
            }
            ModelVersion version = models.add(caller, name, Map.of(file, stored), Map.of());
            ObjectNode answer = Json.object()
                    .put("name", version.name())
                    .put("version", version.version())
                    .put("digest", version.digest().toString());
            return HttpResponse.of(HttpStatus.CREATED, MediaType.JSON, HttpData.wrap(Json.bytes(answer)));
        } catch (PilothouseException e) {
            return refuse(context, e);
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "A model could not be received, request id {}",
                    RequestInfo.of(context).requestId(),
                    e);
            return refuse(
                    context,
                    CommonError.INTERNAL.because(
                            "The model could not be received whole; nothing was registered. Send it again.", e));
        }
    }

    private static HttpResponse refuse(ServiceRequestContext context, PilothouseException refusal) {
        Reply reply =
                ErrorShape.problemJson().render(refusal, RequestInfo.of(context).requestId());
        byte[] bytes = reply.body() instanceof Reply.Body.Bytes(byte[] held) ? held : new byte[0];
        return HttpResponse.of(
                HttpStatus.valueOf(reply.status()), MediaType.parse("application/problem+json"), HttpData.wrap(bytes));
    }

    private static ObjectNode json(RegisteredModel model) {
        ObjectNode json = Json.object()
                .put("name", model.name())
                .put("description", model.description())
                .put("latestVersion", model.lastVersion())
                .put("createdAt", Instant.ofEpochMilli(model.createdAt()).toString())
                .put("updatedAt", Instant.ofEpochMilli(model.updatedAt()).toString())
                .put("createdBy", model.createdBy());
        ObjectNode aliases = json.putObject("aliases");
        model.aliases().forEach(aliases::put);
        ObjectNode tags = json.putObject("tags");
        model.tags().forEach(tags::put);
        return json;
    }

    private static ObjectNode json(StoredVersion version) {
        ObjectNode json = Json.object()
                .put("version", version.version())
                .put("digest", version.digest().toString())
                .put("source", version.source())
                .put("stage", version.stage())
                .put("description", version.description())
                .put("createdAt", Instant.ofEpochMilli(version.createdAt()).toString())
                .put("createdBy", version.createdBy());
        version.runId().ifPresent(run -> json.put("runId", run));
        var aliases = json.putArray("aliases");
        version.aliases().forEach(aliases::add);
        ObjectNode tags = json.putObject("tags");
        version.tags().forEach(tags::put);
        return json;
    }
}
