package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that follows the log and fills the hot tables, a table for each signal and tenant. What it loads at once is
 * one transaction, so that a failure loads nothing and the next try loads each row once.
 */
final class HotLoader implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(HotLoader.class);
    /** Rows gather this long before they are loaded, unless someone asks. */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PASS_BYTES = 8L << 20;

    /** What the sealer takes over: tables nothing is added to any more, which hold all of the log before a position. */
    record Frozen(List<HotTable> tables, Position upTo, long bytes) {
        Frozen {
            tables = List.copyOf(tables);
        }
    }

    private record Wish(Position upTo, CompletableFuture<Void> done) {}

    private record Freeze(Position from, CompletableFuture<Frozen> done) {}

    private final SegmentLog log;
    private final Duck duck;
    private final Shelves shelves;
    private final Function<String, @Nullable Signal> signals;
    private final long hotBytesLimit;
    private final AtomicLong behind;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Wish> wishes = new ArrayList<>();
    private final List<Freeze> freezes = new ArrayList<>();
    private boolean active;
    private boolean closing;
    private boolean ended;
    private volatile boolean fresh;

    /** Of this thread alone: the table that takes a series' next rows, and all tables since the last freeze. */
    private final Map<SeriesKey, HotTable> current = new HashMap<>();

    private final List<HotTable> tables = new ArrayList<>();

    private long tableNumber;
    private long currentBytes;
    private volatile Position loaded;
    private final AtomicLong hotBytes = new AtomicLong();
    private final LongAdder loadedRows = new LongAdder();

    HotLoader(
            SegmentLog log,
            Duck duck,
            Shelves shelves,
            Function<String, @Nullable Signal> signals,
            Position from,
            long hotBytesLimit,
            AtomicLong behind) {
        this.log = log;
        this.duck = duck;
        this.shelves = shelves;
        this.signals = signals;
        this.loaded = from;
        this.hotBytesLimit = hotBytesLimit;
        this.behind = behind;
        this.fresh = behind.get() > 0;
    }

    /** Begins to load, if it has not yet. */
    void activate() {
        signal(() -> active = true);
    }

    /** Tells that the log has grown. */
    void appended() {
        if (!fresh) {
            signal(() -> fresh = true);
        }
    }

    /** Completes once all of the log before a position is in what queries see. */
    CompletableFuture<Void> loadedUpTo(Position position) {
        var done = new CompletableFuture<Void>();
        if (loaded.compareTo(position) >= 0) {
            done.complete(null);
        } else {
            signal(() -> {
                active = true;
                wishes.add(new Wish(position, done));
            });
        }
        return done;
    }

    /**
     * Hands over the hot tables and begins new ones once all of the log before a position is in them, or as much of it as
     * fits or can be loaded.
     */
    CompletableFuture<Frozen> freeze(Position from) {
        var done = new CompletableFuture<Frozen>();
        signal(() -> {
            active = true;
            freezes.add(new Freeze(from, done));
        });
        return done;
    }

    /** Tells that frozen bytes are sealed. */
    void sealed(long bytes) {
        hotBytes.addAndGet(-bytes);
        signal(() -> {});
    }

    long hotBytes() {
        return hotBytes.get();
    }

    long loadedRows() {
        return loadedRows.sum();
    }

    private void signal(Runnable change) {
        boolean late;
        lock.lock();
        try {
            change.run();
            late = ended;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (late) {
            failWaiting(stopping());
        }
    }

    private static PilothouseException stopping() {
        return CommonError.UNAVAILABLE.because("The columns are closed: the server is stopping.");
    }

    @Override
    public void run() {
        try {
            while (awaitActive()) {
                try (DuckDBConnection connection = duck.connect()) {
                    while (awaitWork()) {
                        work(connection);
                    }
                } catch (SQLException e) {
                    LOG.error("DuckDB cannot be started; the next try is in a second", e);
                    failWaiting(CommonError.UNAVAILABLE.because("The columns cannot start DuckDB. Try again soon.", e));
                    rest(RETRY_NANOS);
                }
            }
        } finally {
            signal(() -> {
                closing = true;
                ended = true;
            });
        }
    }

    private void work(DuckDBConnection connection) {
        try {
            boolean more = true;
            while (more && !isFull() && !isClosing() && !isFreezeDue()) {
                more = pass(connection);
                grant();
            }
            fresh |= more;
        } catch (SQLException | IOException | RuntimeException e) {
            LOG.error("Rows cannot be loaded into the hot window; the next try is in a second", e);
            failWaiting(
                    e instanceof PilothouseException refusal
                            ? refusal
                            : CommonError.UNAVAILABLE.because(
                                    "The newest rows cannot be loaded at the moment. Try again soon.", e));
            rest(RETRY_NANOS);
        }
        freezeAsAsked();
    }

    private boolean isFreezeDue() {
        lock.lock();
        try {
            return !freezes.isEmpty() && freezes.stream().allMatch(f -> f.from().compareTo(loaded) <= 0);
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull() {
        return hotBytes.get() >= 2 * hotBytesLimit;
    }

    /** Loads up to about {@link #PASS_BYTES}; whether there may be more. */
    private boolean pass(DuckDBConnection connection) throws SQLException, IOException {
        signal(() -> fresh = false);
        var pass = new Pass(connection);
        Position next;
        try (Statement statement = connection.createStatement()) {
            statement.execute("BEGIN TRANSACTION");
            try {
                next = log.replay(loaded, (_, payload) -> pass.take(payload));
                pass.closeAppenders();
                statement.execute("COMMIT");
            } catch (SQLException | IOException | RuntimeException | Error e) {
                pass.abandon();
                rollback(statement, e);
                throw e;
            }
        }
        current.putAll(pass.created);
        tables.addAll(pass.allCreated);
        pass.rows.forEach((table, rows) -> table.rows().addAndGet(rows.sum()));
        if (!pass.allCreated.isEmpty()) {
            shelves.addHot(pass.allCreated);
        }
        loaded = next;
        currentBytes += pass.bytes;
        hotBytes.addAndGet(pass.bytes);
        behind.addAndGet(-pass.bytes);
        loadedRows.add(pass.rowCount);
        return pass.bytes >= PASS_BYTES;
    }

    private static void rollback(Statement statement, Throwable cause) {
        try {
            statement.execute("ROLLBACK");
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** One transaction's work. */
    private final class Pass {
        private final DuckDBConnection connection;
        private final Map<SeriesKey, HotTable> created = new HashMap<>();
        private final List<HotTable> allCreated = new ArrayList<>();
        private final Map<HotTable, DuckDBAppender> appenders = new HashMap<>();
        private final Map<HotTable, LongAdder> rows = new HashMap<>();
        private long bytes;
        private long rowCount;

        Pass(DuckDBConnection connection) {
            this.connection = connection;
        }

        boolean take(ByteBuffer payload) throws IOException {
            // Eight bytes before each record are the log's.
            bytes += payload.remaining() + 8L;
            RowBatch.Head head = RowBatch.head(payload);
            try {
                HotTable table = tableFor(head);
                DuckDBAppender appender = appenders.get(table);
                if (appender == null) {
                    appender = connection.createAppender("hot", table.name());
                    appenders.put(table, appender);
                }
                new RowCursor(head).appendTo(appender);
                rows.computeIfAbsent(table, _ -> new LongAdder()).add(head.rows());
                rowCount += head.rows();
            } catch (SQLException e) {
                throw new IOException("A batch of '" + head.signal() + "' cannot be loaded", e);
            }
            return bytes < PASS_BYTES;
        }

        private HotTable tableFor(RowBatch.Head head) throws SQLException {
            var key = new SeriesKey(head.signal(), head.tenant());
            HotTable table = created.getOrDefault(key, current.get(key));
            if (table != null && table.types().equals(head.types())) {
                return table;
            }
            // A signal that has grown a column goes on in another table; the view joins both.
            var next = new HotTable(key, "t" + ++tableNumber, head.types(), new AtomicLong());
            create(next);
            created.put(key, next);
            allCreated.add(next);
            return next;
        }

        private void create(HotTable table) throws SQLException {
            Signal signal = signals.apply(table.key().signal());
            if (signal == null || signal.columns().size() < table.types().size()) {
                throw new SQLException("The log holds rows of '" + table.key().signal()
                        + "' with more columns than were ever declared");
            }
            var columns = new StringBuilder("\"at\" BIGINT");
            for (int c = 0; c < table.types().size(); c++) {
                columns.append(", ")
                        .append(Duck.name(signal.columns().get(c).name()))
                        .append(' ')
                        .append(Duck.sqlType(table.types().get(c)));
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE hot." + table.name() + " (" + columns + ")");
            }
        }

        void closeAppenders() throws SQLException {
            for (DuckDBAppender appender : appenders.values()) {
                appender.close();
            }
            appenders.clear();
        }

        void abandon() {
            for (DuckDBAppender appender : appenders.values()) {
                try {
                    appender.close();
                } catch (SQLException e) {
                    LOG.debug("An appender of a failed load was dropped", e);
                }
            }
        }
    }

    private void grant() {
        List<Wish> granted = new ArrayList<>();
        lock.lock();
        try {
            wishes.removeIf(wish -> {
                boolean due = wish.upTo().compareTo(loaded) <= 0;
                if (due) {
                    granted.add(wish);
                }
                return due;
            });
        } finally {
            lock.unlock();
        }
        granted.forEach(wish -> wish.done().complete(null));
    }

    private void freezeAsAsked() {
        List<Freeze> asked;
        lock.lock();
        try {
            asked = List.copyOf(freezes);
            freezes.clear();
        } finally {
            lock.unlock();
        }
        for (Freeze freeze : asked) {
            var frozen = new Frozen(tables, loaded, currentBytes);
            tables.clear();
            current.clear();
            currentBytes = 0;
            freeze.done().complete(frozen);
        }
    }

    private boolean awaitActive() {
        lock.lock();
        try {
            while (!active && !closing) {
                changed.awaitUninterruptibly();
            }
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is something to do, letting rows gather unless somebody waits; false when closing. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (!closing && freezes.isEmpty() && (isFull() || (wishes.isEmpty() && !fresh))) {
                changed.awaitUninterruptibly();
            }
            long rest = GATHER_NANOS;
            while (rest > 0 && !closing && wishes.isEmpty() && freezes.isEmpty()) {
                rest = changed.awaitNanos(rest);
            }
        } catch (InterruptedException e) {
            LOG.debug("Nobody interrupts this thread; rows are only loaded early", e);
        } finally {
            lock.unlock();
        }
        return !isClosing();
    }

    private void rest(long nanos) {
        lock.lock();
        try {
            fresh = true;
            long rest = nanos;
            while (rest > 0 && !closing) {
                rest = changed.awaitNanos(rest);
            }
        } catch (InterruptedException e) {
            LOG.debug("Nobody interrupts this thread; the next try is only early", e);
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    private void failWaiting(PilothouseException refusal) {
        List<CompletableFuture<?>> waiting = new ArrayList<>();
        lock.lock();
        try {
            wishes.forEach(wish -> waiting.add(wish.done()));
            wishes.clear();
            if (closing) {
                freezes.forEach(freeze -> waiting.add(freeze.done()));
                freezes.clear();
            }
        } finally {
            lock.unlock();
        }
        waiting.forEach(done -> done.completeExceptionally(refusal));
    }

    void close() {
        signal(() -> closing = true);
    }
}
