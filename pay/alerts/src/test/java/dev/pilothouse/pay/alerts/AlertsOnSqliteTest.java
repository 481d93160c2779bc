package dev.pilothouse.pay.alerts;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;

final class AlertsOnSqliteTest extends AlertsContract {
    @Override
    Store connect(String... prefixes) {
        return TestStore.sqlite(folder.resolve("store"), prefixes);
    }
}
