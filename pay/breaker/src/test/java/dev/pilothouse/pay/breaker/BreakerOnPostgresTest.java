package dev.pilothouse.pay.breaker;

import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.trust.ledger.Ledger;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

final class BreakerOnPostgresTest extends BreakerContract {
    private static TestPostgres server;

    private String database = "";

    @BeforeAll
    static void start() {
        server = TestPostgres.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void empty() {
        database = server.newDatabase();
    }

    @Override
    Store connect() {
        return Stores.open(
                StoreConfig.at(database), List.of(Breaker.MIGRATIONS, Ledger.MIGRATIONS, Journal.MIGRATIONS));
    }
}
