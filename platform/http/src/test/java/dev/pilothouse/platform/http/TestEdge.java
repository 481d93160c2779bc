package dev.pilothouse.platform.http;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A real edge on a free port with two keys, and the JDK's client. */
final class TestEdge implements AutoCloseable {
    static final String ENGINEER = "ph_engineer";
    static final String VIEWER = "ph_viewer";

    final Edge edge;
    private final HttpClient client = HttpClient.newHttpClient();

    TestEdge(EdgeConfig config, Consumer<RouteTable> routes, GrpcRoute... grpc) {
        var table = new RouteTable();
        routes.accept(table);
        edge = Edge.start(
                config,
                table,
                key -> CompletableFuture.completedFuture(
                        switch (key) {
                            case ENGINEER -> Optional.of(caller("ada", Role.ENGINEER));
                            case VIEWER -> Optional.of(caller("vic", Role.VIEWER));
                            default -> Optional.empty();
                        }),
                List.of(grpc),
                Map.of("store", () -> Optional.of("The disk is full.").filter(_ -> brokenStore)),
                IdempotentReplies.inMemory(java.time.InstantSource.system(), Duration.ofHours(1), 100),
                new Meters());
    }

    volatile boolean brokenStore;

    TestEdge(Consumer<RouteTable> routes) {
        this(EdgeConfig.onPort(0), routes);
    }

    private static Caller caller(String name, Role role) {
        return new Caller("acme", name, name, Caller.Kind.PERSON, Set.of(role));
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(edge.address() + path)).timeout(Duration.ofSeconds(20));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        var request = request(path);
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    HttpClient client() {
        return client;
    }

    /** Sends bytes as they are and reads until the server closes or two seconds pass without a byte. */
    String raw(String text) throws IOException {
        try (var socket = new Socket(java.net.InetAddress.getLoopbackAddress(), edge.port())) {
            socket.setSoTimeout(2000);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            var answer = new StringBuilder();
            byte[] buffer = new byte[8192];
            try {
                for (int n; (n = socket.getInputStream().read(buffer)) > 0; ) {
                    answer.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                }
            } catch (java.net.SocketTimeoutException quiet) {
                // a connection kept alive: what came is the answer
            }
            return answer.toString();
        }
    }

    @Override
    public void close() {
        edge.close();
        client.close();
    }
}
