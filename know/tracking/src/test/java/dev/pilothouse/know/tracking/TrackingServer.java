package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.blobs.FileBlobs;
import dev.pilothouse.platform.http.Edge;
import dev.pilothouse.platform.http.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Tracking on a real edge and a real store, with a key for each of three callers. */
final class TrackingServer implements AutoCloseable {
    static final String ENGINEER = "ph_engineer";
    static final String VIEWER = "ph_viewer";
    static final String STRANGER = "ph_stranger";

    final Store store;
    final Ledger ledger;
    final Tracking tracking;
    private final Journal journal;
    private final Edge edge;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A server with keys and blobs in a folder, on a store that it closes. */
    TrackingServer(Path folder, StoreConfig config) {
        InstantSource clock = InstantSource.system();
        store = Stores.open(config, List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS, Tracking.MIGRATIONS));
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store, clock), KeyFolder.open(folder.resolve("keys")), clock);
        var blobs = FileBlobs.open(folder.resolve("blobs"), clock, Duration.ofHours(1));
        tracking = Tracking.open(store, new Artifacts(store, blobs), ledger, Ids.secure(clock), clock);
        var routes = new RouteTable();
        tracking.addRoutes(routes);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(
                        switch (key) {
                            case ENGINEER -> Optional.of(caller("acme", "ada", Role.ENGINEER, Role.VIEWER));
                            case VIEWER -> Optional.of(caller("acme", "vic", Role.VIEWER));
                            case STRANGER -> Optional.of(caller("other", "eve", Role.ENGINEER, Role.VIEWER));
                            default -> Optional.empty();
                        }));
    }

    private static Caller caller(String tenant, String name, Role... roles) {
        return new Caller(tenant, name, name, Caller.Kind.PERSON, Set.of(roles));
    }

    URI address() {
        return edge.address();
    }

    /** An answer: status and JSON. */
    record Answer(int status, JsonNode json) {
        JsonNode at(String pointer) {
            return json.at(pointer);
        }

        String code() {
            return json.path("error_code").asString("");
        }

        String message() {
            return json.path("message").asString("");
        }
    }

    Answer post(String path, String json) {
        return send(ENGINEER, "POST", "/api/2.0/mlflow/" + path, json);
    }

    Answer post(String path, ObjectNode json) {
        return post(path, Json.write(json));
    }

    Answer get(String path) {
        return send(ENGINEER, "GET", "/api/2.0/mlflow/" + path, "");
    }

    Answer send(String key, String method, String path, String body) {
        HttpResponse<byte[]> response = raw(key, method, path, body.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return new Answer(
                response.statusCode(), response.body().length == 0 ? Json.object() : Json.parse(response.body()));
    }

    HttpResponse<byte[]> raw(String key, String method, String path, byte[] body, String... headers) {
        URI uri = URI.create(path.startsWith("http") ? path : edge.address() + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        if (!key.isEmpty()) {
            request.header("authorization", "Bearer " + key);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    String experiment(String name) {
        return post("experiments/create", Json.object().put("name", name))
                .at("/experiment_id")
                .asString();
    }

    String run(String experiment) {
        return post(
                        "runs/create",
                        Json.object().put("experiment_id", experiment).put("start_time", 1_700_000_000_000L))
                .at("/run/info/run_id")
                .asString();
    }

    @Override
    public void close() {
        edge.close();
        client.close();
        tracking.close();
        ledger.close();
        journal.close();
        store.close();
    }
}
