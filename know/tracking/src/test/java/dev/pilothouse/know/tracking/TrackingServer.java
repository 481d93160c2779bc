package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.testkit.TestClient;
import dev.pilothouse.testkit.TestClient.Answer;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.node.ObjectNode;

/** Tracking on a real edge and a real store, with a key for an engineer. */
final class TrackingServer implements AutoCloseable {
    static final String ENGINEER = "ph_engineer";
    private static final Caller CALLER =
            new Caller("acme", "ada", "ada", Caller.Kind.PERSON, Set.of(Role.ENGINEER, Role.VIEWER));

    final Store store;
    final Ledger ledger;
    final Tracking tracking;
    private final Journal journal;
    private final Edge edge;
    private final TestClient client;

    /** A server with keys in a folder, on a store that it closes. */
    TrackingServer(Path folder, StoreConfig config) {
        InstantSource clock = InstantSource.system();
        store = Stores.open(config, List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS, Tracking.MIGRATIONS));
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        // Nobody keeps files here: what of them the ledger records is shown where artifacts are.
        tracking = Tracking.open(store, (_, _, _) -> Optional.empty(), ledger, Ids.secure(clock), clock);
        var routes = new RouteTable();
        tracking.addRoutes(routes);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(Optional.of(CALLER).filter(_ -> key.equals(ENGINEER))));
        client = new TestClient(edge.address());
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
        return client.send(key, method, path, body);
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
