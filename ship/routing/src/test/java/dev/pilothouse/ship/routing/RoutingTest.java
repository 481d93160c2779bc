package dev.pilothouse.ship.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.providers.CacheRule;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.ship.routing.Traffic.Manner;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class RoutingTest {
    private static final String PROVIDER = """
            kind: Provider
            metadata: {name: sim}
            protocol: compatible
            url: http://127.0.0.1:9/v1
            region: eu
            """;
    private static final String STABLE = """
            kind: Route
            metadata: {name: chat}
            targets: [{provider: sim, model: sim-mini}]
            residency: [eu]
            """;
    private static final String BUDGET = """
            kind: Budget
            metadata: {name: all}
            scope: organisation:acme
            limit: 5.00
            """;
    /** Bounds that some thousand calls decide. */
    private static final String CANDIDATE = STABLE.replace("sim-mini", "sim-large") + """
            rollout:
              steps: [20, 50, 100]
              min-requests: 100
              errors: {tolerance: 0.01, margin: 0.05}
              slow: {tolerance: 0.02, margin: 0.10}
              accuracy: {tolerance: 0.02, margin: 0.10}
              cost: {tolerance: 0.02, margin: 0.10}
            """;

    @TempDir
    private Path folder;

    private Store store;
    private RoutingServer server;

    @BeforeEach
    void start() {
        store = TestStore.sqlite(folder.resolve("store"), RoutingServer.TABLES);
        server = new RoutingServer(store, folder, "r1");
        server.apply(PROVIDER, STABLE);
    }

    @AfterEach
    void stop() {
        server.close();
        store.close();
    }

    private ModelRoute chat() {
        return server.gateway.routes(RoutingServer.TENANT).getFirst();
    }

    private String model() {
        return chat().targets().getFirst().model();
    }

    private void until(Traffic traffic, Manner candidate) {
        for (int round = 0; round < 400 && server.phase("chat").equals("canary"); round++) {
            traffic.round(server, 40, Manner.GOOD, candidate);
        }
    }

    private long entries() {
        return store.read(tx -> tx.sql()
                .createQuery("SELECT COUNT(*) FROM journal_entry")
                .mapTo(Long.class)
                .one());
    }

    @Test
    void aFileDeclaresWhatTheGatewayAsksAndTheSameOnceMoreChangesNothing() {
        long before = entries();
        server.apply(PROVIDER, STABLE, BUDGET);
        assertThat(server.budgets.find(RoutingServer.TENANT, "all")).isPresent();
        assertThat(chat().version()).isEqualTo(1);
        long once = entries();
        assertThat(once).isEqualTo(before + 1);
        server.apply(PROVIDER, STABLE, BUDGET);
        assertThat(entries()).isEqualTo(once);
        server.apply(STABLE.replace("sim-mini", "sim-large"));
        assertThat(model()).isEqualTo("sim-large");
        assertThat(chat().version()).isEqualTo(2);
    }

    @Test
    void whetherAnswersAreKeptIsNotAFilesToSay() {
        var kept = new CacheRule(
                CacheRule.Mode.EXACT, Duration.ofMinutes(5), CacheRule.Scope.KEY, "", CacheRule.USUAL_THRESHOLD);
        server.gateway.put(RoutingServer.ADMIN, chat().withCache(kept));
        assertThat(chat().version()).isEqualTo(2);
        server.apply(STABLE);
        assertThat(chat().version()).as("the same once more").isEqualTo(2);
        server.apply(STABLE.replace("sim-mini", "sim-large"));
        assertThat(model()).isEqualTo("sim-large");
        assertThat(chat().cache()).isEqualTo(kept);
    }

    @Test
    void aGoodCandidateTakesTheAliasOverStepByStep() {
        server.apply(CANDIDATE);
        assertThat(model()).isEqualTo("sim-mini");
        server.routing.round();
        assertThat(server.rollout("chat").path("percent").intValue()).isEqualTo(20);
        until(new Traffic(1), Manner.GOOD);
        assertThat(server.phase("chat")).as(server.sentence("chat")).isEqualTo("promoted");
        assertThat(server.sentence("chat")).matches("The candidate answers, after [0-9,]+ calls in comparison\\.");
        server.routing.round();
        assertThat(model()).isEqualTo("sim-large");
        assertThat(chat().version()).isEqualTo(2);
        assertThat(server.gateway.splits().side("acme", chat(), "", "x").isCandidate())
                .isFalse();
        long before = entries();
        server.apply(CANDIDATE);
        assertThat(entries()).isEqualTo(before);
    }

    @Test
    void aCandidateThatFailsGoesBackAndTheSameFileDoesNotTryItAgain() {
        server.apply(CANDIDATE);
        server.routing.round();
        until(new Traffic(2), new Manner(0.20, 0.05, 1_000, 0.05));
        assertThat(server.phase("chat")).isEqualTo("rolled-back");
        assertThat(server.sentence("chat"))
                .matches("Rolled back at (20|50) % after [0-9,]+ requests: [0-9.]+ % errors against .*\\.");
        assertThat(model()).isEqualTo("sim-mini");
        long before = entries();
        server.apply(CANDIDATE);
        assertThat(entries()).isEqualTo(before);
        server.apply(CANDIDATE.replace("sim-large", "sim-huge"));
        assertThat(server.rollout("chat").path("number").intValue()).isEqualTo(2);
        assertThat(server.phase("chat")).isEqualTo("canary");
    }

    @Test
    void aSlowADearAndAWrongCandidateEachGoBackForWhatTheyAre() {
        goesBack(new Manner(0.01, 0.60, 1_000, 0.05), "slow answers", 3);
        goesBack(new Manner(0.01, 0.05, 4_000, 0.05), "dear answers", 4);
        goesBack(new Manner(0.01, 0.05, 1_000, 0.40), "wrong answers", 5);
    }

    private void goesBack(Manner candidate, String why, int seed) {
        server.apply(CANDIDATE.replace("sim-large", "sim-" + seed));
        server.routing.round();
        until(new Traffic(seed), candidate);
        assertThat(server.phase("chat")).isEqualTo("rolled-back");
        assertThat(server.sentence("chat")).contains(" % " + why + " against ");
        // The course of the evidence ends beyond the line that it crossed.
        JsonNode looks = server.rollout("chat").path("looks");
        String outcome = why.substring(0, why.indexOf(' '));
        double limit = server.rollout("chat").at("/comparison/0/logLimit").doubleValue();
        assertThat(looks.path(0).path("logE").path(outcome).doubleValue()).isLessThan(limit);
        assertThat(looks.path(looks.size() - 1).path("logE").path(outcome).doubleValue())
                .isGreaterThanOrEqualTo(limit);
    }

    @Test
    void aCandidateThatMayCostWhatItLikesIsNotDear() {
        server.apply(CANDIDATE.replace("cost: {tolerance: 0.02, margin: 0.10}", "dear-beyond: any"));
        server.routing.round();
        until(new Traffic(6), new Manner(0.01, 0.05, 4_000, 0.05));
        assertThat(server.phase("chat")).as(server.sentence("chat")).isEqualTo("promoted");
    }

    @Test
    void silencePromotesNothingAndPausesInTheEnd() {
        server.apply(CANDIDATE + "  max-wait: 1s\n");
        server.routing.round();
        assertThat(server.sentence("chat")).isEqualTo("At 20 %: waiting for traffic; 0 of 100 requests so far.");
        Awaitility.await().untilAsserted(() -> {
            server.routing.round();
            assertThat(server.rollout("chat").path("paused").booleanValue()).isTrue();
        });
        assertThat(server.sentence("chat")).startsWith("Paused after waiting 1s. At 20 %: waiting for traffic");
    }

    @Test
    void anotherRunGoesOnWhereTheLastOneWasCutOff() {
        server.apply(CANDIDATE);
        server.routing.round();
        var traffic = new Traffic(7);
        for (int i = 0; i < 10; i++) {
            traffic.round(server, 40, Manner.GOOD, Manner.GOOD);
        }
        JsonNode before = server.rollout("chat");
        // The next one knows what is stored, and nothing else.
        server.close();
        server = new RoutingServer(store, folder, "r1");
        assertThat(server.rollout("chat").path("counts")).isEqualTo(before.path("counts"));
        assertThat(server.phase("chat")).isEqualTo("canary");
        server.routing.round();
        until(traffic, Manner.GOOD);
        assertThat(server.phase("chat")).as(server.sentence("chat")).isEqualTo("promoted");
    }

    @Test
    void twoServersOfOnePostgresCountTogetherAndEndTogether() {
        Manner failing = new Manner(0.15, 0.05, 1_000, 0.05);
        try (var postgres = TestPostgres.start();
                Store shared = TestStore.postgres(postgres, RoutingServer.TABLES);
                var one = new RoutingServer(shared, folder.resolve("shared"), "one");
                var two = new RoutingServer(shared, folder.resolve("shared"), "two")) {
            one.apply(PROVIDER, STABLE);
            one.apply(CANDIDATE);
            two.gateway.reload();
            one.routing.round();
            two.routing.round();
            var traffic = new Traffic(8);
            for (int round = 0; round < 200 && one.phase("chat").equals("canary"); round++) {
                traffic.round(one, 20, Manner.GOOD, failing);
                traffic.round(two, 20, Manner.GOOD, failing);
            }
            assertThat(one.phase("chat")).isEqualTo("rolled-back");
            for (RoutingServer each : List.of(one, two)) {
                each.routing.round();
                ModelRoute chat = each.gateway.routes(RoutingServer.TENANT).getFirst();
                for (int i = 0; i < 100; i++) {
                    assertThat(each.gateway
                                    .splits()
                                    .side("acme", chat, "", "r" + i)
                                    .isCandidate())
                            .isFalse();
                }
            }
        }
    }

    @Test
    void aCandidateStaysWhereItsAliasDoes() {
        server.apply(PROVIDER.replace("sim", "far").replace("region: eu", "region: us"));
        assertThatThrownBy(() -> server.apply(CANDIDATE.replace("provider: sim", "provider: far")))
                .isInstanceOfSatisfying(
                        PilothouseException.class,
                        refusal -> assertThat(refusal.detail())
                                .startsWith("The alias 'chat' stays in eu, but its provider 'far' is in 'us'."));
        assertThat(server.routing.list(RoutingServer.TENANT)).isEmpty();
    }

    @Test
    void anAliasThatIsDeclaredOtherwiseMeanwhileEndsItsRollout() {
        server.apply(CANDIDATE);
        server.routing.round();
        server.gateway.put(
                RoutingServer.ADMIN,
                new ModelRoute(
                        "chat",
                        List.of(new Target("sim", "sim-other", 1)),
                        List.of(),
                        List.of("eu"),
                        Optional.empty(),
                        1,
                        CacheRule.OFF));
        server.routing.round();
        assertThat(server.phase("chat")).isEqualTo("aborted");
        assertThat(server.sentence("chat")).startsWith("The alias was declared anew");
        assertThat(model()).isEqualTo("sim-other");
    }

    @Test
    void whatIsRemovedEndsItsRolloutAndNoProviderGoesThatAnAliasAsks() {
        server.apply(CANDIDATE, BUDGET);
        assertThatThrownBy(() -> remove("Provider", "sim"))
                .isInstanceOfSatisfying(
                        PilothouseException.class,
                        refusal ->
                                assertThat(refusal.detail()).startsWith("The alias 'chat' asks the provider 'sim'."));
        remove("Route", "chat");
        remove("Provider", "sim");
        remove("Budget", "all");
        server.routing.applied();
        assertThat(server.gateway.routes(RoutingServer.TENANT)).isEmpty();
        assertThat(server.gateway.providers(RoutingServer.TENANT)).isEmpty();
        assertThat(server.budgets.find(RoutingServer.TENANT, "all")).isEmpty();
        assertThat(server.phase("chat")).isEqualTo("aborted");
        assertThat(server.rollout("chat").path("declared").isNull()).isTrue();
    }

    private void remove(String kind, String name) {
        store.writeAndWait(tx -> {
            assertThat(server.routing.names(tx, RoutingServer.TENANT, kind)).contains(name);
            server.routing.remove(tx, RoutingServer.ADMIN, kind, name);
            return name;
        });
    }

    @Test
    void peopleSteerARolloutWithTheRolesThatReleasesAskFor() {
        String rollouts = "/api/v1/rollouts/chat";
        assertThat(server.send("admin", "GET", rollouts, "").statusCode()).isEqualTo(404);
        String body = "{\"targets\": [{\"provider\": \"sim\", \"model\": \"sim-large\"}], \"residency\": [\"eu\"]}";
        assertThat(server.send("viewer", "PUT", rollouts, body).statusCode()).isEqualTo(403);
        HttpResponse<String> begun = server.send("engineer", "PUT", rollouts, body);
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(200);
        assertThat(Json.parse(begun.body()).path("percent").intValue()).isEqualTo(5);
        assertThat(steer("engineer", "pause", "lunch").path("sentence").stringValue())
                .isEqualTo("Paused by a person: lunch");
        assertThat(steer("engineer", "resume", "").path("paused").booleanValue())
                .isFalse();
        assertThat(server.send("engineer", "POST", rollouts, "{\"action\": \"promote\", \"reason\": \"x\"}")
                        .statusCode())
                .isEqualTo(403);
        assertThat(server.send("admin", "POST", rollouts, "{\"action\": \"promote\"}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(steer("admin", "promote", "we know it").path("phase").stringValue())
                .isEqualTo("promoted");
        assertThat(model()).isEqualTo("sim-large");
        assertThat(server.send("admin", "POST", rollouts, "{\"action\": \"pause\"}")
                        .statusCode())
                .isEqualTo(409);
        assertThat(Json.parse(server.send("viewer", "GET", "/api/v1/rollouts", "")
                                .body())
                        .path("items"))
                .hasSize(1);
        HttpResponse<String> unreadable = server.send("engineer", "PUT", rollouts, "{\"targets\": [], \"rollot\": {}}");
        assertThat(unreadable.statusCode()).isEqualTo(400);
        assertThat(unreadable.body()).contains("There is no key 'rollot' here. Did you mean 'rollout'?");
    }

    private JsonNode steer(String key, String action, String reason) {
        HttpResponse<String> answer = server.send(
                key,
                "POST",
                "/api/v1/rollouts/chat",
                Json.write(Json.object().put("action", action).put("reason", reason)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.parse(answer.body());
    }
}
