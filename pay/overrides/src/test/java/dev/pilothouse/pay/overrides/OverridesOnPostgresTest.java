package dev.pilothouse.pay.overrides;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import org.junit.jupiter.api.AfterAll;

final class OverridesOnPostgresTest extends OverridesContract {
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
