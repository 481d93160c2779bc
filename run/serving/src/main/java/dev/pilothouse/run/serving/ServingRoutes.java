package dev.pilothouse.run.serving;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.openinference.Extensions;
import dev.pilothouse.run.openinference.InferReader;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferRequest.RestBody;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.InferWriter;
import dev.pilothouse.run.openinference.ModelInfo;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.serving.Inference.Ask;
import dev.pilothouse.run.serving.Inference.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The Open Inference Protocol v2 over REST, at the root and below {@code /kserve}. */
public final class ServingRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(ServingRoutes.class);
    private static final String SERVER = "pilothouse";
    private static final String KEY = "x-pilothouse-key";
    private static final String VERSION = "x-pilothouse-version";
    private static final String JSON = "application/json";
    /** Bodies beyond this are read, and their answers written, off the event loop. */
    private static final int BIG = 64 << 10;

    private final Endpoints endpoints;
    private final String serverVersion;

    /**
     * Routes of a model server.
     *
     * @param serverVersion Pilothouse's version, for the server metadata
     */
    public ServingRoutes(Endpoints endpoints, String serverVersion) {
        this.endpoints = endpoints;
        this.serverVersion = serverVersion;
    }

    /** The protocol's own error shape: {@code {"error": "..."}}. */
    public static ErrorShape errors() {
        return (refusal, requestId) ->
                Reply.json(refusal.code().status(), Json.object().put("error", refusal.detail()));
    }

    /** Adds the routes. */
    public void addTo(RouteTable routes) {
        var oip = routes.protocol("oip", errors(), "", "/kserve")
                .maxBody(endpoints.config().maxBody());
        oip.fallback("/v2");
        oip.raw(
                "GET",
                "/v2/health/live",
                Access.open(),
                "serverLive",
                (c, r, w) -> ok(Json.object().put("live", true)));
        oip.raw(
                "GET",
                "/v2/health/ready",
                Access.open(),
                "serverReady",
                (c, r, w) -> ok(Json.object().put("ready", true)));
        oip.raw("GET", "/v2", Access.caller(), "serverMetadata", (c, r, w) -> ok(serverMetadata()));
        String model = "/v2/models/{name}";
        String version = model + "/versions/{version}";
        model(oip, "GET", model, Access.caller(), "modelMetadata", this::metadata);
        model(oip, "GET", version, Access.caller(), "modelVersionMetadata", this::metadata);
        model(oip, "GET", model + "/ready", Access.caller(), "modelReady", this::ready);
        model(oip, "GET", version + "/ready", Access.caller(), "modelVersionReady", this::ready);
        model(oip, "GET", model + "/config", Access.caller(), "modelConfig", ServingRoutes::config);
        model(oip, "GET", version + "/config", Access.caller(), "modelVersionConfig", ServingRoutes::config);
        oip.raw("POST", model + "/infer", Access.role(Role.INVOKER), "modelInfer", this::infer);
        oip.raw("POST", version + "/infer", Access.role(Role.INVOKER), "modelVersionInfer", this::infer);
        oip.raw("POST", "/v2/repository/index", Access.caller(), "repositoryIndex", (c, r, caller) -> index(r, caller));
        String stored = "/v2/repository/models/{name}";
        oip.raw("POST", stored + "/load", Access.caller(), "repositoryLoad", (c, r, w) -> declared());
        oip.raw("POST", stored + "/unload", Access.caller(), "repositoryUnload", (c, r, w) -> declared());
        for (String kind : List.of("System", "Cuda")) {
            String path = "/v2/" + kind.toLowerCase(Locale.ROOT) + "sharedmemory/{*rest}";
            oip.raw("GET", path, Access.caller(), "get" + kind + "SharedMemory", (c, r, w) -> noSharedMemory());
            oip.raw("POST", path, Access.caller(), "set" + kind + "SharedMemory", (c, r, w) -> noSharedMemory());
        }
    }

    private void model(
            RouteTable.Scope oip,
            String method,
            String path,
            Access access,
            String operation,
            BiFunction<LiveEndpoint, String, JsonNode> answer) {
        oip.raw(method, path, access, operation, (context, request, caller) -> {
            LiveEndpoint endpoint = endpoints.table().require(caller.tenant(), param(context, "name"));
            return ok(answer.apply(endpoint, param(context, "version")));
        });
    }

    private static String param(ServiceRequestContext context, String name) {
        String value = context.pathParam(name);
        return value == null ? "" : value;
    }

    private static HttpResponse declared() {
        throw CommonError.NOT_IMPLEMENTED.because(
                "Pilothouse loads and unloads models by itself: release a version with"
                        + " 'pilot release', or apply a service file that names the model.");
    }

    private static HttpResponse noSharedMemory() {
        throw CommonError.NOT_IMPLEMENTED.because(
                "This server offers no shared memory. Send and take tensors in the body,"
                        + " as binary tensors where they are large.");
    }

    private ObjectNode serverMetadata() {
        ObjectNode body = Json.object().put("name", SERVER).put("version", serverVersion);
        Extensions.OFFERED.forEach(body.putArray("extensions")::add);
        return body;
    }

    private JsonNode ready(LiveEndpoint endpoint, String version) {
        if (!version.isEmpty()) {
            RoutingTable.pinned(endpoint, version);
        }
        return Json.object().put("name", endpoint.spec().name()).put("ready", true);
    }

    private JsonNode metadata(LiveEndpoint endpoint, String version) {
        ModelInfo info = endpoint.info(version);
        ObjectNode body = Json.object().put("name", endpoint.spec().name());
        ArrayNode versions = body.putArray("versions");
        endpoint.all().map(LiveVariant::version).distinct().forEach(versions::add);
        body.put("platform", info.platform());
        specs(info.inputs(), body.putArray("inputs"));
        specs(info.outputs(), body.putArray("outputs"));
        return body;
    }

    private static JsonNode config(LiveEndpoint endpoint, String version) {
        return ModelConfigs.json(endpoint.spec().name(), endpoint.info(version));
    }

    private static void specs(List<TensorSpec> specs, ArrayNode to) {
        for (TensorSpec spec : specs) {
            ArrayNode shape = to.addObject()
                    .put("name", spec.name())
                    .put("datatype", spec.type().name())
                    .putArray("shape");
            spec.shape().forEach(shape::add);
        }
    }

    private HttpResponse index(HttpRequest request, Caller caller) {
        return HttpResponse.of(request.aggregate().thenApply(whole -> {
            ArrayNode models = Json.array();
            for (LiveEndpoint endpoint : endpoints.table().of(caller.tenant())) {
                endpoint.all()
                        .map(LiveVariant::version)
                        .distinct()
                        .forEach(version -> models.addObject()
                                .put("name", endpoint.spec().name())
                                .put("version", version)
                                .put("state", "READY")
                                .put("reason", ""));
            }
            return ok(models);
        }));
    }

    private HttpResponse infer(ServiceRequestContext context, HttpRequest request, Caller caller) {
        long started = System.nanoTime();
        var answer = new CompletableFuture<HttpResponse>();
        var _ = request.aggregate().whenComplete((whole, failure) -> {
            if (whole == null) {
                // What keeps a body from being read (size, time, a wrong content-encoding) the edge knows how to tell.
                answer.completeExceptionally(failure);
                return;
            }
            Executor executor = whole.content().length() > BIG
                    ? context.blockingTaskExecutor()
                    : context.eventLoop().withoutContext();
            if (whole.content().length() > BIG) {
                executor.execute(() -> infer(context, whole, caller, started, executor, answer));
            } else {
                infer(context, whole, caller, started, executor, answer);
            }
        });
        return HttpResponse.of(answer);
    }

    private void infer(
            ServiceRequestContext context,
            AggregatedHttpRequest whole,
            Caller caller,
            long started,
            Executor executor,
            CompletableFuture<HttpResponse> answer) {
        try {
            String model = param(context, "name");
            InferRequest request = InferReader.request(body(whole));
            var ask = new Ask(
                    caller.tenant(),
                    model,
                    param(context, "version"),
                    RequestInfo.of(context).requestId(),
                    RequestInfo.of(context).trace().traceparent(),
                    whole.headers().get(KEY, ""),
                    request,
                    started,
                    executor);
            var _ = endpoints.inference().infer(ask).thenAccept(outcome -> {
                try {
                    answer.complete(respond(context, request, model, outcome));
                } catch (RuntimeException e) {
                    answer.complete(refused(e, context));
                }
            });
        } catch (RuntimeException e) {
            answer.complete(refused(e, context));
        }
    }

    private static RestBody body(AggregatedHttpRequest whole) {
        byte[] bytes = whole.content().array();
        String header = whole.headers().get(RestBody.LENGTH_HEADER);
        if (header == null) {
            return new RestBody(bytes, bytes.length);
        }
        int length;
        try {
            length = Integer.parseInt(header.strip());
        } catch (NumberFormatException e) {
            length = -1;
        }
        if (length < 1 || length > bytes.length) {
            throw CommonError.INVALID.because("The header Inference-Header-Content-Length is '" + header
                    + "', but must be the length of the JSON at the start of the body, from 1 to " + bytes.length
                    + ".");
        }
        return new RestBody(bytes, length);
    }

    private static HttpResponse respond(
            ServiceRequestContext context, InferRequest request, String model, Outcome outcome) {
        LiveVariant variant = outcome.variant();
        InferResult result = outcome.result();
        if (variant == null || result == null) {
            PilothouseException refusal = outcome.refusal();
            HttpResponse response = refused(
                    refusal == null ? new IllegalStateException("neither result nor refusal") : refusal, context);
            return variant == null
                    ? response
                    : response.mapHeaders(
                            h -> h.toBuilder().set(VERSION, variant.version()).build());
        }
        RestBody body = InferWriter.answer(request, result, model, variant.version());
        boolean raw = body.isRaw();
        ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK)
                .set("content-type", raw ? "application/octet-stream" : JSON)
                .set(VERSION, variant.version());
        if (raw) {
            headers.set(RestBody.LENGTH_HEADER, Integer.toString(body.jsonLength()));
        }
        return HttpResponse.of(headers.build(), HttpData.wrap(body.bytes()));
    }

    private static HttpResponse refused(Throwable failure, ServiceRequestContext context) {
        Throwable cause = Exceptions.peel(failure);
        PilothouseException refusal =
                switch (cause) {
                    case PilothouseException known -> known;
                    default -> {
                        String id = RequestInfo.of(context).requestId();
                        LOG.error("Inference request {} failed", id, cause);
                        yield CommonError.INTERNAL.because(
                                "The request failed by a fault inside Pilothouse; its log names request " + id + ".");
                    }
                };
        return json(refusal.code().status(), Json.object().put("error", refusal.detail()));
    }

    private static HttpResponse ok(JsonNode body) {
        return json(200, body);
    }

    private static HttpResponse json(int status, JsonNode body) {
        return HttpResponse.of(
                ResponseHeaders.builder(HttpStatus.valueOf(status))
                        .set("content-type", JSON)
                        .build(),
                HttpData.wrap(Json.bytes(body)));
    }
}
