package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few platform threads, each with a kept connection, that run reads. Native calls would pin a virtual thread's carrier,
 * and two cores have two of them.
 */
final class SqliteReaders implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SqliteReaders.class);
    private static final int WAITING = 65_536;

    private record Read<T>(Store.Unit<T> unit, CompletableFuture<T> future) {
        /** Runs the unit; false where its connection is spent. */
        boolean run(SqliteConnection connection, String where) {
            boolean usable = true;
            T answer = null;
            Throwable failure = null;
            try {
                answer = unit.run(connection.tx());
            } catch (Throwable e) {
                failure = e;
            }
            try {
                connection.rollback();
            } catch (SQLException e) {
                failure = failure == null ? e : failure;
                usable = false;
            }
            if (failure == null) {
                complete(answer);
            } else {
                future.completeExceptionally(SqlFailures.describe(failure, where));
            }
            return usable;
        }

        @SuppressWarnings("NullAway") // a unit's answer is null exactly where its type says so
        private void complete(@Nullable T answer) {
            future.complete(answer);
        }
    }

    private final LinkedBlockingQueue<Optional<Read<?>>> queue = new LinkedBlockingQueue<>(WAITING);
    private final List<Thread> threads = new ArrayList<>();
    private final Path file;
    private final String where;
    private volatile boolean closed;

    private SqliteReaders(Path file) {
        this.file = file;
        this.where = SqlFailures.name(file);
    }

    static SqliteReaders open(Path file, int count) throws SQLException {
        var readers = new SqliteReaders(file);
        for (int i = 0; i < count; i++) {
            SqliteConnection connection = SqliteConnection.reader(file);
            readers.threads.add(
                    Thread.ofPlatform().name("store-reader-" + i).daemon().start(() -> readers.serve(connection)));
        }
        return readers;
    }

    <T> CompletableFuture<T> submit(Store.Unit<T> unit) {
        var future = new CompletableFuture<T>();
        if (closed) {
            future.completeExceptionally(SqlFailures.closed(where));
        } else if (!queue.offer(Optional.of(new Read<>(unit, future)))) {
            future.completeExceptionally(SqlFailures.crowded(where, WAITING));
        } else if (closed) {
            failRest();
        }
        return future;
    }

    boolean isOneOfUs(Thread thread) {
        return threads.contains(thread);
    }

    private void serve(SqliteConnection first) {
        SqliteConnection kept = first;
        try {
            while (true) {
                Optional<Read<?>> next = queue.take();
                if (next.isEmpty()) {
                    return;
                }
                if (!next.get().run(kept, where)) {
                    kept.close();
                    kept = SqliteConnection.reader(file);
                }
            }
        } catch (SQLException e) {
            log.error("A reader of {} ends, since the database cannot be opened again: {}", where, e.getMessage());
        } catch (InterruptedException _) {
            log.warn("A reader of {} was interrupted and ends.", where);
        } finally {
            close(kept);
        }
    }

    private void close(SqliteConnection kept) {
        try {
            kept.close();
        } catch (SQLException e) {
            log.warn("A reader of {} did not close cleanly: {}", where, e.getMessage());
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (Thread _ : threads) {
            Threads.put(queue, Optional.empty());
        }
        for (Thread thread : threads) {
            Threads.join(thread);
        }
        failRest();
    }

    private void failRest() {
        if (threads.stream().anyMatch(Thread::isAlive)) {
            return; // those still serve what was given before
        }
        PilothouseException closing = SqlFailures.closed(where);
        for (Optional<Read<?>> left; (left = queue.poll()) != null; ) {
            left.ifPresent(read -> read.future().completeExceptionally(closing));
        }
    }
}
