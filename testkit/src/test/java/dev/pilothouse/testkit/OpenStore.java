package dev.pilothouse.testkit;

import java.nio.file.Path;

/** The second process of {@link EmbeddedStoreTest}: opens a store and ends. */
final class OpenStore {
    private OpenStore() {}

    public static void main(String[] args) {
        TestStore.sqlite(Path.of(args[0]), StoreContract.PREFIX).close();
    }
}
