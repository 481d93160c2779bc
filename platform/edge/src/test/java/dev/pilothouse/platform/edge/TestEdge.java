package dev.pilothouse.platform.edge;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.GrpcRoute;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** A real edge on a free port with two keys, and the JDK's client. */
final class TestEdge implements AutoCloseable {
    static final String ENGINEER = "ph_engineer";
    static final String VIEWER = "ph_viewer";

    /** A shape that is not our own API's. */
    static final ErrorShape MLFLOW = (refusal, _) -> Reply.json(
            refusal.code().status(),
            Json.object().put("error_code", "RESOURCE_DOES_NOT_EXIST").put("message", refusal.detail()));

    /** Keeps answers as they are. */
    static final IdempotentReplies.Vault PLAIN = new IdempotentReplies.Vault() {
        @Override
        public byte[] seal(byte[] bytes, String purpose) {
            return bytes;
        }

        @Override
        public byte[] open(byte[] sealed, String purpose) {
            return sealed;
        }
    };

    final Edge edge;
    private final Store store = TestStore.sqlite(temporaryFolder(), IdempotentReplies.MIGRATIONS);
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
                IdempotentReplies.stored(
                        store,
                        new Replica(store, new Leases(store), "edge"),
                        PLAIN,
                        InstantSource.system(),
                        Duration.ofHours(1),
                        100),
                new Meters());
    }

    volatile boolean brokenStore;

    TestEdge(Consumer<RouteTable> routes) {
        this(EdgeConfig.onPort(0), routes);
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("edge");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

    /** The JSON that a refusal is told in. */
    static JsonNode problem(HttpResponse<String> answer) {
        return Json.parse(answer.body());
    }

    HttpClient client() {
        return client;
    }

    /** Sends bytes as they are and reads until the server closes or two seconds pass without a byte. */
    String raw(String text) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port())) {
            socket.setSoTimeout(2000);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            var answer = new StringBuilder();
            byte[] buffer = new byte[8192];
            try {
                for (int n; (n = socket.getInputStream().read(buffer)) > 0; ) {
                    answer.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                }
            } catch (SocketTimeoutException quiet) {
                // a connection kept alive: what came is the answer
            }
            return answer.toString();
        }
    }

    @Override
    public void close() {
        edge.close();
        store.close();
        client.close();
    }
}
