package dev.pilothouse.platform.edge;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteRepliesTest extends RepliesContract {
    @TempDir
    Path folder;

    private Store store;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder, IdempotentReplies.MIGRATIONS);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    Store store() {
        return store;
    }

    @Override
    void afterDeathOf(String process, IdempotentReplies seenBy) {
        // An embedded store has one process: when there is a next one, those before are over.
    }
}
