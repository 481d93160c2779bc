package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class BudgetsOnSqliteTest extends BudgetsContract {
    @TempDir
    Path folder;

    @Override
    Store connect() {
        return TestStore.sqlite(folder, Budgets.MIGRATIONS);
    }

    @Override
    int servers() {
        return 1;
    }
}
