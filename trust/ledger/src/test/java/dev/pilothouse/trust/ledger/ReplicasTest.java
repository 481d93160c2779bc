package dev.pilothouse.trust.ledger;

import static dev.pilothouse.trust.ledger.LedgerFixture.ANN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.OfflineVerifier;
import dev.pilothouse.trust.transparency.SignedNote;
import dev.pilothouse.trust.transparency.Verification;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicasTest {
    @TempDir
    Path folder;

    @Test
    void twoReplicasOnOnePostgresqlMakeOneLedgerAndEitherCanStop() throws Exception {
        try (TestPostgres server = TestPostgres.start();
                Store store = TestStore.postgres(server, "journal", "ledger");
                Journal journal = new Journal(store)) {
            Ledger first = open(store, journal);
            Ledger second = open(store, journal);
            for (int i = 0; i < 200; i++) {
                append(store, i % 2 == 0 ? first : second, i);
            }
            awaitSize(second, 200);
            first.close();
            append(store, second, 200);
            awaitSize(second, 201);
            String erased = append(store, second, 201);
            awaitSize(second, 202);
            second.erase(ANN, erased, "test");
            awaitSize(second, 203);
            assertThat(second.proof("acme", erased).holds(first.key())).isTrue();
            assertThat(second.history("acme", "thing/7", 10)).hasSize(1);
            assertThat(second.entries("acme", EntryFilter.newest(1000)).entries())
                    .hasSize(203);
            Path tar = folder.resolve("ledger.tar");
            try (InputStream in = second.export("acme", true)) {
                Files.copy(in, tar);
            }
            assertThat(OfflineVerifier.copy(tar, OfflineVerifier.Known.nothing(), _ -> {}))
                    .isInstanceOf(Verification.Verified.class);
            second.close();
        }
    }

    private Ledger open(Store store, Journal journal) {
        return Ledger.open(
                store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), InstantSource.system());
    }

    private static String append(Store store, Ledger ledger, int i) {
        return store.writeAndWait(tx -> ledger.append(tx, LedgerFixture.entry(ANN, "thing/" + i, "change " + i)));
    }

    private static void awaitSize(Ledger ledger, long size) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() ->
                        Checkpoint.parse(SignedNote.parse(ledger.head()).text()).size() == size);
    }
}
