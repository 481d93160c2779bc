package dev.pilothouse.platform.columns;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The DuckDB of a folder: in memory, locked down, loaded when first asked for. Only threads of this package call it. It
 * reaches no file but those below the folders of sealed files, and no setting can be changed once it runs.
 */
final class Duck implements AutoCloseable {
    private final Path spill;
    private final Path parquet;
    private final Optional<Path> exchange;
    private final long memoryBytes;
    private @Nullable DuckDBConnection root;
    private Set<String> systemNames = Set.of();
    private boolean closed;

    Duck(Path spill, Path parquet, Optional<Path> exchange, long memoryBytes) {
        this.spill = spill;
        this.parquet = parquet;
        this.exchange = exchange;
        this.memoryBytes = memoryBytes;
    }

    /** A new connection; loads DuckDB the first time. */
    synchronized DuckDBConnection connect() throws SQLException {
        if (closed) {
            throw new SQLException("closed");
        }
        DuckDBConnection open = root;
        if (open == null) {
            open = load();
            root = open;
        }
        return open.duplicate();
    }

    synchronized boolean isLoaded() {
        return root != null;
    }

    /** Names of DuckDB's own views, in lower case. */
    synchronized Set<String> systemNames() {
        return systemNames;
    }

    private DuckDBConnection load() throws SQLException {
        try {
            Files.createDirectories(spill);
            Files.createDirectories(parquet);
        } catch (IOException e) {
            throw new SQLException("The folders of the columns cannot be made", e);
        }
        DuckDBConnection connection =
                DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET GLOBAL TimeZone = 'UTC'");
            statement.execute("SET temp_directory = " + text(spill.toString()));
            statement.execute("SET max_temp_directory_size = '" + 4 * memoryBytes + " bytes'");
            statement.execute("SET memory_limit = '" + memoryBytes + " bytes'");
            statement.execute("SET autoinstall_known_extensions = false");
            statement.execute("SET autoload_known_extensions = false");
            statement.execute("SET allowed_directories = [" + text(parquet + "/")
                    + exchange.map(folder -> ", " + text(folder + "/")).orElse("") + "]");
            statement.execute("SET enable_external_access = false");
            statement.execute("SET lock_configuration = true");
            statement.execute("CREATE SCHEMA hot");
            var names = new HashSet<String>();
            try (ResultSet rows = statement.executeQuery("SELECT view_name FROM duckdb_views()")) {
                while (rows.next()) {
                    names.add(rows.getString(1).toLowerCase(Locale.ROOT));
                }
            }
            systemNames = names;
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** A text as SQL writes it. */
    static String text(String value) {
        return "'" + value.replace("'", "''") + "'";
    }

    /** A name as SQL writes it. */
    static String name(String value) {
        return '"' + value.replace("\"", "\"\"") + '"';
    }

    static String sqlType(Signal.Type type) {
        return switch (type) {
            case TEXT -> "VARCHAR";
            case LONG -> "BIGINT";
            case DOUBLE -> "DOUBLE";
            case BOOLEAN -> "BOOLEAN";
            case BYTES -> "BLOB";
            case TIMESTAMP -> "TIMESTAMP";
        };
    }

    @Override
    public synchronized void close() throws SQLException {
        closed = true;
        if (root != null) {
            root.close();
            root = null;
        }
    }
}
