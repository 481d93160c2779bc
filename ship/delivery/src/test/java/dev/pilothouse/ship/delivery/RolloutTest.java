package dev.pilothouse.ship.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.verdicts.Look;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolloutTest {
    static final String YAML = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata: {name: fraud}
            model: {name: card-fraud}
            gates:
              - evaluation: {dataset: eval, target: fraud, min: 0.9}
            rollout:
              min-requests: 100
              max-wait: 5m
            """;

    @TempDir
    Path folder;

    private Store store;
    private World world;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder, "verdicts", "delivery");
        world = new World(store, 1);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Release first() {
        world.apply(YAML);
        world.version(0.001, 0.01, 0.05);
        Release release = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(release) == Phase.PROMOTED);
        return release;
    }

    @Test
    void theFirstReleaseTakesAllTrafficAndSaysWhy() {
        Release release = first();
        assertThat(world.serving.weights("fraud")).containsExactly(java.util.Map.entry("1", 1000));
        assertThat(world.sentence(release)).contains("nothing to be compared with");
        assertThat(world.aliases).containsEntry("card-fraud@production", 1);
        assertThat(world.kinds())
                .containsExactly(
                        "service.applied",
                        "release.started",
                        "gate.passed",
                        "rollout.loading",
                        "rollout.step",
                        "release.promoted");
    }

    @Test
    void aGoodReleaseRisesStepByStepAndIsPromoted() {
        first();
        world.version(0.001, 0.01, 0.05);
        Release release = world.release("fraud");
        world.until("fraud", 400, () -> !world.phase(release).inMotion());
        assertThat(world.phase(release)).isEqualTo(Phase.PROMOTED);
        assertThat(world.serving.weights("fraud")).containsEntry("2", 1000).containsEntry("1", 0);
        assertThat(world.ledger.stream()
                        .filter(e -> e.kind().equals("rollout.step"))
                        .map(e -> e.payload().path("percent").asString("all")))
                .containsExactly("all", "5", "10", "25", "50", "all");
        assertThat(world.notices).last().asString().startsWith("promoted:");
        world.clock.advance(Duration.ofMinutes(11));
        world.round();
        assertThat(world.serving.weights("fraud"))
                .as("the version before is let go")
                .containsOnlyKeys("2");
    }

    @Test
    void aReleaseThatTakesOtherInputsIsStoppedBeforeTrafficUnlessTheServiceAllowsIt() {
        first();
        world.breaks = List.of("it has no input 'channel'");
        world.version(0.001, 0.01, 0.05);
        Release refused = world.release("fraud");
        world.until("fraud", 400, () -> !world.phase(refused).inMotion());
        assertThat(world.phase(refused)).isEqualTo(Phase.REJECTED);
        assertThat(world.sentence(refused))
                .startsWith(
                        "Stopped before any traffic: clients of card-fraud/1 would fail with card-fraud/2, since it has"
                                + " no input 'channel'.")
                .contains("signature: may-change");
        assertThat(world.serving.weights("fraud")).containsExactly(java.util.Map.entry("1", 1000));

        world.apply(YAML + "  signature: may-change\n");
        Release allowed = world.release("fraud");
        world.until("fraud", 400, () -> !world.phase(allowed).inMotion());
        assertThat(world.phase(allowed)).isEqualTo(Phase.PROMOTED);
    }

    @Test
    void anErroringReleaseIsRolledBackWithTheReason() {
        first();
        world.version(0.06, 0.01, 0.05);
        Release release = world.release("fraud");
        world.until("fraud", 400, () -> !world.phase(release).inMotion());
        assertThat(world.phase(release)).isEqualTo(Phase.ROLLED_BACK);
        assertThat(world.sentence(release))
                .matches("Rolled back at (5|10) % after [0-9,]+ requests: [0-9.]+ % errors against [0-9.]+ %"
                        + " \\(e = [0-9.,e+]+, limit 100\\)\\.");
        assertThat(world.serving.weights("fraud")).containsExactly(java.util.Map.entry("1", 1000));
        LedgerEntry entry = world.ledger.stream()
                .filter(e -> e.kind().equals("rollout.rolled-back"))
                .findFirst()
                .orElseThrow();
        assertThat(entry.payload().path("tests")).hasSize(3);
        assertThat(entry.payload().path("sentence").stringValue()).isEqualTo(world.sentence(release));
        assertThat(world.aliases).containsEntry("card-fraud@production", 1);
    }

    @Test
    void aClockThatJumpsBackAnHourDelaysNeitherPromotionNorRollback() {
        first();
        world.version(0.001, 0.01, 0.05);
        Release good = world.release("fraud");
        world.until("fraud", 400, () -> world.phase(good) == Phase.CANARY);
        long before = world.looks(good).size();
        world.clock.advance(Duration.ofHours(-1));
        world.until("fraud", 400, () -> !world.phase(good).inMotion());
        assertThat(world.phase(good)).isEqualTo(Phase.PROMOTED);
        assertThat(world.looks(good)).as("the curve goes on").hasSizeGreaterThan((int) before + 3);
        assertThat(world.looks(good)).extracting(Look::requests).isSorted();
        world.version(0.06, 0.01, 0.05);
        Release bad = world.release("fraud");
        world.until("fraud", 400, () -> world.phase(bad) == Phase.CANARY);
        world.clock.advance(Duration.ofHours(-1));
        world.until("fraud", 400, () -> !world.phase(bad).inMotion());
        assertThat(world.phase(bad)).isEqualTo(Phase.ROLLED_BACK);
    }

    @Test
    void aModelThatDoesNotLoadIsTriedAgainThoughTheClockJumpsBack() {
        first();
        int version = world.version(0.001, 0.01, 0.05);
        world.broken.add(Integer.toString(version));
        Release release = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(release) == Phase.LOADING);
        world.round();
        world.clock.advance(Duration.ofHours(-1));
        world.broken.clear();
        world.until("fraud", 400, () -> !world.phase(release).inMotion());
        assertThat(world.phase(release)).isEqualTo(Phase.PROMOTED);
    }

    @Test
    void slownessAndLostAccuracyAreFoundToo() {
        first();
        world.version(0.001, 0.5, 0.05);
        Release slow = world.release("fraud");
        world.until("fraud", 400, () -> !world.phase(slow).inMotion());
        assertThat(world.sentence(slow)).contains("% slow answers against");
        world.version(0.001, 0.01, 0.10);
        Release wrong = world.release("fraud");
        world.until("fraud", 400, () -> !world.phase(wrong).inMotion());
        assertThat(world.sentence(wrong)).contains("% wrong answers against");
    }

    @Test
    void aShadowFindsErrorsBeforeAnyClientSeesThem() {
        world.apply(YAML.replace("min-requests: 100", "min-requests: 100\n  shadow: {requests: 2000}"));
        world.version(0.001, 0.01, 0.05);
        Release one = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(one) == Phase.PROMOTED);
        world.version(0.2, 0.01, 0.05);
        Release bad = world.release("fraud");
        world.until("fraud", 50, () -> !world.phase(bad).inMotion());
        assertThat(world.sentence(bad)).startsWith("Rolled back in shadow after");
        assertThat(world.ledger.stream().noneMatch(e -> e.payload().has("percent")))
                .isTrue();
        world.version(0.001, 0.01, 0.05);
        Release good = world.release("fraud");
        world.until("fraud", 400, () -> !world.phase(good).inMotion());
        assertThat(world.phase(good)).isEqualTo(Phase.PROMOTED);
    }

    @Test
    void silenceNeverPassesAndPausesAfterItsTime() {
        first();
        world.version(0.001, 0.01, 0.05);
        Release release = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(release) == Phase.CANARY);
        for (int i = 0; i < 40; i++) {
            world.round();
            world.clock.advance(Duration.ofSeconds(5));
        }
        assertThat(world.find(release).state().step()).isZero();
        assertThat(world.sentence(release)).isEqualTo("At 5 %: waiting for traffic; 0 of 100 requests so far.");
        world.until("fraud", 0, () -> world.find(release).state().paused());
        assertThat(world.sentence(release)).startsWith("Paused after waiting 5m.");
        assertThat(world.notices).last().asString().startsWith("paused:");
        world.releases.act(World.ADA, "fraud", "resume", Optional.empty());
        world.until("fraud", 400, () -> world.phase(release) == Phase.PROMOTED);
    }

    @Test
    void aPausedRolloutStaysButHarmStillRollsItBack() {
        first();
        world.version(0.05, 0.01, 0.05);
        Release release = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(release) == Phase.CANARY);
        world.releases.act(World.ADA, "fraud", "pause", Optional.of("lunch"));
        world.until("fraud", 400, () -> !world.phase(release).inMotion());
        assertThat(world.phase(release)).isEqualTo(Phase.ROLLED_BACK);
        assertThat(world.ledger.stream()
                        .filter(e -> e.payload().has("percent"))
                        .noneMatch(e -> e.payload().path("percent").intValue() > 5))
                .isTrue();
    }

    @Test
    void requiredLabelsThatDoNotComeKeepItFromAllTraffic() {
        world.apply(YAML.replace("5m", "30s") + "  labels: required\n");
        world.version(0.001, 0.01, 0.05);
        Release one = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(one) == Phase.PROMOTED);
        world.labels = false;
        world.version(0.001, 0.01, 0.05);
        Release two = world.release("fraud");
        world.until("fraud", 400, () -> world.find(two).state().paused());
        assertThat(world.sentence(two)).contains("waiting for evidence of no harm on wrong answers", "0 labels");
        assertThat(world.serving.weights("fraud")).containsEntry("2", 500);
    }

    @Test
    void aRedGateStopsTheReleaseBeforeAnythingIsLoaded() {
        first();
        world.version(0, 0, 0);
        world.gate = new GateOutcome.Failed("The accuracy is 0.5, below the required 0.9.", Json.object());
        Release release = world.release("fraud");
        world.until("fraud", 10, () -> !world.phase(release).inMotion());
        assertThat(world.phase(release)).isEqualTo(Phase.REJECTED);
        assertThat(world.sentence(release)).contains("is red", "below the required 0.9");
        assertThat(world.kinds()).endsWith("gate.failed", "release.rejected");
        assertThat(world.serving.weights("fraud")).containsOnlyKeys("1");
    }

    @Test
    void aModelThatDoesNotLoadNeverTakesTraffic() {
        first();
        world.version(0, 0, 0);
        world.broken.add("2");
        Release release = world.release("fraud");
        world.until("fraud", 10, () -> !world.phase(release).inMotion());
        assertThat(world.phase(release)).isEqualTo(Phase.REJECTED);
        assertThat(world.sentence(release)).contains("does not load", "truncated");
        assertThat(world.serving.weights("fraud")).containsOnlyKeys("1");
    }

    @Test
    void aPersonIsAskedAndHeard() {
        world.apply(YAML.replace("rollout:", "  - approval: {role: approver}\nrollout:"));
        world.version(0, 0, 0);
        Release release = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(release) == Phase.AWAITING_APPROVAL);
        world.round();
        assertThat(world.phase(release)).isEqualTo(Phase.AWAITING_APPROVAL);
        assertThat(world.notices).last().asString().startsWith("awaiting-approval:");
        world.person = Optional.of(
                new GateOutcome.Passed("Approved by bob.", Json.object().put("by", "bob")));
        world.until("fraud", 0, () -> world.phase(release) == Phase.PROMOTED);
        assertThat(world.kinds()).containsSubsequence("gate.passed", "gate.passed", "release.promoted");
    }

    @Test
    void theReleaseInProductionGoesBackInOneCall() {
        Release one = first();
        world.version(0.001, 0.01, 0.05);
        Release two = world.release("fraud");
        world.until("fraud", 400, () -> world.phase(two) == Phase.PROMOTED);
        world.releases.act(World.ADA, "fraud", "rollback", Optional.of("complaints"));
        world.round();
        assertThat(world.serving.weights("fraud")).containsExactly(java.util.Map.entry("1", 1000));
        assertThat(world.phase(two)).isEqualTo(Phase.ROLLED_BACK);
        assertThat(world.sentence(two)).isEqualTo("Rolled back after promotion by Ada: complaints.");
        assertThat(world.aliases).containsEntry("card-fraud@production", 1);
        assertThat(world.phase(one)).isEqualTo(Phase.PROMOTED);
        assertThatThrownBy(() -> world.releases.act(World.ADA, "fraud", "rollback", Optional.empty()))
                .hasMessageContaining("no version before");
        Release again = world.releases.act(World.ADA, "fraud", "retry", Optional.empty());
        world.until("fraud", 400, () -> world.phase(again) == Phase.PROMOTED);
        assertThat(world.serving.weights("fraud")).containsEntry("2", 1000);
    }

    @Test
    void onlyOneReleaseMovesAtATimeUnlessItIsSuperseded() {
        first();
        world.version(0.001, 0.01, 0.05);
        Release two = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(two) == Phase.CANARY);
        world.version(0.001, 0.01, 0.05);
        assertThatThrownBy(() -> world.release("fraud")).hasMessageContaining("is in motion (canary)");
        Release three = world.releases.start(World.ADA, "fraud", Optional.empty(), "", true);
        assertThat(world.phase(two)).isEqualTo(Phase.ABORTED);
        world.until("fraud", 400, () -> world.phase(three) == Phase.PROMOTED);
        assertThatThrownBy(() -> world.releases.start(World.ADA, "fraud", Optional.of("card-fraud/3"), "", false))
                .hasMessageContaining("is in production already");
    }

    @Test
    void abortSkipAndPromoteDoWhatTheySay() {
        first();
        world.version(0.001, 0.01, 0.05);
        Release two = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(two) == Phase.CANARY);
        world.releases.act(World.ADA, "fraud", "abort", Optional.empty());
        world.until("fraud", 0, () -> world.phase(two) == Phase.ABORTED);
        assertThat(world.serving.weights("fraud")).containsOnlyKeys("1");

        Release again = world.release("fraud");
        assertThatThrownBy(() -> world.releases.act(World.BOB, "fraud", "skip", Optional.of("no")))
                .hasMessageContaining("A gate never can");
        world.until("fraud", 0, () -> world.phase(again) == Phase.CANARY);
        assertThatThrownBy(() -> world.releases.act(World.ADA, "fraud", "skip", Optional.of("x")))
                .hasMessageContaining("'approver'");
        assertThatThrownBy(() -> world.releases.act(World.BOB, "fraud", "skip", Optional.empty()))
                .hasMessageContaining("needs a 'reason'");
        world.releases.act(World.BOB, "fraud", "skip", Optional.of("seen it at the other site"));
        assertThat(world.find(again).state().step()).isEqualTo(1);
        world.releases.act(World.BOB, "fraud", "promote", Optional.of("fire drill"));
        world.until("fraud", 0, () -> world.phase(again) == Phase.PROMOTED);
        assertThat(world.kinds()).contains("rollout.aborted", "release.aborted", "rollout.skipped");
        assertThatThrownBy(() -> world.releases.act(World.ADA, "fraud", "pasue", Optional.empty()))
                .hasMessageContaining("Did you mean 'pause'?");
    }

    @Test
    void aContainerIsReleasedTheSameWayEachVersionAsItsOwnProcess() {
        String yaml = YAML.replace(
                "model: {name: card-fraud}", "container: {command: [serve, \"{port}\"], model: m, env: {V: one}}");
        world.apply(yaml);
        Release one = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(one) == Phase.PROMOTED);
        world.apply(yaml.replace("one", "two"));
        Release two = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(two) == Phase.CANARY);
        assertThat(world.serving.processes).containsOnlyKeys("acme/fraud/1", "acme/fraud/2");
        world.until("fraud", 400, () -> world.phase(two) == Phase.PROMOTED);
        world.clock.advance(Duration.ofMinutes(11));
        world.round();
        assertThat(world.serving.processes).containsOnlyKeys("acme/fraud/2");
        assertThat(world.serving.weights("fraud")).containsExactly(java.util.Map.entry("2", 1000));
    }

    @Test
    void aContainerIsGivenTheFilesOfTheVersionThatIsReleased() {
        world.apply(YAML.replace(
                "model: {name: card-fraud}",
                "container: {command: [serve, \"{port}\", \"{model-dir}\"], model: m, replicas: 2,"
                        + " files: {name: card-fraud, alias: champion}}"));
        world.version(0, 0, 0);
        Release one = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(one) == Phase.PROMOTED);
        var process = Objects.requireNonNull(world.serving.processes.get("acme/fraud/1"));
        assertThat(process.files()).containsEntry("model.onnx", Digest.of("graph1"));
        assertThat(process.replicas()).isEqualTo(2);
        assertThat(one.candidate().title()).isEqualTo("fraud#1 with card-fraud/1");
        assertThat(world.aliases).containsEntry("card-fraud@champion", 1);

        world.version(0, 0, 0);
        world.version(0, 0, 0);
        Release two = world.releases.start(World.ADA, "fraud", Optional.of("card-fraud/2"), "", false);
        world.until("fraud", 0, () -> world.phase(two) == Phase.CANARY);
        var candidate = Objects.requireNonNull(world.serving.processes.get("acme/fraud/2"));
        assertThat(candidate.files()).containsEntry("model.onnx", Digest.of("graph2"));
        world.releases.act(World.ADA, "fraud", "abort", Optional.empty());
        world.until("fraud", 0, () -> world.phase(two) == Phase.ABORTED);
        Release again = world.releases.act(World.ADA, "fraud", "retry", Optional.empty());
        assertThat(again.candidate().title()).isEqualTo("fraud#3 with card-fraud/2");
        assertThat(again.candidate().files()).isEqualTo(two.candidate().files());
        assertThat(world.find(again).candidate()).isEqualTo(again.candidate());
    }

    @Test
    void whereProductionDoesNotStartAnyMoreARepairTakesAllTraffic() {
        String yaml = YAML.replace("model: {name: card-fraud}", "container: {command: [serve, \"{port}\"], model: m}");
        world.apply(yaml);
        Release one = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(one) == Phase.PROMOTED);
        world.broken.add("acme/fraud/1");
        world.restart();
        world.round();
        assertThat(world.serving.expected).contains("acme/fraud");
        Release bad = world.release("fraud");
        world.broken.add("acme/fraud/2");
        world.until("fraud", 0, () -> world.phase(bad) == Phase.REJECTED);
        assertThat(world.sentence(bad)).contains("acme/fraud/2").contains("did not start");

        Release repair = world.release("fraud");
        world.until("fraud", 0, () -> world.phase(repair) == Phase.PROMOTED);
        assertThat(world.sentence(repair)).contains("nothing to compare with");
        assertThat(world.serving.weights("fraud")).containsExactly(java.util.Map.entry("3", 1000));
    }

    @Test
    void afterARestartTheEndpointRunsWhatTheStateSays() {
        first();
        world.version(0.001, 0.01, 0.05);
        Release two = world.release("fraud");
        world.until("fraud", 400, () -> world.find(two).state().step() == 2);
        world.round();
        var before = world.serving.endpoints;
        world.restart();
        world.round();
        assertThat(world.serving.endpoints).isEqualTo(before);
    }
}
