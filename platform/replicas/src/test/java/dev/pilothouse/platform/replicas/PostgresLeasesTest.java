package dev.pilothouse.platform.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresLeasesTest extends LeasesContract {
    private TestPostgres server;
    private Store store;

    @BeforeAll
    void startServer() {
        server = TestPostgres.start();
    }

    @AfterAll
    void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void open() {
        store = TestStore.postgres(server);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    Store store() {
        return store;
    }

    @Test
    void theDatabasesTimeIsCarriedOnWhateverTheLocalClockSays() {
        var time = new AtomicLong(5);
        try (var clock = new DatabaseClock(store, time::get)) {
            Instant start = clock.instant();
            assertThat(start)
                    .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
            time.addAndGet(TimeUnit.HOURS.toNanos(2));
            assertThat(clock.instant()).isEqualTo(start.plus(Duration.ofHours(2)));
            clock.refresh();
            assertThat(clock.instant())
                    .as("it follows the database, not what passed here")
                    .isBefore(start.plus(Duration.ofHours(1)));
            store.close();
            clock.refresh();
            Instant away = clock.instant();
            time.addAndGet(TimeUnit.SECONDS.toNanos(3));
            assertThat(clock.instant()).isEqualTo(away.plusSeconds(3));
        }
    }

    @Test
    void aReplicaThatEndsOrFallsSilentIsOverAndALivingOneIsNot() {
        var time = new AtomicLong();
        var leases = new Leases(store, time::get);
        try (var watcher = new Replica(store, leases, "watcher");
                var living = new Replica(store, new Leases(store), "living")) {
            var ended = new Replica(store, new Leases(store), "ended");
            ended.close();
            assertThat(over(watcher, ended.id())).isTrue();
            assertThat(over(watcher, living.id())).isFalse();
            assertThat(over(watcher, watcher.id())).isFalse();
            // One that was killed: its lease stands, and nobody renews it.
            leases.acquire("replica/killed", "killed", Replica.SILENT);
            assertThat(over(watcher, "killed")).isFalse();
            time.addAndGet(Replica.SILENT.toNanos());
            assertThat(over(watcher, "killed")).isTrue();
        }
    }

    private boolean over(Replica watcher, String other) {
        return store.writeAndWait(tx -> watcher.isOver(tx, other));
    }
}
