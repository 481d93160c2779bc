package dev.pilothouse.know.datasets;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/** A DuckDB of its own in memory. Used by one thread; {@link #cancel} may be called by any. */
final class DuckSession implements AutoCloseable {
    private static final String MEMORY = "512MB";

    /** Reads one row of an answer. */
    @FunctionalInterface
    interface RowReader<T extends @Nullable Object> {
        T read(ResultSet row) throws SQLException;
    }

    private final Connection connection;
    private volatile @Nullable Statement running;
    private volatile boolean cancelled;

    DuckSession(Path spill, List<Path> paths) throws SQLException {
        connection = DriverManager.getConnection("jdbc:duckdb:");
        execute("SET memory_limit = '" + MEMORY + "'");
        execute("SET threads = 2");
        execute("SET temp_directory = " + quoted(spill.toString()));
        execute("SET autoinstall_known_extensions = false");
        execute("SET autoload_known_extensions = false");
        execute("SET allowed_paths = ["
                + String.join(
                        ", ", paths.stream().map(p -> quoted(p.toString())).toList()) + "]");
        execute("SET enable_external_access = false");
        execute("SET lock_configuration = true");
    }

    /** A text literal. */
    static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** Runs a statement without an answer. */
    void execute(String sql) throws SQLException {
        try (Statement statement = start()) {
            statement.execute(sql);
        } finally {
            running = null;
        }
    }

    /** Runs a query and reads all its rows. */
    <T extends @Nullable Object> List<T> query(String sql, RowReader<T> reader) throws SQLException {
        try (Statement statement = start();
                ResultSet rows = statement.executeQuery(sql)) {
            List<T> all = new ArrayList<>();
            while (rows.next()) {
                all.add(reader.read(rows));
            }
            return all;
        } finally {
            running = null;
        }
    }

    private Statement start() throws SQLException {
        checkTime();
        Statement statement = connection.createStatement();
        running = statement;
        return statement;
    }

    /** Stops a loop whose job was cancelled. */
    void checkTime() throws SQLException {
        if (cancelled) {
            throw new SQLException("cancelled");
        }
    }

    /** Appends rows to a table. */
    DuckDBAppender appender(String table) throws SQLException {
        return connection.unwrap(DuckDBConnection.class).createAppender("main", table);
    }

    /** Stops what is running, and what would run next. */
    void cancel() {
        cancelled = true;
        Statement statement = running;
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                // It has ended by itself.
                running = null;
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
