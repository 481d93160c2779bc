package dev.pilothouse.run.remote;

import com.linecorp.armeria.client.ResponseTimeoutException;
import com.linecorp.armeria.client.UnprocessedRequestException;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.ClosedSessionException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import com.linecorp.armeria.common.util.Exceptions;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.InferReader;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferRequest.RestBody;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.InferWriter;
import dev.pilothouse.run.openinference.ModelInfo;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.ServingError;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** A model behind other servers of the Open Inference Protocol; requests pass through without blocking. */
public final class RemoteModel implements ServedModel {
    private static final int LOAD_SECONDS = 20;
    private static final int TOLD = 2_000;

    private final String label;
    private final List<RemoteServer> servers;
    private final String path;
    private final ModelInfo info;
    /** Where the search for the least busy server begins, so that equally busy ones take turns. */
    private final AtomicInteger turn = new AtomicInteger();

    private RemoteModel(String label, List<RemoteServer> servers, String path, ModelInfo info) {
        this.label = label;
        this.servers = servers;
        this.path = path;
        this.info = info;
    }

    /**
     * Asks the servers in turn until one is ready, and that one what its model takes. Blocks.
     *
     * @param label what people call the model
     * @param bases addresses of equal servers, at least one; a user and password in one are sent as HTTP Basic
     * @param model the model's name there
     * @param deadline time after which an unanswered request is given up
     * @param maxBody largest answer in bytes
     * @throws PilothouseException {@link ServingError#MODEL_UNLOADABLE} where none is ready
     */
    public static RemoteModel connect(String label, List<URI> bases, String model, Duration deadline, long maxBody) {
        List<RemoteServer> servers = bases.stream()
                .map(base -> new RemoteServer(base, deadline, maxBody))
                .toList();
        String path =
                "/v2/models/" + URLEncoder.encode(model, StandardCharsets.UTF_8).replace("+", "%20");
        PilothouseException first = null;
        for (RemoteServer server : servers) {
            try {
                return new RemoteModel(label, servers, path, info(label, server, path));
            } catch (PilothouseException e) {
                first = first == null ? e : first;
            }
        }
        throw Objects.requireNonNull(first, "a remote model has an address");
    }

    private static ModelInfo info(String label, RemoteServer server, String path) {
        AggregatedHttpResponse ready = ask(label, server, path + "/ready");
        if (!ready.status().isSuccess()) {
            throw ServingError.MODEL_UNLOADABLE.because(label + " is not ready: " + server.uri() + path
                    + "/ready answered " + ready.status() + ". What runs now is unchanged.");
        }
        return info(label, ask(label, server, path));
    }

    private static AggregatedHttpResponse ask(String label, RemoteServer server, String path) {
        try {
            return server.send(HttpRequest.of(HttpMethod.GET, path))
                    .orTimeout(LOAD_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw ServingError.MODEL_UNLOADABLE.because(
                    label + " cannot be reached at " + server.uri() + path
                            + ". Is its process running, and does it listen there? What runs now is unchanged.",
                    e);
        }
    }

    /** Servers may leave metadata out; then requests are not checked here. */
    private static ModelInfo info(String label, AggregatedHttpResponse response) {
        if (!response.status().isSuccess()) {
            return new ModelInfo("", List.of(), List.of());
        }
        try {
            JsonNode json = Json.parse(response.content().array());
            return new ModelInfo(
                    json.path("platform").asString(""), specs(json.path("inputs")), specs(json.path("outputs")));
        } catch (PilothouseException e) {
            throw ServingError.MODEL_UNLOADABLE.because(
                    label + " has metadata that is none of the protocol: " + e.detail()
                            + " What runs now is unchanged.",
                    e);
        }
    }

    private static List<TensorSpec> specs(JsonNode tensors) {
        List<TensorSpec> specs = new ArrayList<>();
        for (JsonNode tensor : tensors) {
            List<Long> shape = new ArrayList<>();
            tensor.path("shape").forEach(d -> shape.add(d.asLong(-1)));
            String name = tensor.path("name").asString("");
            specs.add(new TensorSpec(name, DataType.of(tensor.path("datatype").asString(""), name), shape));
        }
        return specs;
    }

    @Override
    public ModelInfo info() {
        return info;
    }

    @Override
    public CompletableFuture<InferResult> infer(InferRequest request, Passage passage) {
        RestBody body = request.body() == null ? InferWriter.request(request) : request.body();
        return send(body, passage, Math.max(2, servers.size())).handle((response, failure) -> {
            if (failure != null) {
                throw refusal(failure);
            }
            return read(response);
        });
    }

    /** Asks the least busy server; where that is lost, and there is time and another try, asks again. */
    private CompletableFuture<AggregatedHttpResponse> send(RestBody body, Passage passage, int tries) {
        RemoteServer server = leastBusy();
        return server.send(request(body, passage)).exceptionallyCompose(e -> {
            if (!lost(e)) {
                return CompletableFuture.failedFuture(e);
            }
            if (servers.size() > 1) {
                server.lost();
            }
            // A kept connection that the other side had closed, or a process that ended; inference is safe to send
            // twice.
            return tries > 1 && System.nanoTime() - passage.deadline() < 0
                    ? send(body, passage, tries - 1)
                    : CompletableFuture.failedFuture(e);
        });
    }

    private RemoteServer leastBusy() {
        int count = servers.size();
        int start = Math.floorMod(turn.getAndIncrement(), count);
        RemoteServer best = servers.get(start);
        for (int i = 1; i < count; i++) {
            RemoteServer other = servers.get((start + i) % count);
            if (other.load() < best.load()) {
                best = other;
            }
        }
        return best;
    }

    private HttpRequest request(RestBody body, Passage passage) {
        boolean raw = body.isRaw();
        RequestHeadersBuilder headers = RequestHeaders.builder(HttpMethod.POST, path + "/infer")
                .set("content-type", raw ? "application/octet-stream" : "application/json");
        if (raw) {
            headers.set(RestBody.LENGTH_HEADER, Integer.toString(body.jsonLength()));
        }
        if (!passage.requestId().isEmpty()) {
            headers.set("x-request-id", passage.requestId());
        }
        if (!passage.traceparent().isEmpty()) {
            headers.set("traceparent", passage.traceparent());
        }
        return HttpRequest.of(headers.build(), HttpData.wrap(body.bytes()));
    }

    private static boolean lost(Throwable failure) {
        Throwable cause = Exceptions.peel(failure);
        return cause instanceof UnprocessedRequestException || cause instanceof ClosedSessionException;
    }

    private InferResult read(AggregatedHttpResponse response) {
        byte[] bytes = response.content().array();
        if (!response.status().isSuccess()) {
            throw code(response.status().code())
                    .because(label + " answered " + response.status().code() + ": " + message(bytes));
        }
        int jsonLength = response.headers().getInt(RestBody.LENGTH_HEADER, bytes.length);
        if (jsonLength < 0 || jsonLength > bytes.length) {
            throw ServingError.REMOTE_FAILED.because(label + " answered with a wrong Inference-Header-Content-Length.");
        }
        try {
            return InferReader.answer(new RestBody(bytes, jsonLength));
        } catch (PilothouseException e) {
            throw ServingError.REMOTE_FAILED.because(
                    label + " gave an answer that is none of the protocol: " + e.detail(), e);
        }
    }

    private static ErrorCode code(int status) {
        return switch (status) {
            case 400, 422 -> CommonError.INVALID;
            case 413 -> CommonError.TOO_LARGE;
            case 429 -> ServingError.TOO_MANY_IN_FLIGHT;
            case 503 -> ServingError.OVERLOADED;
            case 504 -> ServingError.DEADLINE_EXCEEDED;
            case 500 -> ServingError.MODEL_FAILED;
            default -> ServingError.REMOTE_FAILED;
        };
    }

    private static String message(byte[] bytes) {
        String text = new String(bytes, 0, Math.min(bytes.length, TOLD), StandardCharsets.UTF_8);
        try {
            JsonNode json = Json.parse(bytes);
            JsonNode error = json.has("error") ? json.path("error") : json.path("detail");
            return error.isMissingNode() ? text : error.isString() ? error.stringValue() : error.toString();
        } catch (PilothouseException e) {
            return text;
        }
    }

    private PilothouseException refusal(Throwable failure) {
        Throwable cause = Exceptions.peel(failure);
        if (cause instanceof PilothouseException refusal) {
            return refusal;
        }
        if (cause instanceof ResponseTimeoutException || cause instanceof TimeoutException) {
            return ServingError.DEADLINE_EXCEEDED.because(label + " did not answer in time.", cause);
        }
        if (cause instanceof UnprocessedRequestException) {
            return ServingError.OVERLOADED.because(
                    label + " cannot be reached at "
                            + String.join(
                                    ", ",
                                    servers.stream()
                                            .map(s -> s.uri().toString())
                                            .toList())
                            + ". Its process may be restarting; try again.",
                    cause);
        }
        return ServingError.REMOTE_FAILED.because(label + " broke off the connection before it answered.", cause);
    }

    @Override
    public void close() {
        // Connections belong to the shared pool and close when idle.
    }
}
