package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: one thread takes all waiting units, runs each under its own savepoint in one transaction, commits once
 * and then completes their callers. It never waits for a batch to fill: units that arrive during a commit are the next
 * batch.
 */
final class SqliteWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SqliteWriter.class);
    private static final int WAITING = 65_536;
    private static final int BATCH = 512;
    /** How long the first caller of a batch may wait for later ones to be run, before the commit. */
    private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** Batches between two looks at the log's size. */
    private static final int LOOK = 32;

    private final Path file;
    private final String where;
    private final LinkedBlockingQueue<Write<?>> queue = new LinkedBlockingQueue<>(WAITING);
    private final List<Write<?>> batch = new ArrayList<>(BATCH);
    private final SqliteCheckpoint checkpoint;
    private final Thread thread;
    private SqliteConnection connection;
    private int batches;
    private volatile boolean closed;

    SqliteWriter(Path file) throws SQLException {
        this.file = file;
        this.where = SqlFailures.name(file);
        this.connection = SqliteConnection.writer(file);
        this.checkpoint = new SqliteCheckpoint(file);
        this.thread = Thread.ofPlatform().name("store-writer").daemon().start(this::serve);
    }

    <T> CompletableFuture<T> submit(Store.Unit<T> unit) {
        var write = new Write<>(unit);
        if (closed) {
            write.future.completeExceptionally(SqlFailures.closed(where));
        } else if (!queue.offer(write)) {
            write.future.completeExceptionally(SqlFailures.crowded(where, WAITING));
        } else if (closed && !thread.isAlive()) {
            failRest();
        }
        return write.future;
    }

    boolean isOurs(Thread other) {
        return other.threadId() == thread.threadId();
    }

    private void serve() {
        while (true) {
            try {
                Write<?> first = queue.take();
                if (first == Write.STOP) {
                    return;
                }
                boolean more = runBatch(first);
                if (!more) {
                    return;
                }
                maintain();
            } catch (InterruptedException _) {
                log.warn("The writer of {} was interrupted and goes on.", where);
            } catch (Throwable e) {
                // Nothing here may end the one thread that all writes pass.
                log.error("The writer of {} failed a batch and goes on.", where, e);
                failBatch(e);
            }
        }
    }

    /** False where the store is to end. */
    private boolean runBatch(Write<?> first) {
        long start = System.nanoTime();
        boolean more = true;
        Write<?> next = first;
        while (next != null) {
            batch.add(next);
            Throwable broken = next.run(connection);
            if (broken != null) {
                failBatch(broken);
                return true;
            }
            if (batch.size() >= BATCH || System.nanoTime() - start > BATCH_NANOS) {
                break;
            }
            next = queue.poll();
            if (next == Write.STOP) {
                more = false;
                break;
            }
        }
        try {
            connection.commit();
        } catch (SQLException e) {
            failBatch(e);
            return more;
        }
        for (Write<?> write : batch) {
            write.committed(where);
        }
        batch.clear();
        return more;
    }

    /** The transaction is lost: no caller may be told otherwise. The connection's state is unknown, so it is replaced. */
    private void failBatch(Throwable cause) {
        PilothouseException said = SqlFailures.unsaved(cause, where);
        try {
            connection.close();
            connection = SqliteConnection.writer(file);
        } catch (SQLException e) {
            log.error("The database {} cannot be opened again: {}", where, e.getMessage());
        }
        for (Write<?> write : batch) {
            write.lost(said, where);
        }
        batch.clear();
    }

    private void maintain() throws SQLException {
        if (checkpoint.copied()) {
            checkpoint.finish(connection.jdbc());
        } else if (++batches % LOOK == 0) {
            checkpoint.look(connection.jdbc());
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Threads.put(queue, Write.STOP);
        Threads.join(thread);
        failRest();
        try {
            checkpoint.close();
            connection.close();
        } catch (SQLException e) {
            log.warn("The database {} did not close cleanly: {}", where, e.getMessage());
        }
    }

    private void failRest() {
        for (Write<?> left; (left = queue.poll()) != null; ) {
            left.future.completeExceptionally(SqlFailures.closed(where));
        }
    }

    /** A unit on its way. Run by the writer thread. */
    private static final class Write<T> {
        static final Write<?> STOP = new Write<>(_ -> "");

        private final Store.Unit<T> unit;
        final CompletableFuture<T> future = new CompletableFuture<>();
        private @Nullable T answer;
        private @Nullable Throwable failure;
        private List<Runnable> actions = List.of();

        Write(Store.Unit<T> unit) {
            this.unit = unit;
        }

        /** Runs the unit; answers what broke the whole transaction, or null where it goes on. */
        @Nullable
        Throwable run(SqliteConnection connection) {
            try {
                connection.savepoint();
            } catch (SQLException e) {
                return e;
            }
            try {
                Tx tx = connection.tx();
                answer = unit.run(tx);
                connection.release();
                actions = tx.actions();
                return null;
            } catch (Throwable e) {
                failure = e;
            }
            try {
                connection.rollbackToSavepoint();
                return null;
            } catch (SQLException _) {
                // A full disk makes SQLite give up the whole transaction, savepoints included.
                return failure;
            }
        }

        @SuppressWarnings("NullAway") // a unit's answer is null exactly where its type says so
        void committed(String where) {
            if (failure != null) {
                future.completeExceptionally(SqlFailures.describe(failure, where));
                return;
            }
            for (Runnable action : actions) {
                try {
                    action.run();
                } catch (Throwable e) {
                    log.error("An action after a commit failed.", e);
                }
            }
            future.complete(answer);
        }

        void lost(Throwable cause, String where) {
            future.completeExceptionally(failure == null ? cause : SqlFailures.describe(failure, where));
        }
    }
}
