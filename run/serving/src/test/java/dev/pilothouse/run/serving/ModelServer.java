package dev.pilothouse.run.serving;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.RequestHeaders;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.edge.IdempotentReplies;
import dev.pilothouse.platform.edge.Meters;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.onnx.LoadGuard;
import dev.pilothouse.run.serving.EndpointSpec.Variant;
import dev.pilothouse.testkit.MemoryBlobs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/** A model server on a free port, with a caller of the tenant {@code acme} who may do everything. */
final class ModelServer implements AutoCloseable {
    static final String TENANT = "acme";
    static final String KEY = "a-key";
    private static final Caller CALLER = Caller.system(TENANT, "test");

    final MemoryBlobs blobs = new MemoryBlobs();
    final MemoryColumns columns = new MemoryColumns();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Endpoints endpoints;
    final Path scratch;
    private final Edge edge;
    private final WebClient client;

    ModelServer() {
        this(scratch -> ServingConfig.of(scratch));
    }

    ModelServer(java.util.function.Function<Path, ServingConfig> config) {
        // Under target, for native libraries are kept beside the scratch folder.
        scratch = Path.of("target", "serving", UUID.randomUUID().toString());
        endpoints =
                new Endpoints(blobs, columns, meters, LoadGuard.none(), InstantSource.system(), config.apply(scratch));
        var routes = new RouteTable();
        new ServingRoutes(endpoints, "test").addTo(routes);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(KEY.equals(key) ? Optional.of(CALLER) : Optional.empty()),
                List.of(new InferenceGrpc(endpoints, "test").route()),
                Map.of(),
                IdempotentReplies.inMemory(InstantSource.system(), Duration.ofHours(1), 10),
                new Meters());
        client = WebClient.builder(uri())
                .responseTimeoutMillis(60_000)
                .maxResponseLength(64 << 20)
                .addHeader("authorization", "Bearer " + KEY)
                .build();
    }

    URI uri() {
        return edge.address();
    }

    ModelSource onnx(byte[] graph) {
        return new ModelSource.Onnx(blobs.add(graph), Map.of());
    }

    static EndpointSpec spec(String name, Variant... variants) {
        return new EndpointSpec(
                TENANT,
                name,
                "r1",
                List.of(variants),
                Optional.empty(),
                0,
                Optional.of(Duration.ofSeconds(5)),
                OptionalDouble.of(0),
                1_000,
                0);
    }

    static EndpointSpec withControl(EndpointSpec spec, int control) {
        return new EndpointSpec(
                spec.tenant(),
                spec.name(),
                spec.release(),
                spec.variants(),
                spec.shadow(),
                control,
                spec.slowAfter(),
                spec.wrongBeyond(),
                spec.maxConcurrency(),
                spec.logSampleRate());
    }

    static EndpointSpec withShadow(EndpointSpec spec, Variant shadow) {
        return new EndpointSpec(
                spec.tenant(),
                spec.name(),
                spec.release(),
                spec.variants(),
                Optional.of(shadow),
                spec.control(),
                spec.slowAfter(),
                spec.wrongBeyond(),
                spec.maxConcurrency(),
                spec.logSampleRate());
    }

    /** Serves one graph as version 1. */
    ModelServer serve(String name, byte[] graph) {
        endpoints.apply(spec(name, new Variant("1", onnx(graph), 1_000))).join();
        return this;
    }

    AggregatedHttpResponse get(String path) {
        return client.get(path).aggregate().join();
    }

    AggregatedHttpResponse post(String path, String body, String... headers) {
        return post(path, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    AggregatedHttpResponse post(String path, byte[] body, String... headers) {
        var with = RequestHeaders.builder(HttpMethod.POST, path);
        for (int i = 0; i < headers.length; i += 2) {
            with.set(headers[i], headers[i + 1]);
        }
        return client.execute(HttpRequest.of(with.build(), HttpData.wrap(body)))
                .aggregate()
                .join();
    }

    static JsonNode json(AggregatedHttpResponse response) {
        return Json.parse(response.content().array());
    }

    static String error(AggregatedHttpResponse response) {
        return json(response).path("error").asString();
    }

    /** A request of one tensor x. */
    static String x(String type, String shape, String data) {
        return "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"" + type + "\",\"shape\":" + shape + ",\"data\":" + data
                + "}]}";
    }

    /** A gRPC client with the key. */
    <T> T grpc(Class<T> stub) {
        return GrpcClients.builder("gproto+" + uri())
                .addHeader("authorization", "Bearer " + KEY)
                .build(stub);
    }

    /** Removes all endpoints and forgets what they did. */
    void clear() {
        endpoints
                .table()
                .keys()
                .forEach(key -> endpoints.remove(key.tenant(), key.name()).join());
        var _ = endpoints.takeCounts();
        columns.rows.clear();
    }

    @Override
    public void close() {
        edge.close();
        endpoints.close();
    }
}
