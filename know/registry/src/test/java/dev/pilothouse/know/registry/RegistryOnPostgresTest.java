package dev.pilothouse.know.registry;

import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.testkit.TestPostgres;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

class RegistryOnPostgresTest extends RegistryContract {
    @TempDir
    static Path folder;

    private @Nullable TestPostgres postgres;

    @Override
    RegistryServer open() {
        postgres = TestPostgres.start();
        return new RegistryServer(folder, StoreConfig.at(postgres.newDatabase()));
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
