package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class DeclarationsOnPostgresTest extends DeclarationsContract {
    private static TestPostgres server;

    @BeforeAll
    static void start() {
        server = TestPostgres.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    Store connect(String... prefixes) {
        return TestStore.postgres(server, prefixes);
    }
}
