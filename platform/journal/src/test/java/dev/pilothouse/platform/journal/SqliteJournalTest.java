package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteJournalTest extends JournalContract {
    @TempDir
    Path folder;

    private Store store;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder, "journal", "probe");
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
