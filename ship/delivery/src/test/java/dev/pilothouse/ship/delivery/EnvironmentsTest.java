package dev.pilothouse.ship.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.fleet.ProcessSpec;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class EnvironmentsTest {
    static final String YAML = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata: {name: fraud}
            model: {name: card-fraud}
            gates:
              - evaluation: {dataset: eval, target: fraud, min: 0.9}
            rollout: {min-requests: 100, max-wait: 5m}
            environments:
              - name: staging
                rollout: {steps: [100]}
              - name: production
                gates:
                  - approval: {}
                  - evaluation: {dataset: other, target: fraud, min: 0.5}
            """;

    private static final String PROGRAM = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata: {name: fraud}
            container:
              command: [serve, "{port}"]
              model: m
              env: {LEVEL: info}
            rollout: {steps: [100]}
            environments:
              - name: staging
                container: {env: {LEVEL: debug}, secrets: {TOKEN: api-token}}
              - name: production
                container: {secrets: {TOKEN: api-token}, replicas: 3}
            """;

    @TempDir
    Path folder;

    private Store store;
    private World world;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder, "verdicts", "delivery", "notify");
        world = new World(store, 1);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Promotions.Request ask(String service) {
        return new Promotions.Request(
                service, Optional.empty(), Optional.empty(), Optional.empty(), "as tested", false);
    }

    private static Promotions.Request ask(String from, String to, Optional<Digest> digest) {
        return new Promotions.Request("fraud", Optional.of(from), Optional.of(to), digest, "", false);
    }

    private Release staged(World in) {
        in.version(0.001, 0.01, 0.05);
        Release release = in.release("fraud@staging");
        in.until("fraud@staging", 0, () -> in.phase(release) == Phase.PROMOTED);
        return release;
    }

    private static void approve(World in) {
        in.person = Optional.of(
                new GateOutcome.Passed("Approved by Bob.", Json.object().put("by", "bob")));
    }

    private static void aPromotionRefersToItsSourceAndCitesItsEvidence(World world) {
        world.apply(YAML);
        Release staging = new EnvironmentsTest().staged(world);
        assertThat(world.aliases).containsExactly(Map.entry("card-fraud@staging", 1));
        assertThat(world.serving.endpoints).containsOnlyKeys("acme/fraud@staging");
        assertThat(world.judged).containsExactly("evaluation of accuracy on eval of card-fraud/1");

        Release promoted = world.promotions.promote(World.ADA, ask("fraud"));
        assertThat(promoted.candidate()).isEqualTo(staging.candidate());
        assertThat(promoted.number()).isEqualTo(1);
        world.until("fraud", 0, () -> world.phase(promoted) == Phase.AWAITING_APPROVAL);
        assertThat(world.judged).as("the same gate is cited, not run again").hasSize(1);
        approve(world);
        world.until("fraud", 0, () -> world.phase(promoted) == Phase.PROMOTED);
        assertThat(world.judged)
                .as("the gate that production adds is run")
                .hasSize(2)
                .last()
                .isEqualTo("evaluation of accuracy on other of card-fraud/1");
        assertThat(world.serving.weights("fraud")).containsExactly(Map.entry("1", 1000));
        assertThat(world.serving.weights("fraud@staging")).containsExactly(Map.entry("1", 1000));
        assertThat(world.aliases).containsEntry("card-fraud@production", 1);

        ObjectNode started = world.ledger.stream()
                .filter(e -> e.kind().equals("release.started") && e.subject().equals("service/fraud"))
                .map(LedgerEntry::payload)
                .findFirst()
                .orElseThrow();
        assertThat(started.path("environment").asString()).isEqualTo("production");
        assertThat(started.at("/promotedFrom/release").asString()).isEqualTo(staging.id());
        assertThat(started.at("/promotedFrom/service").asString()).isEqualTo("fraud@staging");
        assertThat(started.at("/promotedFrom/entry").asString()).isNotEmpty();
        var gates = world.durable.read(tx -> SqlReleases.gates(tx, "acme", promoted.id()));
        var source = world.durable.read(tx -> SqlReleases.gates(tx, "acme", staging.id()));
        assertThat(gates).hasSize(3).allMatch(SqlReleases.Gate::passed);
        assertThat(gates.getFirst().sentence()).isEqualTo("Carried over from release 1 of fraud@staging: Fine.");
        assertThat(gates.getFirst().evidence().at("/carried/entry").asString())
                .isEqualTo(source.getFirst().entry().orElseThrow());
        assertThat(world.find(promoted).origin().orElseThrow().release()).isEqualTo(staging.id());
    }

    @Test
    void aPromotionRefersToItsSourceAndCitesItsEvidence() {
        aPromotionRefersToItsSourceAndCitesItsEvidence(world);
    }

    @Test
    void onPostgresTheSame() {
        try (var server = TestPostgres.start();
                Store other = TestStore.postgres(server, "verdicts", "delivery", "notify")) {
            aPromotionRefersToItsSourceAndCitesItsEvidence(new World(other, 1));
        }
    }

    @Test
    void evidenceIsGatheredAnewWhereTheDataOrProductionDiffers() {
        String compared =
                YAML.replace("min: 0.9}", "no-worse-than-production: 0.01}").replace("- approval: {}", "");
        world.apply(YAML.replace("- approval: {}\n", ""));
        staged(world);
        world.inputs = "payments@2";
        Release first = world.promotions.promote(World.ADA, ask("fraud"));
        world.until("fraud", 0, () -> world.phase(first) == Phase.PROMOTED);
        assertThat(world.judged).as("the data changed").hasSize(3);

        world.apply(compared.replace("- approval: {}\n", ""));
        staged(world);
        Release second = world.promotions.promote(World.ADA, ask("fraud"));
        world.until("fraud", 0, () -> world.phase(second) == Phase.CANARY);
        assertThat(world.judged)
                .as("staging compared with version 1, which is also in production")
                .hasSize(5);
        world.until("fraud", 400, () -> world.phase(second) == Phase.PROMOTED);

        staged(world);
        staged(world);
        Release third = world.promotions.promote(World.ADA, ask("fraud"));
        world.until("fraud", 0, () -> world.phase(third) == Phase.CANARY);
        assertThat(world.judged)
                .as("staging compared with a version that production never had")
                .last()
                .isEqualTo("evaluation of accuracy on other of card-fraud/4");
        assertThat(world.judged.get(world.judged.size() - 2))
                .isEqualTo("evaluation of accuracy on eval of card-fraud/4");
    }

    @Test
    void whatIsNotStableIsNotPromotedAndTheWordsSayWhy() {
        world.apply(YAML);
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("fraud")))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.CONFLICT))
                .hasMessageContaining("Nothing is stable in 'staging' of 'fraud' yet.")
                .hasMessageContaining("pilot release fraud --env staging");
        Release one = staged(world);
        world.apply(YAML.replace("steps: [100]", "steps: [50, 100]"));
        world.version(0.001, 0.01, 0.05);
        Release two = world.release("fraud@staging");
        world.until("fraud@staging", 0, () -> world.phase(two) == Phase.CANARY);
        assertThatThrownBy(() -> world.promotions.promote(
                        World.ADA,
                        ask("staging", "production", Optional.of(two.candidate().digest()))))
                .hasMessageContaining(two.candidate().digest() + " is not stable in 'staging' of 'fraud'")
                .hasMessageContaining(
                        "Stable there is card-fraud/1 (" + one.candidate().digest() + ").")
                .hasMessageContaining("Its release 2 (card-fraud/2) is canary; promote it once it is promoted there.");
        assertThatThrownBy(() -> world.promotions.promote(
                        World.ADA, ask("staging", "production", Optional.of(Digest.of("never seen")))))
                .hasMessageContaining("is not stable")
                .hasMessageNotContaining("Its release");
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("production", "staging", Optional.empty())))
                .hasMessageContaining("'staging' is the first environment");
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("production", "production", Optional.empty())))
                .hasMessageContaining("does not come before");
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("stagng", "production", Optional.empty())))
                .hasMessageContaining("Did you mean 'staging'?");
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("frauds")))
                .hasMessageContaining("There is no service 'frauds'.");
        approve(world);
        Release promoted = world.promotions.promote(
                World.ADA,
                ask("staging", "production", Optional.of(one.candidate().digest())));
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("fraud@production")))
                .hasMessageContaining("is in motion");
        world.until("fraud", 0, () -> world.phase(promoted) == Phase.PROMOTED);
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("fraud")))
                .hasMessageContaining("is stable in 'production' already, with the same configuration");
    }

    @Test
    void aServiceWithoutEnvironmentsHasNothingToPromote() {
        world.apply(RolloutTest.YAML);
        assertThatThrownBy(() -> world.promotions.promote(World.ADA, ask("fraud")))
                .hasMessageContaining("has one environment")
                .hasMessageContaining("environments: [staging, production]");
    }

    @Test
    void aProgramIsPromotedUnderTheConfigurationAndSecretsOfWhereItGoes() {
        world.apply(PROGRAM);
        Release staging = world.release("fraud@staging");
        world.until(
                "fraud@staging", 0, () -> !world.phase(staging).inMotion() || world.phase(staging) == Phase.LOADING);
        for (int i = 0; i < 20; i++) {
            world.round();
            world.clock.advance(java.time.Duration.ofSeconds(2));
        }
        assertThat(world.phase(staging)).isEqualTo(Phase.REJECTED);
        assertThat(world.sentence(staging))
                .contains("No value is stored for the secret api-token in the environment 'staging'")
                .contains("pilot secrets set api-token --env staging");
        world.secrets.put("/api-token", "for all");
        world.secrets.put("production/api-token", "production's own");
        Release again = world.release("fraud@staging");
        world.until("fraud@staging", 0, () -> world.phase(again) == Phase.PROMOTED);
        world.apply(PROGRAM.replace("[serve,", "[serve-next,"));

        Release promoted = world.promotions.promote(World.ADA, ask("fraud"));
        world.until("fraud", 0, () -> world.phase(promoted) == Phase.PROMOTED);
        assertThat(promoted.candidate().digest()).isEqualTo(again.candidate().digest());
        assertThat(promoted.candidate().title()).isEqualTo("fraud#1");
        ProcessSpec there = process("acme/fraud@staging/2");
        ProcessSpec here = process("acme/fraud/1");
        assertThat(here.command())
                .as("what was tested")
                .isEqualTo(there.command())
                .startsWith("serve");
        assertThat(there.environment()).containsEntry("LEVEL", "debug");
        assertThat(here.environment()).containsEntry("LEVEL", "info");
        assertThat(there.secrets()).containsExactly(Map.entry("TOKEN", "for all"));
        assertThat(here.secrets()).containsExactly(Map.entry("TOKEN", "production's own"));
        assertThat(here.replicas()).isEqualTo(3);
        assertThat(here.toString()).doesNotContain("production's own");

        world.secrets.put("production/api-token", "rotated");
        world.round();
        assertThat(process("acme/fraud/1").secrets()).containsExactly(Map.entry("TOKEN", "rotated"));
        assertThat(world.ledger.toString()).doesNotContain("rotated", "for all");
    }

    private ProcessSpec process(String name) {
        return Objects.requireNonNull(world.serving.processes.get(name), name);
    }

    @Test
    void anExistingServiceBecomesTheLastEnvironmentAndKeepsWhatItRuns() {
        String before = YAML.substring(0, YAML.indexOf("environments:"));
        world.apply(before);
        world.version(0, 0, 0);
        Release old = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(old) == Phase.PROMOTED);
        List<Services.Change> planned = world.services.plan(World.ADA, "f.yaml", YAML, false);
        assertThat(planned).extracting(Services.Change::name).containsExactly("fraud@staging", "fraud");
        assertThat(planned)
                .extracting(Services.Change::action)
                .containsExactly(Services.Action.CREATE, Services.Action.UPDATE);
        world.apply(YAML);
        var row = world.durable.read(tx -> SqlServices.find(tx, "acme", "fraud").orElseThrow());
        assertThat(row.environmentName()).isEqualTo("production");
        assertThat(row.stable()).hasValue(old.id());
        assertThat(world.services.apply(World.ADA, "f.yaml", YAML, Services.Pruning.NONE))
                .extracting(Services.Change::action)
                .containsOnly(Services.Action.UNCHANGED);
        assertThat(world.durable.<String>read(tx ->
                        Services.find(tx, "acme", "fraud@production").row().name()))
                .isEqualTo("fraud");

        assertThatThrownBy(() -> world.apply(YAML.replace("name: production", "name: live")))
                .hasMessageContaining("The last environment of 'fraud' is 'production'")
                .hasMessageContaining("Nothing was changed.");
        String shorter = before + "environments: [production]\n";
        assertThat(world.services.apply(World.ADA, "f.yaml", shorter, Services.Pruning.NONE))
                .extracting(change -> change.name() + " " + change.action().label())
                .containsExactly("fraud update", "fraud@staging left");
        List<ObjectNode> shown = world.durable.read(tx -> EnvironmentViews.all(tx, "acme", "fraud"));
        assertThat(shown).extracting(node -> node.path("name").asString()).containsExactly("fraud", "fraud@staging");
        assertThat(shown).extracting(node -> node.path("declared").asBoolean()).containsExactly(true, false);
        world.apply(YAML);
        List<ObjectNode> again = world.durable.read(tx -> EnvironmentViews.all(tx, "acme", "fraud@staging"));
        assertThat(again).extracting(node -> node.path("name").asString()).containsExactly("fraud@staging", "fraud");
    }
}
