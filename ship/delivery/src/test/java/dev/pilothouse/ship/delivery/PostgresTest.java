package dev.pilothouse.ship.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PostgresTest {
    @Test
    void aReleaseIsPromotedOneIsRolledBackAndOneIsTakenBackOnPostgresToo() {
        try (var server = TestPostgres.start();
                Store store = TestStore.postgres(server, "verdicts", "delivery")) {
            var world = new World(store, 4);
            world.apply(RolloutTest.YAML);
            world.version(0.001, 0.01, 0.05);
            Release one = world.release("fraud");
            world.until("fraud", 0, () -> world.phase(one) == Phase.PROMOTED);
            world.killChance = 0.02;
            world.version(0.001, 0.01, 0.05);
            Release two = world.release("fraud");
            world.until("fraud", 600, () -> !world.phase(two).inMotion());
            assertThat(world.phase(two)).isEqualTo(Phase.PROMOTED);
            world.version(0.1, 0.01, 0.05);
            Release three = world.release("fraud");
            world.until("fraud", 600, () -> !world.phase(three).inMotion());
            world.killChance = 0;
            assertThat(world.phase(three)).isEqualTo(Phase.ROLLED_BACK);
            assertThat(world.stored()).isLessThanOrEqualTo(world.generated);
            world.releases.act(World.ADA, "fraud", "rollback", Optional.of("complaints"));
            world.round();
            assertThat(world.serving.weights("fraud")).containsEntry("1", 1000);
        }
    }
}
