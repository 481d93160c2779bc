package dev.pilothouse.pay.overrides;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;

final class OverridesOnSqliteTest extends OverridesContract {
    @Override
    Store connect(String... prefixes) {
        return TestStore.sqlite(folder.resolve("store"), prefixes);
    }
}
