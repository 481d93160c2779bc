package dev.pilothouse.run.cache;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import org.junit.jupiter.api.AfterAll;

final class ClearingsOnPostgresTest extends ClearingsContract {
    private static final TestPostgres SERVER = TestPostgres.start();

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    @Override
    Store connect(String... prefixes) {
        return TestStore.postgres(SERVER, prefixes);
    }
}
