package dev.pilothouse.pay.breaker;

import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.trust.ledger.Ledger;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;

final class BreakerOnPostgresTest extends BreakerContract {
    private static final TestPostgres SERVER = TestPostgres.start();

    private String database = "";

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    @BeforeEach
    void empty() {
        database = SERVER.newDatabase();
    }

    @Override
    Store connect() {
        return Stores.open(
                StoreConfig.at(database), List.of(Breaker.MIGRATIONS, Ledger.MIGRATIONS, Journal.MIGRATIONS));
    }
}
