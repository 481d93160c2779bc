package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.artifacts.ArtifactRoutes;
import dev.pilothouse.know.artifacts.Artifacts;
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
import dev.pilothouse.testkit.TestClient.Answer;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

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
    private final TestClient client;

    RegistryServer(Path folder, StoreConfig config) {
        InstantSource clock = InstantSource.system();
        Ids ids = Ids.secure(clock);
        store = Stores.open(
                config, List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS, Tracking.MIGRATIONS, Models.MIGRATIONS));
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        blobs = FileBlobs.open(folder.resolve("blobs"), clock, Duration.ofHours(1));
        var artifacts = new Artifacts(store, blobs);
        tracking = Tracking.open(store, artifacts, ledger, ids, clock);
        models = new Models(store, artifacts, ledger, ids, clock);
        var routes = new RouteTable();
        tracking.addRoutes(routes);
        new ArtifactRoutes(store, artifacts, ids, clock).addTo(routes);
        new ModelRoutes(models, blobs).addRoutes(routes);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(Optional.of(CALLER).filter(_ -> key.equals(KEY))));
        client = new TestClient(edge.address());
    }

    Answer mlflow(String method, String path, String body) {
        return client.send(KEY, method, "/api/2.0/mlflow/" + path, body);
    }

    Answer send(String method, String path, byte[] body) {
        return Answer.of(client.raw(KEY, method, path, body));
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
