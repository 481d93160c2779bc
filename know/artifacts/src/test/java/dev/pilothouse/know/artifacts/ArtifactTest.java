package dev.pilothouse.know.artifacts;

import dev.pilothouse.platform.store.StoreConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class ArtifactTest extends ArtifactContract {
    @TempDir
    static Path folder;

    @Override
    ArtifactServer open() {
        return new ArtifactServer(folder, StoreConfig.in(folder));
    }
}
