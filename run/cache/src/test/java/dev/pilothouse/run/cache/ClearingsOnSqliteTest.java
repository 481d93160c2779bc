package dev.pilothouse.run.cache;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;

final class ClearingsOnSqliteTest extends ClearingsContract {
    @Override
    Store connect(String... prefixes) {
        return TestStore.sqlite(folder.resolve("store"), prefixes);
    }
}
