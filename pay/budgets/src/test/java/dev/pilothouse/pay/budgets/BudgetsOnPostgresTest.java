package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.testkit.TestPostgres;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

final class BudgetsOnPostgresTest extends BudgetsContract {
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
        return Stores.open(StoreConfig.at(database), List.of(Budgets.MIGRATIONS));
    }

    @Override
    int servers() {
        return 3;
    }
}
