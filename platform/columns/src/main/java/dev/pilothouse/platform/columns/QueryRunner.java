package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs queries, each on a connection of its own, on a few platform threads. Thread-safe. */
final class QueryRunner {
    private static final Logger LOG = LoggerFactory.getLogger(QueryRunner.class);
    private static final int WAITING = 256;

    /** A connection and the views it has now. */
    private record Session(DuckDBConnection connection, Map<String, Shown> shown) {}

    private record Shown(String tenant, Shelves.Shelf shelf, Signal signal) {}

    private final Duck duck;
    private final Shelves shelves;
    private final Supplier<Map<String, Manifest.Declared>> signals;
    private final Path parquet;
    private final int mostRows;
    private final ThreadPoolExecutor threads;
    private final ScheduledExecutorService timer;
    private final ConcurrentLinkedDeque<Session> idle = new ConcurrentLinkedDeque<>();
    private final Set<Statement> running = java.util.concurrent.ConcurrentHashMap.newKeySet();
    private final LongAdder queries = new LongAdder();
    private final LongAdder failed = new LongAdder();

    QueryRunner(
            Duck duck,
            Shelves shelves,
            Supplier<Map<String, Manifest.Declared>> signals,
            Path parquet,
            ColumnsConfig config,
            ScheduledExecutorService timer) {
        this.duck = duck;
        this.shelves = shelves;
        this.signals = signals;
        this.parquet = parquet;
        this.mostRows = config.queryRows();
        this.timer = timer;
        this.threads = new ThreadPoolExecutor(
                config.queryThreads(),
                config.queryThreads(),
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING),
                Thread.ofPlatform().daemon().name("columns-query-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    CompletableFuture<Columns.Result> submit(String tenant, String sql, List<?> parameters, Duration limit) {
        var done = new CompletableFuture<Columns.Result>();
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            threads.execute(() -> {
                queries.increment();
                try {
                    done.complete(run(tenant, sql, parameters, deadline));
                } catch (SQLException | RuntimeException | Error e) {
                    failed.increment();
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(CommonError.UNAVAILABLE.because(
                    "Too many queries wait already, or the server is stopping. Try again soon.", e));
        }
        return done;
    }

    private Columns.Result run(String tenant, String sql, List<?> parameters, long deadline) throws SQLException {
        Session session = idle.pollFirst();
        if (session == null) {
            session = new Session(duck.connect(), new HashMap<>());
        }
        var late = new AtomicBoolean();
        try {
            Map<String, Manifest.Declared> declared = signals.get();
            Set<String> named =
                    StatementCheck.signalsOf(sql, session.connection, declared.keySet(), duck.systemNames());
            Shelves.Picture picture = shelves.enter(tenant, named);
            try {
                for (String name : named) {
                    Manifest.Declared known = declared.get(name);
                    Shelves.Shelf shelf = picture.shelves().get(name);
                    if (known != null && shelf != null) {
                        show(session, new Shown(tenant, shelf, known.signal()));
                    }
                }
                return execute(session, sql, parameters, deadline, late);
            } finally {
                shelves.leave(picture);
            }
        } catch (SQLException e) {
            throw refusal(e, late.get());
        } finally {
            idle.addFirst(session);
        }
    }

    private void show(Session session, Shown wanted) throws SQLException {
        Shown present = session.shown.get(wanted.signal().name());
        if (present != null
                && present.tenant().equals(wanted.tenant())
                && present.signal().equals(wanted.signal())
                && present.shelf().equals(wanted.shelf())) {
            return;
        }
        session.shown.remove(wanted.signal().name());
        try (Statement statement = session.connection.createStatement()) {
            statement.execute(SignalView.sql(wanted.signal(), wanted.tenant(), wanted.shelf(), parquet));
        }
        session.shown.put(wanted.signal().name(), wanted);
    }

    private Columns.Result execute(Session session, String sql, List<?> parameters, long deadline, AtomicBoolean late)
            throws SQLException {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            late.set(true);
            throw new SQLException("waited too long");
        }
        try (PreparedStatement statement = session.connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.size(); i++) {
                Object value = parameters.get(i);
                statement.setObject(i + 1, value instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : value);
            }
            ScheduledFuture<?> alarm = timer.schedule(
                    () -> {
                        late.set(true);
                        cancel(statement);
                    },
                    left,
                    TimeUnit.NANOSECONDS);
            running.add(statement);
            try (ResultSet rows = statement.executeQuery()) {
                return read(rows);
            } finally {
                running.remove(statement);
                alarm.cancel(false);
            }
        }
    }

    private static void cancel(Statement statement) {
        try {
            statement.cancel();
        } catch (SQLException ended) {
            throw new IllegalStateException(ended);
        }
    }

    private Columns.Result read(ResultSet rows) throws SQLException {
        var meta = rows.getMetaData();
        var names = new ArrayList<String>();
        for (int c = 1; c <= meta.getColumnCount(); c++) {
            names.add(meta.getColumnLabel(c));
        }
        var answer = new ArrayList<List<@Nullable Object>>();
        while (rows.next()) {
            if (answer.size() == mostRows) {
                throw CommonError.TOO_LARGE.because("The answer has more than " + mostRows
                        + " rows. Aggregate, or ask for a part with LIMIT or a narrower range of time.");
            }
            var row = new ArrayList<@Nullable Object>(names.size());
            for (int c = 1; c <= names.size(); c++) {
                row.add(Cell.of(rows.getObject(c)));
            }
            answer.add(row);
        }
        return new Columns.Result(names, answer);
    }

    private static PilothouseException refusal(SQLException e, boolean late) {
        String message = String.valueOf(e.getMessage());
        if (late) {
            return CommonError.TIMEOUT.because(
                    "The query did not end within its time limit. Ask for less time or fewer rows, or raise the limit.",
                    e);
        }
        if (message.contains("INTERRUPT")) {
            return CommonError.UNAVAILABLE.because("The query was stopped: the server is stopping. Try again soon.", e);
        }
        if (message.contains("Out of Memory")) {
            return CommonError.TOO_LARGE.because(
                    "The query needs more memory than the columns may use. Ask for less time or fewer columns.", e);
        }
        if (message.contains("IO Error") || message.contains("INTERNAL Error") || message.contains("Connection")) {
            return CommonError.INTERNAL.because(
                    "The stored rows cannot be read. The server's log holds the reason.", e);
        }
        int place = message.indexOf("\n\nLINE");
        return CommonError.INVALID.because(
                "The query cannot run: " + (place < 0 ? message : message.substring(0, place)), e);
    }

    long queries() {
        return queries.sum();
    }

    long failed() {
        return failed.sum();
    }

    void close() {
        threads.shutdown();
        for (Statement statement : running) {
            cancel(statement);
        }
        try {
            threads.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Session session : idle) {
            try {
                session.connection.close();
            } catch (SQLException e) {
                LOG.debug("A connection was closed before", e);
            }
        }
    }
}
