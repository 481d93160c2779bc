package dev.pilothouse.testkit;

import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import java.nio.file.Path;
import java.util.List;

/** Real stores for tests. */
public final class TestStore {
    private TestStore() {}

    /** SQLite in a folder, with no module's tables. */
    public static Store sqlite(Path folder) {
        return Stores.open(StoreConfig.in(folder), List.of());
    }

    /** SQLite in a folder, such as JUnit's {@code @TempDir}, with the tables of some modules; the caller closes it. */
    public static Store sqlite(Path folder, Migrations... modules) {
        return Stores.open(StoreConfig.in(folder), List.of(modules));
    }

    /** SQLite in a folder with the tables of the modules with these prefixes. */
    public static Store sqlite(Path folder, String... prefixes) {
        return Stores.open(StoreConfig.in(folder), modules(prefixes));
    }

    /** A new database of a PostgreSQL with the tables of the modules with these prefixes; the caller closes it. */
    public static Store postgres(TestPostgres server, String... prefixes) {
        return Stores.open(StoreConfig.at(server.newDatabase()), modules(prefixes));
    }

    private static List<Migrations> modules(String... prefixes) {
        return List.of(prefixes).stream().map(Migrations::new).toList();
    }
}
