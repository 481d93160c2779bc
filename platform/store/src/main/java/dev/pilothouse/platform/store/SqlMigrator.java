package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.CommonError;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * Brings tables up to date. The digest of each module's files is kept in {@code store_meta}; Flyway, which takes most of
 * a second to start, runs only for modules whose digest differs.
 */
final class SqlMigrator {
    private static final String META =
            "CREATE TABLE IF NOT EXISTS store_meta (name TEXT NOT NULL PRIMARY KEY, content TEXT NOT NULL)";
    /** The row of {@code store_meta} that is there while a backup is being restored. */
    private static final String UNFINISHED = "restore";
    /** Name in {@code store_meta} of the version of the program that opened the store last. */
    static final String PROGRAM = "program";

    private static final long ADVISORY_LOCK = 0x70_69_6c_6f_74L;

    private final DataSource source;
    private final Dialect dialect;
    private final String where;

    private SqlMigrator(DataSource source, Dialect dialect, String where) {
        this.source = source;
        this.dialect = dialect;
        this.where = where;
    }

    static SqlMigrator sqlite(Path file) {
        return new SqlMigrator(new SqliteSource(file), Dialect.SQLITE, SqlFailures.name(file));
    }

    static SqlMigrator postgres(DataSource source, String where) {
        return new SqlMigrator(source, Dialect.POSTGRESQL, where);
    }

    /** What the tables are to be like. */
    sealed interface Goal {}

    /** As this program needs them. */
    record Newest(List<Migrations> modules) implements Goal {}

    /** In a database that has none yet, as they were when a backup was made; marked until the backup's rows are in. */
    record Empty(List<Migrations> modules, Map<String, Integer> versions) implements Goal {}

    void reach(Goal goal) throws SQLException {
        switch (goal) {
            case Newest(var modules) -> migrate(modules);
            case Empty(var modules, var versions) -> prepare(modules, versions);
        }
    }

    private void prepare(List<Migrations> modules, Map<String, Integer> versions) throws SQLException {
        for (var version : versions.entrySet()) {
            int known = modules.stream()
                    .filter(module -> module.prefix().equals(version.getKey()))
                    .mapToInt(Migrations::newest)
                    .findFirst()
                    .orElse(0);
            if (version.getValue() > known) {
                throw CommonError.CONFLICT.because("The " + version.getKey() + " tables of the backup are at version "
                        + version.getValue() + ", and this program knows them up to version " + known
                        + ": a newer program made the backup. Restore it with that one.");
            }
        }
        try (Connection connection = source.getConnection()) {
            requireEmpty(connection);
            SqliteConnection.execute(connection, META);
            remember(connection, UNFINISHED, "a backup is being restored");
        }
        for (Migrations module : modules) {
            Integer version = versions.get(module.prefix());
            if (version != null && version > 0) {
                run(module, Integer.toString(version), null);
            }
        }
    }

    private void requireEmpty(Connection connection) throws SQLException {
        String tables = dialect == Dialect.SQLITE
                ? "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
                : "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(tables)) {
            if (row.next() && row.getInt(1) > 0) {
                throw CommonError.CONFLICT.because("The database " + where + " is not empty: it has " + row.getInt(1)
                        + " tables. A backup is restored into an empty database only; name a new one.");
            }
        }
    }

    static Boolean declareWhole(Tx tx) {
        return tx.sql()
                        .createUpdate("DELETE FROM store_meta WHERE name = :name")
                        .bind("name", UNFINISHED)
                        .execute()
                > 0;
    }

    private void migrate(List<Migrations> modules) throws SQLException {
        var digests = new LinkedHashMap<Migrations, String>();
        for (Migrations module : modules) {
            digests.put(module, MigrationFiles.digest(module));
        }
        try (Connection connection = source.getConnection()) {
            if (dialect == Dialect.POSTGRESQL) {
                // Replicas that start together take turns; the lock ends with the connection's unlock or its death.
                SqliteConnection.execute(connection, "SELECT pg_advisory_lock(" + ADVISORY_LOCK + ")");
            }
            try {
                migrateChanged(connection, digests);
            } finally {
                if (dialect == Dialect.POSTGRESQL) {
                    SqliteConnection.execute(connection, "SELECT pg_advisory_unlock(" + ADVISORY_LOCK + ")");
                }
            }
        }
    }

    private void migrateChanged(Connection connection, Map<Migrations, String> digests) throws SQLException {
        SqliteConnection.execute(connection, META);
        if (stored(connection, UNFINISHED) != null) {
            throw CommonError.CONFLICT.because("The database " + where + " holds a part of a backup: restoring it was"
                    + " interrupted. Empty the database, then restore the backup again.");
        }
        for (var entry : digests.entrySet()) {
            String name = "migrations/" + entry.getKey().prefix();
            if (!entry.getValue().equals(stored(connection, name))) {
                run(entry.getKey(), "latest", stored(connection, PROGRAM));
                remember(connection, name, entry.getValue());
            }
        }
    }

    private void run(Migrations module, String target, @Nullable String program) {
        Flyway flyway = Flyway.configure(SqlMigrator.class.getClassLoader())
                .dataSource(source)
                .locations(module.location())
                .table(module.historyTable())
                .placeholders(dialect.placeholders())
                // Each module has a history of its own in one schema, which is therefore never empty.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .target(target)
                .failOnMissingLocations(true)
                .cleanDisabled(true)
                .loggers("slf4j")
                .load();
        try {
            for (var migration : flyway.info().all()) {
                if (migration.getState().isApplied()
                        && !migration.getState().isResolved()
                        && migration.getVersion() != null
                        && !"0".equals(migration.getVersion().getVersion())) {
                    throw CommonError.CONFLICT.because("The database " + where + " was written by a newer program"
                            + (program == null ? "" : ", Pilothouse " + program) + ": its "
                            + module.prefix() + " tables are at version " + migration.getVersion()
                            + ", which this program does not know. Nothing was changed. Start the newer program, or "
                            + "restore a backup made before the upgrade.");
                }
            }
            flyway.migrate();
        } catch (FlywayException e) {
            var said = SqlFailures.words(SqlFailures.sql(e), where);
            throw said != null
                    ? said
                    : CommonError.INTERNAL.because(
                            "The " + module.prefix() + " tables of the database " + where
                                    + " could not be brought up to date: " + SqlFailures.reason(e)
                                    + " Restore the database from a backup, or report this with the server's log.",
                            e);
        }
    }

    private static @Nullable String stored(Connection connection, String name) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT content FROM store_meta WHERE name = ?")) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    private static void remember(Connection connection, String name, String content) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "INSERT INTO store_meta (name, content) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET content = "
                        + "excluded.content")) {
            update.setString(1, name);
            update.setString(2, content);
            update.executeUpdate();
        }
    }

    /** A new connection each time, as Flyway wants it. */
    private record SqliteSource(Path file) implements DataSource {
        @Override
        public Connection getConnection() throws SQLException {
            return SqliteConnection.open(file);
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return getConnection();
        }

        @Override
        public @Nullable PrintWriter getLogWriter() {
            return null;
        }

        @Override
        public void setLogWriter(@Nullable PrintWriter out) {}

        @Override
        public void setLoginTimeout(int seconds) {}

        @Override
        public int getLoginTimeout() {
            return 0;
        }

        @Override
        public Logger getParentLogger() throws SQLFeatureNotSupportedException {
            throw new SQLFeatureNotSupportedException();
        }

        @Override
        public <T> T unwrap(Class<T> type) throws SQLException {
            throw new SQLException("Not a wrapper");
        }

        @Override
        public boolean isWrapperFor(Class<?> type) {
            return false;
        }
    }
}
