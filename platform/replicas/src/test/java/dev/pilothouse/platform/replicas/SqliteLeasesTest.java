package dev.pilothouse.platform.replicas;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteLeasesTest extends LeasesContract {
    @TempDir
    Path folder;

    private Store store;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    Store store() {
        return store;
    }
}
