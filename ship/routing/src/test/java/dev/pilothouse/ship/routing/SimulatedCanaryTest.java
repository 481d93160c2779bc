package dev.pilothouse.ship.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.providers.CacheRule;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import dev.pilothouse.testkit.TestStore;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Canaries under real calls of a gateway to the simulated provider, whose candidates have defects. */
class SimulatedCanaryTest {
    private static final String ROUTE = """
            kind: Route
            metadata: {name: chat}
            targets: [{provider: sim, model: '%s'}]
            fallbacks: [{provider: sim, model: sim-large}]
            %srollout:
              steps: [50, 100]
              min-requests: 100
              errors: {tolerance: 0.01, margin: 0.10}
              slow: {tolerance: 0.05, margin: 0.30}
              cost: {tolerance: 0.02, margin: 0.20}
            """;

    @TempDir
    private Path folder;

    private Store store;
    private RoutingServer server;
    private LlmSimulator simulator;

    @BeforeEach
    void start() {
        simulator = LlmSimulator.start(SimulatorConfig.standard());
        store = TestStore.sqlite(folder.resolve("store"), RoutingServer.TABLES);
        server = new RoutingServer(store, folder, "r1");
        for (String model : List.of("sim-mini", "sim-mini;failure-rate=0.3", "sim-mini;output-tokens=16;seed=1")) {
            server.price(model, "1");
        }
        server.price("sim-mini;output-tokens=17", "20");
        server.price("sim-large", "2");
        server.apply("""
                kind: Provider
                metadata: {name: sim}
                protocol: compatible
                url: %s/v1
                """.formatted(simulator.address()), ROUTE.formatted("sim-mini", ""));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        store.close();
        simulator.close();
    }

    private void candidate(String model, String prompt) {
        server.apply(ROUTE.formatted(model, prompt));
        server.routing.round();
    }

    /** Calls until the rollout has ended, and what clients saw. */
    private List<Integer> callUntilItEnds() {
        var seen = new ArrayList<Integer>();
        for (int round = 0; round < 150 && server.phase("chat").equals("canary"); round++) {
            List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                calls.add(server.chat("chat", "call " + round + " " + i));
            }
            calls.forEach(call -> seen.add(call.join().statusCode()));
            server.routing.round();
        }
        return seen;
    }

    @Test
    void aCandidateThatFailsGoesBackThoughFallbacksAnswerItsClients() {
        candidate("sim-mini;failure-rate=0.3", "");
        assertThat(callUntilItEnds()).containsOnly(200);
        assertThat(server.phase("chat")).isEqualTo("rolled-back");
        assertThat(server.sentence("chat")).contains(" % errors against 0 % (e = ");
        assertThat(server.chat("chat", "x").join().headers().firstValue("x-pilothouse-model"))
                .contains("sim/sim-mini");
    }

    @Test
    void aDearCandidateGoesBack() {
        candidate("sim-mini;output-tokens=17", "");
        callUntilItEnds();
        assertThat(server.phase("chat")).isEqualTo("rolled-back");
        assertThat(server.sentence("chat")).contains(" % dear answers against ");
    }

    @Test
    void aPromptIsACandidateToo() {
        candidate("sim-mini", "prompt: {name: polite, version: 2, text: Answer politely in one sentence.}\n");
        JsonNode begun = server.rollout("chat");
        assertThat(begun.at("/candidate/prompt/version").stringValue()).isEqualTo("2");
        assertThat(begun.at("/declared/prompt").isMissingNode()).isTrue();
        assertThat(callUntilItEnds()).containsOnly(200);
        assertThat(server.phase("chat")).as(server.sentence("chat")).isEqualTo("promoted");
        server.routing.round();
        ModelRoute chat = server.gateway.routes(RoutingServer.TENANT).getFirst();
        assertThat(chat.prompt()).isPresent();
        int with = tokens();
        server.apply(ROUTE.formatted("sim-mini", "").replaceAll("(?s)rollout:.*", ""));
        assertThat(with).as("the provider reads the prompt").isGreaterThan(tokens());
    }

    @Test
    void aCandidateIsNeverAnsweredFromWhatIsKeptAndWhatWasKeptEndsWithItsPromotion() {
        server.gateway.put(
                RoutingServer.ADMIN,
                server.gateway
                        .routes(RoutingServer.TENANT)
                        .getFirst()
                        .withCache(new CacheRule(
                                CacheRule.Mode.EXACT,
                                Duration.ofMinutes(5),
                                CacheRule.Scope.TENANT,
                                "",
                                CacheRule.USUAL_THRESHOLD)));
        assertThat(List.of(kept(), kept())).containsExactly("miss", "hit");
        candidate("sim-mini", "prompt: {name: polite, version: 2, text: Answer politely.}\n");
        var seen = new HashSet<String>();
        for (int i = 0; i < 40; i++) {
            seen.add(kept());
        }
        assertThat(seen).as("half of the calls are the candidate's").containsExactlyInAnyOrder("hit", "none");
        server.send("admin", "POST", "/api/v1/rollouts/chat", "{\"action\": \"promote\", \"reason\": \"we know it\"}");
        server.routing.round();
        assertThat(List.of(kept(), kept(), kept())).containsExactly("miss", "hit", "hit");
    }

    private String kept() {
        return server.chat("chat", "Where?")
                .join()
                .headers()
                .firstValue("x-pilothouse-cache")
                .orElse("none");
    }

    private int tokens() {
        return Json.parse(server.chat("chat", "how long").join().body())
                .at("/usage/prompt_tokens")
                .intValue();
    }
}
