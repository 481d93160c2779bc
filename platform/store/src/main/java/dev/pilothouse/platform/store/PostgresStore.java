package dev.pilothouse.platform.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL, for several replicas. A unit is one serializable transaction on a virtual thread, run again with a random
 * back-off where the database could not order it among the others; a read is one read-only snapshot.
 */
final class PostgresStore implements Store {
    private static final Logger log = LoggerFactory.getLogger(PostgresStore.class);
    private static final int WRITERS = 12;
    private static final int WAITING = 65_536;
    private static final int ATTEMPTS = 40;
    private static final long BACKOFF_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final String where;
    private final HikariDataSource writers;
    private final HikariDataSource readers;
    private final Jdbi writing;
    private final Jdbi reading;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("store-", 0).factory());
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean closed;

    private PostgresStore(String where, HikariDataSource writers, HikariDataSource readers) {
        this.where = where;
        this.writers = writers;
        this.readers = readers;
        this.writing = Jdbi.create(writers);
        this.reading = Jdbi.create(readers);
    }

    static PostgresStore open(StoreConfig config, SqlMigrator.Goal goal) {
        String where = config.redacted();
        HikariDataSource writers = null;
        HikariDataSource readers = null;
        try {
            writers = pool(config, "store-writers", WRITERS, false);
            SqlMigrator.postgres(writers, where).reach(goal);
            readers = pool(config, "store-readers", config.readers(), true);
            return new PostgresStore(where, writers, readers);
        } catch (RuntimeException | SQLException e) {
            close(writers);
            close(readers);
            Throwable said = e instanceof HikariPool.PoolInitializationException
                    ? SqlFailures.unreachable(e, where)
                    : SqlFailures.describe(e, where);
            throw said instanceof RuntimeException unchecked ? unchecked : SqlFailures.unreachable(said, where);
        }
    }

    private static HikariDataSource pool(StoreConfig config, String name, int size, boolean readOnly) {
        URI server = config.server();
        var pool = new HikariConfig();
        pool.setPoolName(name);
        pool.setJdbcUrl("jdbc:postgresql://" + server.getHost() + (server.getPort() < 0 ? "" : ":" + server.getPort())
                + server.getRawPath() + (server.getRawQuery() == null ? "" : "?" + server.getRawQuery()));
        String user = server.getRawUserInfo();
        if (user != null) {
            int colon = user.indexOf(':');
            pool.setUsername(decode(colon < 0 ? user : user.substring(0, colon)));
            if (colon >= 0) {
                pool.setPassword(decode(user.substring(colon + 1)));
            }
        }
        pool.setMaximumPoolSize(size);
        // A request may need two: who asks, then what is asked.
        pool.setConnectionTimeout(5_000);
        pool.setReadOnly(readOnly);
        pool.setTransactionIsolation(readOnly ? "TRANSACTION_REPEATABLE_READ" : "TRANSACTION_SERIALIZABLE");
        pool.addDataSourceProperty("ApplicationName", "pilothouse");
        pool.addDataSourceProperty("prepareThreshold", "1");
        return new HikariDataSource(pool);
    }

    private static String decode(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    public <T> CompletableFuture<T> write(Unit<T> unit) {
        Unit<T> whole = Accompanied.unit(unit);
        return start(future -> runWrite(whole, future));
    }

    @Override
    public <T> T read(Unit<T> unit) {
        return Waiting.on(readAsync(unit));
    }

    @Override
    public <T> CompletableFuture<T> readAsync(Unit<T> unit) {
        return start(future -> {
            try (Handle handle = reading.open()) {
                T answer = inTransaction(handle, unit, new Tx(handle, Dialect.POSTGRESQL));
                future.complete(answer);
            } catch (Throwable e) {
                future.completeExceptionally(SqlFailures.describe(e, where));
            }
        });
    }

    private interface Task<T> {
        void run(CompletableFuture<T> future);
    }

    private <T> CompletableFuture<T> start(Task<T> task) {
        var future = new CompletableFuture<T>();
        if (underWay.incrementAndGet() > WAITING) {
            underWay.decrementAndGet();
            future.completeExceptionally(SqlFailures.crowded(where, WAITING));
            return future;
        }
        try {
            if (closed) {
                throw new java.util.concurrent.RejectedExecutionException();
            }
            threads.execute(() -> {
                try {
                    task.run(future);
                } finally {
                    underWay.decrementAndGet();
                }
            });
        } catch (java.util.concurrent.RejectedExecutionException _) {
            underWay.decrementAndGet();
            future.completeExceptionally(SqlFailures.closed(where));
        }
        return future;
    }

    private <T> void runWrite(Unit<T> unit, CompletableFuture<T> future) {
        for (int attempt = 1; ; attempt++) {
            T answer;
            Tx tx;
            try (Handle handle = writing.open()) {
                tx = new Tx(handle, Dialect.POSTGRESQL);
                answer = inTransaction(handle, unit, tx);
            } catch (Throwable e) {
                if (attempt < ATTEMPTS && SqlFailures.retryable(SqlFailures.sql(e))) {
                    backOff(attempt);
                    continue;
                }
                future.completeExceptionally(SqlFailures.describe(e, where));
                return;
            }
            for (Runnable action : tx.actions()) {
                try {
                    action.run();
                } catch (Throwable e) {
                    log.error("An action after a commit failed.", e);
                }
            }
            future.complete(answer);
            return;
        }
    }

    private static <T> T inTransaction(Handle handle, Unit<T> unit, Tx tx) throws Exception {
        Connection connection = handle.getConnection();
        connection.setAutoCommit(false);
        try {
            T answer = unit.run(tx);
            connection.commit();
            return answer;
        } catch (Throwable e) {
            try {
                connection.rollback();
            } catch (SQLException broken) {
                e.addSuppressed(broken);
            }
            throw e;
        } finally {
            restore(connection);
        }
    }

    private static void restore(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException _) {
            // A broken connection; the pool finds out and replaces it.
        }
    }

    /** Full jitter: a random wait below 1 ms doubled per attempt, at most 200 ms. */
    private static void backOff(int attempt) {
        long bound = Math.min(BACKOFF_MAX_NANOS, 1_000_000L << Math.min(attempt, 10));
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(bound) + 1);
    }

    @Override
    public Snapshot snapshot() {
        Handle handle = reading.open();
        try {
            handle.getConnection().setAutoCommit(false);
            return new Snapshot(
                    handle,
                    Dialect.POSTGRESQL,
                    () -> {
                        restore(handle.getConnection());
                        handle.close();
                    },
                    where);
        } catch (SQLException e) {
            handle.close();
            throw SqlFailures.unreachable(e, where);
        }
    }

    @Override
    public Dialect dialect() {
        return Dialect.POSTGRESQL;
    }

    @Override
    public void close() {
        closed = true;
        threads.close();
        close(writers);
        close(readers);
    }

    private static void close(@Nullable HikariDataSource pool) {
        if (pool != null) {
            pool.close();
        }
    }
}
