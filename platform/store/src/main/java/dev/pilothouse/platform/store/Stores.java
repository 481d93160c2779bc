package dev.pilothouse.platform.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Opens stores. */
public final class Stores {
    /** The store's own tables. */
    public static final Migrations OWN = new Migrations("store");

    private Stores() {}

    /**
     * Opens the configured database, brings its tables up to date and locks an embedded one against other processes.
     *
     * @param migrations of the modules that will use it; the store adds its own
     * @throws dev.pilothouse.kernel.PilothouseException {@code CONFLICT} where another process has the folder open or the
     *     database was written by a newer program, {@code UNAVAILABLE} where it cannot be reached, read or written
     */
    public static Store open(StoreConfig config, List<Migrations> migrations) {
        return open(config, new SqlMigrator.Newest(all(migrations)));
    }

    /**
     * Opens an empty database with tables as they were at older versions, to be filled from a backup. Until {@link
     * #declareWhole} no server opens it.
     *
     * @param versions newest migration that had run, by module prefix; {@link #OWN} is the store's own
     * @throws dev.pilothouse.kernel.PilothouseException {@code CONFLICT} where the database is not empty or the versions are
     *     of a newer program, {@code UNAVAILABLE} where it cannot be reached or written
     */
    public static Store openEmpty(StoreConfig config, List<Migrations> migrations, Map<String, Integer> versions) {
        return open(config, new SqlMigrator.Empty(all(migrations), versions));
    }

    /** Says that a database opened by {@link #openEmpty} holds everything now, so that servers may open it. */
    public static void declareWhole(Store store) {
        store.writeAndWait(SqlMigrator::declareWhole);
    }

    private static Store open(StoreConfig config, SqlMigrator.Goal goal) {
        return config.isPostgres()
                ? PostgresStore.open(config, goal)
                : SqliteStore.open(config.folder(), config.readers(), goal);
    }

    /** The store's own migrations and those of the modules. */
    public static List<Migrations> all(List<Migrations> migrations) {
        var all = new ArrayList<Migrations>();
        all.add(OWN);
        all.addAll(migrations);
        return all;
    }

    /**
     * Asks the database for something, since a connection that is held tells nothing of the server behind it.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@code UNAVAILABLE} where it does not answer
     */
    public static void ask(Store store) {
        int _ = store.read(
                tx -> tx.sql().createQuery("SELECT 1").mapTo(Integer.class).one());
    }

    /** Keeps the version of the program that has the store open, so that an older one can name it when it refuses. */
    public static void remember(Store store, String program) {
        store.writeAndWait(tx -> tx.sql()
                .createUpdate("INSERT INTO store_meta (name, content) VALUES ('" + SqlMigrator.PROGRAM
                        + "', ?) ON CONFLICT (name) DO UPDATE SET content = excluded.content")
                .bind(0, program)
                .execute());
    }
}
