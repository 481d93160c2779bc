package dev.pilothouse.trust.ledger;

import static dev.pilothouse.trust.ledger.LedgerFixture.ANN;
import static dev.pilothouse.trust.ledger.LedgerFixture.BOB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.EntryProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
    @TempDir
    Path folder;

    @Test
    void anAppendedEntryIsReadBackWithItsFactsAndSoonProved() {
        try (var house = new LedgerFixture(folder)) {
            String id = house.append(ANN, "service/fraud", "first");
            RecordedEntry entry = house.ledger.entry("acme", id).orElseThrow();
            assertThat(entry.actorName()).contains("Ann");
            assertThat(entry.payload().orElseThrow().path("note").asString()).isEqualTo("first");
            house.awaitSize(1);
            EntryProof proof = house.ledger.proof("acme", id);
            assertThat(proof.holds(house.ledger.key())).isTrue();
            assertThat(new String(proof.leaf(), StandardCharsets.UTF_8))
                    .contains("service/fraud")
                    .doesNotContain("Ann");
            assertThat(house.ledger.history("acme", "service/fraud", 10)).hasSize(1);
        }
    }

    @Test
    void anEntryExistsOnlyIfItsTransactionCommitted() {
        try (var house = new LedgerFixture(folder)) {
            assertThatThrownBy(() -> house.store.writeAndWait(tx -> {
                        house.ledger.append(tx, LedgerFixture.entry(ANN, "thing/1", "never"));
                        throw new IllegalStateException("rolled back");
                    }))
                    .hasMessageContaining("rolled back");
            house.append(ANN, "thing/1", "kept");
            house.awaitSize(1);
            assertThat(house.ledger.entries("acme", EntryFilter.newest(10)).entries())
                    .hasSize(1);
            assertThat(house.head().size()).isEqualTo(1);
        }
    }

    @Test
    void aSealedEntryCannotBeAppendedTwice() {
        try (var house = new LedgerFixture(folder)) {
            SealedEntry sealed = house.ledger.seal(LedgerFixture.entry(ANN, "thing/1", "once"));
            house.store.writeAndWait(tx -> house.ledger.append(tx, sealed));
            assertThatThrownBy(() -> house.store.writeAndWait(tx -> house.ledger.append(tx, sealed)));
            house.awaitSize(1);
        }
    }

    @Test
    void factsWithFractionsAreRefusedBecauseTheyHaveNoCanonicalForm() {
        try (var house = new LedgerFixture(folder)) {
            var entry = new LedgerEntry(ANN, "x.done", "x/1", Json.object().put("score", 0.5));
            assertThatThrownBy(() -> house.ledger.seal(entry))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(LedgerError.ENTRY_INVALID));
        }
    }

    @Test
    void aTenantNeitherReadsNorErasesWhatIsAnothers() {
        try (var house = new LedgerFixture(folder)) {
            String id = house.append(ANN, "thing/1", "secret");
            house.awaitSize(1);
            assertThat(house.ledger.entry("bolt", id)).isEmpty();
            assertThat(house.ledger.entries("bolt", EntryFilter.newest(10)).entries())
                    .isEmpty();
            for (Runnable attempt : List.<Runnable>of(
                    () -> house.ledger.proof("bolt", id), () -> house.ledger.erase(BOB, id, "mine now"))) {
                assertThatThrownBy(attempt::run)
                        .isInstanceOfSatisfying(
                                PilothouseException.class,
                                e -> assertThat(e.code()).isEqualTo(CommonError.NOT_FOUND));
            }
        }
    }

    @Test
    void pagesOfEntriesMeetWithoutGapOrOverlap() {
        try (var house = new LedgerFixture(folder)) {
            house.fill(1300);
            var numbers = new java.util.ArrayList<Long>();
            long before = Long.MAX_VALUE;
            while (before > 0) {
                EntryPage page = house.ledger.entries(
                        "bolt", new EntryFilter(Optional.of("thing."), Optional.empty(), before, 100));
                page.entries().forEach(entry -> numbers.add(entry.number().orElseThrow()));
                before = page.next().orElse(0);
            }
            assertThat(numbers)
                    .hasSize(433)
                    .isSortedAccordingTo(java.util.Comparator.reverseOrder())
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void afterARestartTheTreeGrowsOnAndOldProofsOfTheSameEntriesStillHold() {
        String id;
        Checkpoint before;
        try (var house = new LedgerFixture(folder)) {
            house.fill(300);
            id = house.append(ANN, "thing/x", "last");
            house.awaitSize(301);
            before = house.head();
        }
        try (var house = new LedgerFixture(folder)) {
            assertThat(house.head()).isEqualTo(before);
            house.append(ANN, "thing/y", "after the restart");
            house.awaitSize(302);
            assertThat(house.ledger.proof("acme", id).holds(house.ledger.key())).isTrue();
        }
    }

    @Test
    void aLedgerWhoseTileIsMissingIsNotOpenedAndSaysWhatToDo() {
        try (var house = new LedgerFixture(folder)) {
            house.fill(300);
        }
        try (Store store = TestStore.sqlite(folder.resolve("store"), Journal.MIGRATIONS, Ledger.MIGRATIONS)) {
            store.writeAndWait(tx -> tx.sql().execute("DELETE FROM ledger_tile WHERE level = 0 AND idx = 1"));
        }
        assertThatThrownBy(() -> new LedgerFixture(folder)).isInstanceOfSatisfying(PilothouseException.class, e -> {
            assertThat(e.code()).isEqualTo(LedgerError.LEDGER_BROKEN);
            assertThat(e.detail()).contains("Tile 0/1").contains("backup");
        });
    }

    @Test
    void erasureRemovesThePayloadAndLeavesEveryHashTrue() {
        try (var house = new LedgerFixture(folder)) {
            house.fill(5);
            String id = house.append(ANN, "person/7", "born in Bern");
            house.awaitSize(6);
            byte[] leaf = house.ledger.proof("acme", id).leaf();
            house.ledger.erase(ANN, id, "asked by the person");
            house.ledger.erase(ANN, id, "asked again");
            RecordedEntry erased = house.ledger.entry("acme", id).orElseThrow();
            assertThat(erased.payload()).isEmpty();
            assertThat(erased.actorName()).isEmpty();
            house.awaitSize(7);
            assertThat(house.ledger.proof("acme", id).leaf()).isEqualTo(leaf);
            assertThat(house.ledger.proof("acme", id).holds(house.ledger.key())).isTrue();
            String erasure = house.ledger
                    .history("acme", "ledger-entry/" + id, 5)
                    .getFirst()
                    .id();
            assertThatThrownBy(() -> house.ledger.erase(ANN, erasure, "hide it"))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(LedgerError.NOT_ERASABLE));
        }
    }

    @Test
    void keysOfAnotherInstallationAreRefusedAtTheStart() throws Exception {
        try (var house = new LedgerFixture(folder)) {
            house.fill(3);
        }
        Path keys = folder.resolve("keys");
        Files.move(keys.resolve("ledger.key"), folder.resolve("ledger.key.saved"));
        assertThatThrownBy(() -> new LedgerFixture(folder))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.detail()).contains("ledger.key"));
    }

    @Test
    void appendsOfManyThreadsAreAllNumberedOnce() {
        try (var house = new LedgerFixture(folder)) {
            var writes = new java.util.ArrayList<java.util.concurrent.CompletableFuture<String>>();
            for (int i = 0; i < 3000; i++) {
                SealedEntry sealed = house.ledger.seal(LedgerFixture.entry(ANN, "thing/" + i, "n"));
                writes.add(house.store.write(tx -> house.ledger.append(tx, sealed)));
            }
            writes.forEach(java.util.concurrent.CompletableFuture::join);
            house.awaitSize(3000);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(house.head().size()).isEqualTo(3000));
        }
    }
}
