package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.sqlite.SQLiteConfig;

/**
 * One kept connection with its statements and JDBI handle. Used by one thread.
 *
 * <p>JDBC's auto-commit stays off: the driver then opens a deferred transaction by itself, which takes neither lock nor
 * snapshot before its first statement.
 */
final class SqliteConnection implements AutoCloseable {
    private final Connection connection;
    private final Handle handle;
    private final StatementCache statements;
    private final PreparedStatement savepoint;
    private final PreparedStatement release;
    private final PreparedStatement rollbackTo;

    private SqliteConnection(Connection connection) throws SQLException {
        this.connection = connection;
        this.statements = new StatementCache();
        Jdbi jdbi = Jdbi.create(connection);
        jdbi.setStatementBuilderFactory(_ -> statements);
        this.handle = jdbi.open();
        connection.setAutoCommit(false);
        this.savepoint = connection.prepareStatement("SAVEPOINT unit");
        this.release = connection.prepareStatement("RELEASE unit");
        this.rollbackTo = connection.prepareStatement("ROLLBACK TO unit");
    }

    /** A connection that may write; there is one. */
    static SqliteConnection writer(Path file) throws SQLException {
        Connection connection = open(file);
        // 64 MiB of pages; the checkpoint is SqliteCheckpoint's, so that a commit never pays for it.
        execute(connection, "PRAGMA cache_size = -65536", "PRAGMA wal_autocheckpoint = 0");
        return new SqliteConnection(connection);
    }

    /** A connection that cannot write. */
    static SqliteConnection reader(Path file) throws SQLException {
        Connection connection = open(file);
        execute(connection, "PRAGMA cache_size = -16384", "PRAGMA query_only = ON");
        return new SqliteConnection(connection);
    }

    /** A plain connection in auto-commit mode, for migrations and checkpoints. */
    static Connection open(Path file) throws SQLException {
        SqliteLibrary.load();
        var config = new SQLiteConfig();
        config.setBusyTimeout(10_000);
        // The driver would ask for the last row id after each insert; SQL here says RETURNING where it wants one.
        config.setGetGeneratedKeys(false);
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        try {
            execute(
                    connection,
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA temp_store = MEMORY",
                    "PRAGMA journal_size_limit = 67108864");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Looks at the file before use, for words that name the cause. */
    static PilothouseException cannotOpen(Path file, SQLException e) {
        if (Files.exists(file) && !Files.isWritable(file)) {
            return StoreError.STORE_READ_ONLY.because(
                    "The database " + SqlFailures.name(file)
                            + " is read-only for this user. Give the server's user the "
                            + "right to write the file and its folder.",
                    e);
        }
        PilothouseException said = SqlFailures.words(e, SqlFailures.name(file));
        return said != null
                ? said
                : CommonError.UNAVAILABLE.because(
                        "The database " + SqlFailures.name(file) + " cannot be opened (" + SqlFailures.reason(e) + ").",
                        e);
    }

    static void execute(Connection connection, String... commands) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    Connection jdbc() {
        return connection;
    }

    Tx tx() {
        return new Tx(handle, Dialect.SQLITE);
    }

    void savepoint() throws SQLException {
        savepoint.execute();
    }

    void release() throws SQLException {
        statements.reclaim();
        release.execute();
    }

    void rollbackToSavepoint() throws SQLException {
        statements.reclaim();
        rollbackTo.execute();
        release.execute();
    }

    void commit() throws SQLException {
        connection.commit();
    }

    /** Ends a read, freeing its snapshot. */
    void rollback() throws SQLException {
        statements.reclaim();
        connection.rollback();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
