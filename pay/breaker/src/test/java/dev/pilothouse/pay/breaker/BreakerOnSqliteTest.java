package dev.pilothouse.pay.breaker;

import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ForwardingStore;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

final class BreakerOnSqliteTest extends BreakerContract {
    @TempDir
    Path database;

    private @Nullable Store store;

    /** An embedded store has one process: all servers of a test share its connection, which ends with the test. */
    @Override
    Store connect() {
        if (store == null) {
            store = TestStore.sqlite(database, Breaker.MIGRATIONS, Ledger.MIGRATIONS, Journal.MIGRATIONS);
        }
        return new ForwardingStore(store) {
            @Override
            public <T> CompletableFuture<T> write(Unit<T> unit) {
                return store.write(unit);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    void disconnect() {
        if (store != null) {
            store.close();
        }
    }
}
