package dev.pilothouse.ship.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillTest {
    @TempDir
    Path folder;

    @Test
    void aReleaseEndsRightWhereverTheProcessDies() {
        int deaths = 0;
        for (long seed = 1; seed <= 24; seed++) {
            try (Store store = TestStore.sqlite(folder.resolve("s" + seed), "verdicts", "delivery")) {
                var world = new World(store, seed);
                world.apply(RolloutTest.YAML);
                world.version(0.001, 0.01, 0.05);
                Release first = world.release("fraud");
                world.killChance = 0.03;
                world.until("fraud", 0, () -> world.phase(first) == Phase.PROMOTED);
                boolean good = seed % 2 == 0;
                world.version(good ? 0.001 : 0.08, 0.01, 0.05);
                Release second = world.release("fraud");
                var alive = world.reconciler;
                world.until("fraud", 600, () -> !world.phase(second).inMotion());
                deaths += alive == world.reconciler ? 0 : 1;
                world.killChance = 0;
                world.round();
                String of = "seed " + seed + ": " + world.sentence(second);
                assertThat(world.phase(second)).as(of).isEqualTo(good ? Phase.PROMOTED : Phase.ROLLED_BACK);
                assertThat(world.serving.weights("fraud")).as(of).containsEntry(good ? "2" : "1", 1000);
                assertThat(world.aliases).as(of).containsEntry("card-fraud@production", good ? 2 : 1);
                assertThat(world.stored()).as(of).isLessThanOrEqualTo(world.generated);
                // Each change of state is on the ledger once, in order.
                var kinds = world.kinds();
                assertThat(kinds.stream().filter("release.promoted"::equals))
                        .as(of)
                        .hasSize(good ? 2 : 1);
                assertThat(kinds.stream().filter("gate.passed"::equals)).as(of).hasSize(2);
                assertThat(kinds.stream().filter("rollout.rolled-back"::equals))
                        .as(of)
                        .hasSize(good ? 0 : 1);
                var percents = world.ledger.stream()
                        .filter(e -> e.payload().has("percent"))
                        .map(e -> e.payload().path("percent").intValue())
                        .toList();
                assertThat(percents).as(of).isSorted().doesNotHaveDuplicates();
            }
        }
        System.out.println("kills: releases that lived through at least one death: " + deaths + " of 24");
        assertThat(deaths).isGreaterThan(12);
    }
}
