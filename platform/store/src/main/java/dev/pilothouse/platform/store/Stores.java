package dev.pilothouse.platform.store;

import java.util.ArrayList;
import java.util.List;

/** Opens stores. */
public final class Stores {
    private Stores() {}

    /**
     * Opens the configured database, brings its tables up to date and locks an embedded one against other processes.
     *
     * @param migrations of the modules that will use it; the store adds its own
     * @throws dev.pilothouse.kernel.PilothouseException {@code CONFLICT} where another process has the folder open or the
     *     database was written by a newer program, {@code UNAVAILABLE} where it cannot be reached, read or written
     */
    public static Store open(StoreConfig config, List<Migrations> migrations) {
        var all = new ArrayList<Migrations>();
        all.add(new Migrations("store"));
        all.addAll(migrations);
        return config.isPostgres()
                ? PostgresStore.open(config, all)
                : SqliteStore.open(config.folder(), config.readers(), all);
    }
}
