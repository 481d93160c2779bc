package dev.pilothouse.platform.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the write-ahead log back into the database file beside the writer, so that a commit never pays for it. The log
 * starts over only when all of it was copied, which never happens while others write; so the writer copies the few pages
 * that came meanwhile ({@link #finish}), between two batches.
 */
final class SqliteCheckpoint implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SqliteCheckpoint.class);
    /** 16 MiB of 4 KiB pages. */
    private static final int PAGES = 4096;

    private final Connection connection;
    private final Thread thread;
    private final Semaphore wanted = new Semaphore(0);
    private volatile boolean running;
    private volatile boolean copied;
    private volatile boolean closed;

    SqliteCheckpoint(Path file) throws SQLException {
        connection = SqliteConnection.open(file);
        thread = Thread.ofPlatform().name("store-checkpoint").daemon().start(this::serve);
    }

    /** Starts a copy in the background where the log has grown; called by the writer outside a transaction. */
    void look(Connection writer) throws SQLException {
        if (!running && uncopied(writer, "NOOP") > PAGES) {
            running = true;
            wanted.release();
        }
    }

    /** Whether the writer should {@link #finish}. */
    boolean copied() {
        return copied;
    }

    /** Copies the rest, so that the log can start over with the next write; waits for no reader. */
    void finish(Connection writer) throws SQLException {
        copied = false;
        uncopied(writer, "PASSIVE");
        running = false;
    }

    private void serve() {
        while (true) {
            wanted.acquireUninterruptibly();
            if (closed) {
                return;
            }
            try {
                uncopied(connection, "PASSIVE");
            } catch (SQLException e) {
                log.warn("The write-ahead log could not be copied back yet: {}", e.getMessage());
            }
            copied = true;
        }
    }

    private static long uncopied(Connection connection, String mode) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
            return row.next() ? row.getLong(2) - Math.max(0, row.getLong(3)) : 0;
        }
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        wanted.release();
        Threads.join(thread);
        connection.close();
    }
}
