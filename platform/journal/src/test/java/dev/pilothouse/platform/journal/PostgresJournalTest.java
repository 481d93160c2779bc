package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresJournalTest extends JournalContract {
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
        store = TestStore.postgres(server, "journal", "probe");
    }

    @AfterEach
    void close() {
        stop();
        store.close();
    }

    @Override
    Store store() {
        return store;
    }
}
