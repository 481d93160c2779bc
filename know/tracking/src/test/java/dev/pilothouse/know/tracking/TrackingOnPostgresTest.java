package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.testkit.TestPostgres;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

class TrackingOnPostgresTest extends TrackingContract {
    @TempDir
    static Path folder;

    private @Nullable TestPostgres postgres;
    private String url = "";

    @Override
    TrackingServer open() {
        if (url.isEmpty()) {
            postgres = TestPostgres.start();
            url = postgres.newDatabase();
        }
        return new TrackingServer(folder, StoreConfig.at(url));
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
