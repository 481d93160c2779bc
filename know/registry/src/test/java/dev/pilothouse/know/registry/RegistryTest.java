package dev.pilothouse.know.registry;

import dev.pilothouse.platform.store.StoreConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RegistryTest extends RegistryContract {
    @TempDir
    static Path folder;

    @Override
    RegistryServer open() {
        return new RegistryServer(folder, StoreConfig.in(folder));
    }
}
