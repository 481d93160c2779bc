package dev.pilothouse.ship.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Delivery as its clients see it: a real edge, a real store, the reconciler on its own thread. */
class DeliveryRoutesTest {
    @TempDir
    Path folder;

    private Store store;
    private World world;
    private final Shelf shelf = new Shelf();
    private Delivery delivery;
    private Edge edge;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void start() {
        store = TestStore.sqlite(folder, "verdicts", "delivery", "notify", "quarantine");
        world = new World(store, 3);
        InstantSource clock = InstantSource.system();
        delivery =
                new Delivery(store, world.surroundings(), shelf, clock, Ids.secure(clock), folder, (_, _, _, _) -> {});
        delivery.start();
        var table = new RouteTable();
        new DeliveryRoutes(delivery).addTo(table);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                table,
                key -> CompletableFuture.completedFuture(
                        Optional.of(new Caller("acme", key, key, Caller.Kind.PERSON, Set.of(Role.parse(key))))));
    }

    @AfterEach
    void stop() {
        client.close();
        edge.close();
        delivery.close();
        store.close();
    }

    @Test
    void aFileMayDeclareWhatTheGatewayAsksBesideServices() throws Exception {
        String route = """
                ---
                apiVersion: pilothouse.dev/v1
                kind: Route
                metadata: {name: chat}
                targets: [{provider: sim, model: sim-mini}]
                """;
        String provider = """
                ---
                apiVersion: pilothouse.dev/v1
                kind: Provider
                metadata: {name: sim}
                protocol: compatible
                url: http://127.0.0.1:9/v1
                """;
        JsonNode early = refused(400, "engineer", "/api/v1/apply?file=a.yaml", RolloutTest.YAML + "\n" + route);
        assertThat(Json.write(early.path("problems")))
                .matches(".*\"a\\.yaml:[0-9]+:1\".*Its provider is not declared\\..*");
        assertThat(get("/api/v1/services").path("items"))
                .as("all of a file or nothing")
                .isEmpty();
        String all = RolloutTest.YAML + "\n" + route + provider;
        JsonNode planned = post("engineer", "/api/v1/plan", all);
        assertThat(shelf.kept).isEmpty();
        JsonNode applied = post("engineer", "/api/v1/apply", all);
        assertThat(applied).isEqualTo(planned);
        assertThat(applied.path("changes")
                        .valueStream()
                        .map(change -> change.path("kind").stringValue() + " "
                                + change.path("action").stringValue()))
                .containsExactly("Provider create", "Route create", "Service create");
        assertThat(shelf.applied).isEqualTo(1);
        JsonNode again = post("engineer", "/api/v1/apply", all.replace("sim-mini", "sim-large"));
        assertThat(Json.write(again.path("changes").get(1)))
                .isEqualTo("{\"kind\":\"Route\",\"name\":\"chat\",\"environment\":null,\"action\":\"update\","
                        + "\"fields\":[{\"path\":\"targets[0].model\",\"from\":\"sim-mini\",\"to\":\"sim-large\"}]}");
        assertThat(again.path("changes").get(0).path("action").stringValue()).isEqualTo("unchanged");
    }

    @Test
    void whatAFileDoesNotNameGoesWhereThatIsAskedForAndWasSeen() throws Exception {
        String head = "apiVersion: pilothouse.dev/v1\nkind: Provider\nprotocol: openai\nmetadata: {name: ";
        post("engineer", "/api/v1/apply", head + "openai}\n---\n" + head + "old}\n---\n" + head + "older}\n");
        String one = head + "openai}\n";
        assertThat(actions(post("engineer", "/api/v1/plan", one))).containsExactly("openai unchanged");
        JsonNode planned = post("engineer", "/api/v1/plan?prune=true", one);
        assertThat(actions(planned)).containsExactly("openai unchanged", "old remove", "older remove");
        assertThat(actions(post("engineer", "/api/v1/plan?prune=true", RolloutTest.YAML)))
                .as("a file that names none of a kind says nothing of it")
                .containsExactly("fraud create");
        refused(400, "engineer", "/api/v1/plan?prune=yes", one);
        refused(409, "engineer", "/api/v1/apply?prune=true&removals=1", one);
        assertThat(shelf.kept).as("nothing was changed").hasSize(3);
        assertThat(post("engineer", "/api/v1/apply?prune=true&removals=2", one)).isEqualTo(planned);
        assertThat(shelf.kept).containsOnlyKeys("Provider/openai");
    }

    private static List<String> actions(JsonNode answer) {
        return answer.path("changes")
                .valueStream()
                .map(change -> change.path("name").stringValue() + " "
                        + change.path("action").stringValue())
                .toList();
    }

    @Test
    void aServiceIsPlannedAppliedReleasedAndWatched() throws Exception {
        assertThat(post("engineer", "/api/v1/plan?file=a.yaml", RolloutTest.YAML)
                        .path("changes")
                        .get(0)
                        .path("action")
                        .asString())
                .isEqualTo("create");
        assertThat(get("/api/v1/services").path("items")).isEmpty();
        post("engineer", "/api/v1/apply", RolloutTest.YAML);
        JsonNode again =
                post("engineer", "/api/v1/apply", RolloutTest.YAML.replace("min-requests: 100", "min-requests: 90"));
        assertThat(Json.write(again))
                .isEqualTo(
                        "{\"changes\":[{\"kind\":\"Service\",\"name\":\"fraud\",\"environment\":null,\"action\":\"update\","
                                + "\"fields\":[{\"path\":\"rollout.min-requests\",\"from\":\"100\",\"to\":\"90\"}]}]}");
        world.version(0.001, 0.01, 0.05);
        JsonNode release = post("engineer", "/api/v1/services/fraud/releases", "{\"note\":\"first\"}");
        assertThat(release.path("candidate").asString()).isEqualTo("card-fraud/1");
        assertThat(watchUntilItEnds(release.path("id").asString()).path("state").asString())
                .isEqualTo("promoted");

        world.version(0.2, 0.01, 0.05);
        JsonNode bad = post("engineer", "/api/v1/services/fraud/releases", "");
        JsonNode end = watchUntilItEnds(bad.path("id").asString());
        assertThat(end.path("state").asString()).isEqualTo("rolled-back");
        assertThat(end.path("sentence").asString()).contains("% errors against");

        JsonNode status = get("/api/v1/services/fraud");
        assertThat(status.path("stable").asString()).isEqualTo("card-fraud/1");
        assertThat(status.path("state").asString()).isEqualTo("serving");
        JsonNode detail =
                get("/api/v1/services/fraud/releases/" + bad.path("id").asString());
        assertThat(detail.path("gates").get(0).path("outcome").asString()).isEqualTo("passed");
        assertThat(detail.path("comparison")).hasSize(3);
        assertThat(detail.path("looks")).isNotEmpty();
        JsonNode page = get("/api/v1/services/fraud/releases?limit=1");
        assertThat(page.path("items").get(0).path("number").intValue()).isEqualTo(2);
        assertThat(get("/api/v1/services/fraud/releases?cursor="
                                + page.path("next").asString())
                        .path("items"))
                .hasSize(1);
        assertThat(get("/api/v1/services/fraud/logs").path("items")).hasSize(1);
    }

    @Test
    void aVersionInQuarantineIsShownWithWhyAndTheCommandThatReleasesIt() throws Exception {
        post("engineer", "/api/v1/apply", RolloutTest.YAML);
        world.version(0.001, 0.01, 0.05);
        world.broken.add("1");
        JsonNode release = post("engineer", "/api/v1/services/fraud/releases", "");
        watchUntilItEnds(release.path("id").asString());
        assertThat(get("/api/v1/services/fraud").path("quarantine")).isEmpty();
        Digest graph = Digest.of("graph1");
        suspect("acme", graph, 1, 0);
        suspect("another", graph, 2, 1_764_000_000_000L);
        suspect("acme", Digest.of("another"), 2, 1_764_000_000_000L);
        assertThat(get("/api/v1/services/fraud").path("quarantine"))
                .as("under suspicion only, or not this service's")
                .isEmpty();
        suspect("acme", graph, 2, 1_764_000_000_000L);
        JsonNode held = get("/api/v1/services/fraud").path("quarantine");
        assertThat(held).hasSize(1);
        assertThat(held.get(0).path("version").asString()).isEqualTo("card-fraud/1");
        assertThat(held.get(0).path("why").asString()).contains("2 times", "2026-11-21T10:00:00Z");
        assertThat(held.get(0).path("command").asString())
                .isEqualTo("pilot model quarantine release " + graph + " --reason '…'");
    }

    /** A model as the quarantine remembers it after so many crashes. */
    private void suspect(String tenant, Digest graph, int crashes, long quarantinedAt) {
        store.writeAndWait(tx -> tx.sql()
                .createUpdate("""
                        INSERT INTO quarantine_model
                          (tenant, graph, label, crashes, interruptions, last_at, last_marker, quarantined_at)
                        VALUES (:tenant, :graph, 'a model', :crashes, 0, :at, 'marker', :quarantinedAt)
                        ON CONFLICT (tenant, graph) DO UPDATE SET
                          crashes = excluded.crashes, quarantined_at = excluded.quarantined_at
                        """)
                .bind("tenant", tenant)
                .bind("graph", graph.toString())
                .bind("crashes", crashes)
                .bind("at", Instant.parse("2026-11-21T10:00:00Z").toEpochMilli())
                .bind("quarantinedAt", quarantinedAt)
                .execute());
    }

    @Test
    void wrongRequestsAreToldWhatToDo() throws Exception {
        JsonNode problem =
                refused(400, "engineer", "/api/v1/apply?file=x.yaml", RolloutTest.YAML.replace("rollout:", "rolout:"));
        assertThat(problem.path("problems").get(0).path("where").asString()).isEqualTo("x.yaml:7:1 rolout");
        refused(403, "viewer", "/api/v1/apply", RolloutTest.YAML);
        post("engineer", "/api/v1/apply", RolloutTest.YAML);
        assertThat(refused(404, "engineer", "/api/v1/services/frau/releases", "")
                        .path("detail")
                        .asString())
                .isEqualTo("There is no service 'frau'. Did you mean 'fraud'?");
        assertThat(refused(400, "engineer", "/api/v1/services/fraud/rollout", "{\"acton\":\"pause\"}")
                        .toString())
                .contains("Did you mean 'action'?");
        assertThat(refused(409, "engineer", "/api/v1/services/fraud/rollout", "{\"action\":\"pause\"}")
                        .path("detail")
                        .asString())
                .contains("No release of 'fraud' is in motion");
        refused(413, "engineer", "/api/v1/apply", "#".repeat(300_000));
    }

    @Test
    void labelsAreJoinedAndUnknownOnesCounted() throws Exception {
        post("engineer", "/api/v1/apply", RolloutTest.YAML);
        JsonNode answer = post(
                "invoker",
                "/api/v1/services/fraud/feedback",
                "{\"items\":[{\"requestId\":\"known-1\",\"label\":\"1\"},{\"requestId\":\"gone\",\"label\":0}]}");
        assertThat(Json.write(answer)).isEqualTo("{\"accepted\":1,\"passed\":0,\"unknown\":1}");
        refused(400, "invoker", "/api/v1/services/fraud/feedback", "{\"items\":[{\"label\":\"1\"}]}");
        refused(
                404,
                "invoker",
                "/api/v1/services/other/feedback",
                "{\"items\":[{\"requestId\":\"a\",\"label\":\"1\"}]}");
    }

    private JsonNode watchUntilItEnds(String release) throws Exception {
        var request = request("viewer", "/api/v1/services/fraud/watch")
                .timeout(Duration.ofSeconds(60))
                .build();
        var answer = client.send(request, BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        try (var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                world.serving.traffic("acme", "fraud", 300);
                if (line.startsWith("data:")) {
                    JsonNode now = Json.parse(line.substring(5)).path("release");
                    if (now.path("id").asString().equals(release)
                            && now.path("endedAt").isString()) {
                        return now;
                    }
                }
            }
        }
        throw new AssertionError("The stream ended before the release did");
    }

    private JsonNode get(String path) throws Exception {
        var answer = client.send(request("viewer", path).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.parse(answer.body());
    }

    private JsonNode post(String key, String path, String body) throws Exception {
        var answer = client.send(
                request(key, path)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 201);
        return Json.parse(answer.body());
    }

    private JsonNode refused(int status, String key, String path, String body) throws Exception {
        var answer = client.send(
                request(key, path)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return Json.parse(answer.body());
    }

    private HttpRequest.Builder request(String key, String path) {
        return HttpRequest.newBuilder(URI.create(edge.address() + path)).header("authorization", "Bearer " + key);
    }
}
