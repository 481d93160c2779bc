package dev.pilothouse.trust.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.testkit.TestPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From SQLite to PostgreSQL and back; the ledger goes on in each, and verifies. */
class AcrossDatabasesTest {
    private static final int EACH = 300;

    @TempDir
    private Path folder;

    @Test
    void theStateMovesToTheOtherDatabaseAndBack() throws IOException {
        try (var postgres = TestPostgres.start()) {
            StoreConfig there = StoreConfig.at(postgres.newDatabase());
            Path first = write(StoreConfig.in(folder.resolve("one")), "one", 0);
            restore(first, there, "two");
            Path second = write(there, "two", 1);
            StoreConfig back = StoreConfig.in(folder.resolve("three"));
            restore(second, back, "three");
            write(back, "three", 2);
        }
    }

    /** Adds entries to what is there, checks all, and backs it up while some may still wait for their numbers. */
    private Path write(StoreConfig store, String name, int round) throws IOException {
        Path file = folder.resolve(name + ".tar");
        try (var installation = new Installation(folder.resolve(name), store)) {
            for (int i = round * EACH; i < (round + 1) * EACH; i++) {
                installation.write(i);
            }
            var admin = new Caller("default", "p1", "ada", Caller.Kind.PERSON, Set.of(Role.ADMIN));
            try (InputStream in = installation.backups.make(admin, Optional.empty())) {
                Files.copy(in, file);
            }
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(installation.subjects())
                            .containsAll(IntStream.range(0, (round + 1) * EACH)
                                    .mapToObj(i -> "thing/" + i)
                                    .toList()));
            assertThat(installation.verify(folder.resolve(name + "-ledger.tar")))
                    .isEqualTo("verified");
        }
        return file;
    }

    private void restore(Path file, StoreConfig store, String name) throws IOException {
        new Restore(file, _ -> {})
                .into(
                        Restore.Target.in(folder.resolve(name), store, Installation.MODULES),
                        new Restore.Keys(Optional.empty(), Optional.of(folder.resolve("one/keys"))));
    }
}
