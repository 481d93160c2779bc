package dev.pilothouse.trust.backup;

import dev.pilothouse.platform.store.StoreConfig;
import java.nio.file.Path;

class SqliteBackupTest extends BackupContract {
    @Override
    StoreConfig fresh(Path data) {
        return StoreConfig.in(data);
    }
}
