package dev.pilothouse.run.serving;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import com.linecorp.armeria.client.WebClient;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.serving.EndpointSpec.Variant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A model server on a free port, with a caller of the tenant {@code acme} who may do everything. */
final class ModelServer implements AutoCloseable {
    static final String TENANT = "acme";
    private static final Caller CALLER = Caller.system(TENANT, "test");

    final MemoryBlobs blobs = new MemoryBlobs();
    final MemoryColumns columns = new MemoryColumns();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Endpoints endpoints;
    final Path scratch;
    private final Server server;
    private final WebClient client;

    ModelServer() {
        this(scratch -> ServingConfig.of(scratch));
    }

    ModelServer(java.util.function.Function<Path, ServingConfig> config) {
        try {
            scratch = Files.createTempDirectory("serving");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        endpoints = new Endpoints(blobs, columns, meters, InstantSource.system(), config.apply(scratch));
        var routes = new RouteTable();
        new ServingRoutes(endpoints, "test").addTo(routes);
        ServerBuilder builder = Server.builder().http(0).maxRequestLength(1 << 20);
        for (Route route : routes.routes()) {
            for (String prefix : route.prefixes()) {
                builder.route()
                        .methods(HttpMethod.valueOf(route.method()))
                        .path(prefix + route.path())
                        .build((context, request) -> handle(route, context, request));
            }
        }
        builder.service(GrpcService.builder()
                .addService(new InferenceGrpc(endpoints, "test", context -> CALLER))
                .build());
        server = builder.build();
        server.start().join();
        client = WebClient.builder(uri()).responseTimeoutMillis(60_000).build();
    }

    private static HttpResponse handle(
            Route route, com.linecorp.armeria.server.ServiceRequestContext context, HttpRequest request) throws Exception {
        try {
            return ((Handler.Raw) route.handler()).handle(context, request, CALLER);
        } catch (PilothouseException e) {
            Reply reply = route.errors().render(e, "test");
            return HttpResponse.of(
                    com.linecorp.armeria.common.HttpStatus.valueOf(reply.status()),
                    com.linecorp.armeria.common.MediaType.JSON,
                    ((Reply.Body.Bytes) reply.body()).bytes());
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.activeLocalPort());
    }

    ModelSource onnx(byte[] graph) {
        return new ModelSource.Onnx(blobs.add(graph), Map.of());
    }

    static EndpointSpec spec(String name, Variant... variants) {
        return new EndpointSpec(
                TENANT, name, "r1", List.of(variants), Optional.empty(), Duration.ofSeconds(5), 1_000, 0);
    }

    static EndpointSpec withShadow(EndpointSpec spec, Variant shadow) {
        return new EndpointSpec(
                spec.tenant(),
                spec.name(),
                spec.release(),
                spec.variants(),
                Optional.of(shadow),
                spec.slowAfter(),
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
        return client.execute(HttpRequest.of(with.build(), HttpData.wrap(body))).aggregate().join();
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

    /** Waits until its port is closed. */
    void stop() {
        server.stop().join();
    }

    @Override
    public void close() {
        // Netty's quiet period is two seconds, for which no test needs to wait.
        var _ = server.stop();
        endpoints.close();
    }
}
