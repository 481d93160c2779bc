package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.transparency.Checkpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import org.awaitility.Awaitility;

/** A ledger on a real store in a folder; opening a second one on the same folder is a restart. */
final class LedgerFixture implements AutoCloseable {
    static final Caller ANN = new Caller("acme", "p-ann", "Ann", Caller.Kind.PERSON, Set.of(Role.ADMIN));
    static final Caller BOB = new Caller("bolt", "p-bob", "Bob", Caller.Kind.PERSON, Set.of(Role.ADMIN));

    final Store store;
    final Journal journal;
    final Ledger ledger;

    LedgerFixture(Path folder) {
        this.store = TestStore.sqlite(folder.resolve("store"), Journal.MIGRATIONS, Ledger.MIGRATIONS);
        this.journal = new Journal(store);
        this.ledger = Ledger.open(
                store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), InstantSource.system());
    }

    static LedgerEntry entry(Caller by, String subject, String note) {
        return new LedgerEntry(by, "thing.changed", subject, Json.object().put("note", note));
    }

    String append(Caller by, String subject, String note) {
        return store.writeAndWait(tx -> ledger.append(tx, entry(by, subject, note)));
    }

    void fill(int entries) {
        store.writeAndWait(tx -> {
            for (int i = 0; i < entries; i++) {
                ledger.append(tx, entry(i % 3 == 2 ? BOB : ANN, "thing/" + i % 10, "change " + i));
            }
            return entries;
        });
        awaitSize(entries);
    }

    void awaitSize(long size) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> head().size() >= size);
    }

    Checkpoint head() {
        return Checkpoint.ofNote(ledger.head());
    }

    @Override
    public void close() {
        ledger.close();
        journal.close();
        store.close();
    }
}
