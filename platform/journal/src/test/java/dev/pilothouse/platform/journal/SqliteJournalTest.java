package dev.pilothouse.platform.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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

    @Test
    void anErasedBodyIsGoneFromTheDatabaseFile() throws Exception {
        String secret = "the patient's name is Ada Lovelace";
        try (var journal = new Journal(store)) {
            JournalRecord plain = entry("a", "t", "run/1");
            var record = new JournalRecord(
                    "a", "t", "k", "s", 1, plain.leaf(), plain.leafHash(), secret.getBytes(StandardCharsets.UTF_8));
            store.writeAndWait(tx -> {
                journal.append(tx, record);
                return 1;
            });
            store.<Boolean>writeAndWait(tx -> journal.eraseBody(tx, "t", "a"));
        }
        store.close();
        assertThat(new String(Files.readAllBytes(folder.resolve("state.db")), StandardCharsets.ISO_8859_1))
                .doesNotContain(secret);
        open();
    }
}
