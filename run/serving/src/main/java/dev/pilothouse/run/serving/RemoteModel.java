package dev.pilothouse.run.serving;

import com.linecorp.armeria.client.ResponseTimeoutException;
import com.linecorp.armeria.client.UnprocessedRequestException;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.WebClientBuilder;
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
import dev.pilothouse.run.openinference.InferRequest.RestBody;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.InferWriter;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.openinference.ModelInfo;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.ServingError;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;

/** A model behind another server of the Open Inference Protocol; requests pass through without blocking. */
final class RemoteModel implements ServedModel {
    private static final int LOAD_SECONDS = 20;
    private static final int TOLD = 2_000;

    private final String label;
    private final WebClient client;
    private final String path;
    private final ModelInfo info;

    private RemoteModel(String label, WebClient client, String path, ModelInfo info) {
        this.label = label;
        this.client = client;
        this.path = path;
        this.info = info;
    }

    /**
     * Asks a server whether it is ready and what its model takes. Blocks.
     *
     * @throws PilothouseException {@link ServingError#MODEL_UNLOADABLE}
     */
    static RemoteModel connect(String label, ModelSource.Remote source, ServingConfig config) {
        URI base = source.base();
        String root = base.getScheme() + "://"
                + base.getRawAuthority().substring(base.getRawAuthority().indexOf('@') + 1);
        WebClientBuilder builder = WebClient.builder(root + (base.getRawPath() == null ? "" : base.getRawPath()))
                .responseTimeout(config.deadline())
                .maxResponseLength(config.maxBody());
        if (base.getUserInfo() != null) {
            byte[] credentials = base.getUserInfo().getBytes(StandardCharsets.UTF_8);
            builder.addHeader("authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
        }
        WebClient client = builder.build();
        String path = "/v2/models/"
                + URLEncoder.encode(source.model(), StandardCharsets.UTF_8).replace("+", "%20");
        AggregatedHttpResponse ready = ask(label, client, path + "/ready");
        if (!ready.status().isSuccess()) {
            throw ServingError.MODEL_UNLOADABLE.because(label + " is not ready: " + client.uri() + path
                    + "/ready answered " + ready.status() + ". What runs now is unchanged.");
        }
        AggregatedHttpResponse metadata = ask(label, client, path);
        return new RemoteModel(label, client, path, info(label, metadata));
    }

    private static AggregatedHttpResponse ask(String label, WebClient client, String path) {
        try {
            return client.get(path)
                    .aggregate()
                    .orTimeout(LOAD_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw ServingError.MODEL_UNLOADABLE.because(
                    label + " cannot be reached at " + client.uri() + path
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
        return send(body, passage)
                .exceptionallyCompose(e -> lost(e) && System.nanoTime() - passage.deadline() < 0
                        // A kept connection that the other side had closed; inference is safe to send twice.
                        ? send(body, passage)
                        : CompletableFuture.failedFuture(e))
                .handle((response, failure) -> {
                    if (failure != null) {
                        throw refusal(failure);
                    }
                    return read(response);
                });
    }

    private CompletableFuture<AggregatedHttpResponse> send(RestBody body, Passage passage) {
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
        return client.execute(HttpRequest.of(headers.build(), HttpData.wrap(body.bytes())))
                .aggregate();
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
                    label + " cannot be reached at " + client.uri() + ". Its process may be restarting; try again.",
                    cause);
        }
        return ServingError.REMOTE_FAILED.because(label + " broke off the connection before it answered.", cause);
    }

    @Override
    public void close() {
        // Connections belong to the shared pool and close when idle.
    }
}
