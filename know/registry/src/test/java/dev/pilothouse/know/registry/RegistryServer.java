package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.tracking.Artifacts;
import dev.pilothouse.know.tracking.Tracking;
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
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/** Tracking and registry on a real edge and a real store; the key {@code ph_engineer} may do everything. */
final class RegistryServer implements AutoCloseable {
    static final String KEY = "ph_engineer";
    static final Caller CALLER =
            new Caller("acme", "ada", "ada", Caller.Kind.PERSON, Set.of(Role.ENGINEER, Role.VIEWER));

    final Store store;
    final Ledger ledger;
    final Models models;
    final FileBlobs blobs;
    private final Journal journal;
    private final Tracking tracking;
    private final Edge edge;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    RegistryServer(Path folder, StoreConfig config) {
        InstantSource clock = InstantSource.system();
        Ids ids = Ids.secure(clock);
        store = Stores.open(
                config, List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS, Tracking.MIGRATIONS, Models.MIGRATIONS));
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store, clock), KeyFolder.open(folder.resolve("keys")), clock);
        blobs = FileBlobs.open(folder.resolve("blobs"), clock, Duration.ofHours(1));
        var artifacts = new Artifacts(store, blobs);
        tracking = Tracking.open(store, artifacts, ledger, ids, clock);
        models = new Models(store, artifacts, ledger, ids, clock);
        var routes = new RouteTable();
        tracking.addRoutes(routes);
        new ModelRoutes(models, blobs).addRoutes(routes);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(Optional.of(CALLER).filter(_ -> key.equals(KEY))));
    }

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

    Answer mlflow(String method, String path, String body) {
        return send(method, "/api/2.0/mlflow/" + path, body.getBytes(StandardCharsets.UTF_8));
    }

    Answer send(String method, String path, byte[] body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(edge.address() + path))
                .timeout(Duration.ofSeconds(30))
                .header("authorization", "Bearer " + KEY)
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        try {
            HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
            boolean json =
                    response.headers().firstValue("content-type").orElse("").contains("json");
            return new Answer(
                    response.statusCode(),
                    json
                            ? Json.parse(response.body())
                            : Json.object().put("text", new String(response.body(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
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
