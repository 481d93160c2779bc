package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.StoreConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class TrackingTest extends TrackingContract {
    @TempDir
    static Path folder;

    @Override
    TrackingServer open() {
        return new TrackingServer(folder, StoreConfig.in(folder));
    }
}
