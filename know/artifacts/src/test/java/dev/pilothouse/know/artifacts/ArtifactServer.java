package dev.pilothouse.know.artifacts;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.tracking.Tracking;
import dev.pilothouse.platform.blobs.FileBlobs;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.testkit.TestClient;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Tracking with artifacts on a real edge and a real store, with a key for each of three callers. */
final class ArtifactServer implements AutoCloseable {
    static final String ENGINEER = "ph_engineer";
    static final String VIEWER = "ph_viewer";
    static final String STRANGER = "ph_stranger";

    final Ledger ledger;
    final Artifacts artifacts;
    final TestClient client;
    private final Store store;
    private final Journal journal;
    private final Tracking tracking;
    private final Edge edge;

    /** A server with keys and blobs in a folder, on a store that it closes. */
    ArtifactServer(Path folder, StoreConfig config) {
        InstantSource clock = InstantSource.system();
        Ids ids = Ids.secure(clock);
        store = Stores.open(config, List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS, Tracking.MIGRATIONS));
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        artifacts = new Artifacts(store, FileBlobs.open(folder.resolve("blobs"), clock, Duration.ofHours(1)));
        tracking = Tracking.open(store, artifacts, ledger, ids, clock);
        var routes = new RouteTable();
        tracking.addRoutes(routes);
        new ArtifactRoutes(store, artifacts, ids, clock).addTo(routes);
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
        client = new TestClient(edge.address());
    }

    private static Caller caller(String tenant, String name, Role... roles) {
        return new Caller(tenant, name, name, Caller.Kind.PERSON, Set.of(roles));
    }

    /** Starts a run in the default experiment; answers its id. */
    String run() {
        return client.send(ENGINEER, "POST", "/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"0\"}")
                .at("/run/info/run_id")
                .asString();
    }

    @Override
    public void close() {
        client.close();
        edge.close();
        tracking.close();
        ledger.close();
        journal.close();
        store.close();
    }
}
