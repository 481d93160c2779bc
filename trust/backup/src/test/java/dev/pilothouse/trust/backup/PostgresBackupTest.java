package dev.pilothouse.trust.backup;

import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.testkit.TestPostgres;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresBackupTest extends BackupContract {
    private static TestPostgres server;

    @BeforeAll
    static void start() {
        server = TestPostgres.start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Override
    StoreConfig fresh(Path data) {
        return StoreConfig.at(server.newDatabase());
    }
}
