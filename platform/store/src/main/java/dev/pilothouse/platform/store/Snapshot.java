package dev.pilothouse.platform.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jdbi.v3.core.Handle;

/**
 * A store as it stood at one moment, for whoever reads all of it over minutes, such as a backup. It has a connection and a
 * thread of its own, so that neither readers nor writers wait for it. Close it soon: on SQLite the write-ahead log grows
 * until then. Thread-safe; units run one after the other.
 */
public final class Snapshot implements AutoCloseable {
    private final Handle handle;
    private final Tx tx;
    private final AutoCloseable connection;
    private final String where;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("store-snapshot").factory());

    /**
     * @param handle inside a transaction whose first read pins the moment
     * @param connection closed at the end, after a rollback
     */
    Snapshot(Handle handle, Dialect dialect, AutoCloseable connection, String where) {
        this.handle = handle;
        this.tx = new Tx(handle, dialect);
        this.connection = connection;
        this.where = where;
        try {
            read(t -> t.sql()
                    .createQuery("SELECT count(*) FROM store_meta")
                    .mapTo(Long.class)
                    .one());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Runs a unit that only reads; what it leaves open, such as a result set, may be used by the next one.
     *
     * @throws dev.pilothouse.kernel.PilothouseException UNAVAILABLE where the database does not answer or this is closed
     */
    public <T> T read(Store.Unit<T> unit) {
        var answer = new CompletableFuture<T>();
        try {
            thread.execute(() -> {
                try {
                    answer.complete(unit.run(tx));
                } catch (Throwable e) {
                    answer.completeExceptionally(SqlFailures.describe(e, where));
                }
            });
        } catch (RejectedExecutionException _) {
            throw SqlFailures.closed(where);
        }
        return Waiting.on(answer);
    }

    @Override
    public synchronized void close() {
        if (thread.isShutdown()) {
            return;
        }
        thread.execute(() -> {
            try {
                Connection jdbc = handle.getConnection();
                if (!jdbc.isClosed()) {
                    jdbc.rollback();
                }
            } catch (SQLException _) {
                // The connection is broken, and with it the snapshot gone.
            }
            try {
                connection.close();
            } catch (Exception _) {
                // As above.
            }
        });
        thread.shutdown();
    }
}
