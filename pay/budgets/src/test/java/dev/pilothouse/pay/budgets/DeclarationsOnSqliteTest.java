package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;

final class DeclarationsOnSqliteTest extends DeclarationsContract {
    @Override
    Store connect(String... prefixes) {
        return TestStore.sqlite(folder.resolve("store"), prefixes);
    }
}
