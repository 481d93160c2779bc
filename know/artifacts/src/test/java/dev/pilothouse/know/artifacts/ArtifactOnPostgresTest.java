package dev.pilothouse.know.artifacts;

import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.testkit.TestPostgres;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

class ArtifactOnPostgresTest extends ArtifactContract {
    @TempDir
    static Path folder;

    private @Nullable TestPostgres postgres;
    private String url = "";

    @Override
    ArtifactServer open() {
        if (url.isEmpty()) {
            postgres = TestPostgres.start();
            url = postgres.newDatabase();
        }
        return new ArtifactServer(folder, StoreConfig.at(url));
    }

    @Override
    @AfterAll
    void stop() {
        super.stop();
        if (postgres != null) {
            postgres.close();
        }
    }
}
