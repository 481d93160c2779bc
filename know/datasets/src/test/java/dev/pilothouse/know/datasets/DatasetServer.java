package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.blobs.FileBlobs;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.io.IOException;
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

/** A server that has only datasets. */
final class DatasetServer implements AutoCloseable {
    static final String TENANT = "acme";

    private final InstantSource clock = InstantSource.system();
    private final Store store;
    private final Journal journal;
    private final Ledger ledger;
    private final FileBlobs blobs;
    final Datasets datasets;
    private final Edge edge;
    private final HttpClient http = HttpClient.newHttpClient();

    DatasetServer(Path folder) throws IOException {
        store = TestStore.sqlite(folder.resolve("store"), Journal.MIGRATIONS, Ledger.MIGRATIONS, Datasets.MIGRATIONS);
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        blobs = FileBlobs.open(folder.resolve("blobs"), clock, Duration.ofHours(1));
        datasets = new Datasets(store, blobs, ledger, folder.resolve("datasets"), clock);
        var routes = new RouteTable();
        new DatasetRoutes(datasets).addTo(routes);
        var engineer = new Caller(TENANT, "p1", "Ada", Caller.Kind.PERSON, Set.of(Role.ENGINEER, Role.VIEWER));
        edge = Edge.start(EdgeConfig.onPort(0), routes, _ -> CompletableFuture.completedFuture(Optional.of(engineer)));
    }

    /** An answer. */
    record Answer(int status, JsonNode json) {
        String problems() {
            return String.join(
                    "\n",
                    json.path("problems")
                            .valueStream()
                            .map(p -> p.path("where").asString() + " | "
                                    + p.path("what").asString())
                            .toList());
        }
    }

    Answer add(String name, String file, boolean header, byte[] bytes) throws Exception {
        return send("POST", "/" + name + "/versions?file=" + file + "&header=" + header, bytes);
    }

    Answer add(String name, String csv) throws Exception {
        return add(name, "data.csv", true, csv.getBytes(StandardCharsets.UTF_8));
    }

    Answer get(String path) throws Exception {
        return send("GET", path, new byte[0]);
    }

    Answer send(String method, String path, byte[] body) throws Exception {
        HttpResponse<byte[]> response = raw(method, path, body);
        return new Answer(response.statusCode(), Json.parse(response.body()));
    }

    HttpResponse<byte[]> raw(String method, String path, byte[] body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + edge.port() + "/api/v1/datasets" + path))
                .header("authorization", "Bearer x")
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    /** Kinds of the ledger's entries about a subject. */
    List<String> history(String subject) {
        return store.read(tx -> journal.bySubject(tx, TENANT, subject, Long.MAX_VALUE, 50)).stream()
                .map(entry -> entry.record().kind())
                .toList();
    }

    @Override
    public void close() {
        http.close();
        edge.close();
        datasets.close();
        ledger.close();
        journal.close();
        store.close();
    }
}
