package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentError;
import dev.pilothouse.platform.segments.SegmentLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link Columns} on a log, DuckDB and Parquet files in one folder: {@code log/}, {@code parquet/<signal>/<tenant>/
 * <hour>-<n>.parquet}, {@code manifest.json} and {@code spill/}. Thread-safe; nothing but {@link #open}, {@link #define}
 * and {@link #close} blocks.
 */
public final class DuckColumns implements Columns {
    private static final Logger LOG = LoggerFactory.getLogger(DuckColumns.class);
    private static final int CLOSING_SECONDS = 10;
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    private static final Set<String> OWN_COLUMNS = Set.of("tenant", "at");

    private final ColumnsConfig config;
    private final SegmentLog log;
    private final ManifestFile manifest;
    private final Shelves shelves;
    private final Duck duck;
    private final HotLoader loader;
    private final Thread loaderThread;
    private final Sealer sealer;
    private final QueryRunner queries;
    private final @Nullable Exchange exchange;
    private final ScheduledExecutorService upkeep;
    private final ScheduledExecutorService exchanging;
    private final ScheduledExecutorService timer;
    private final AtomicLong behind;
    private final LongAdder appendedRows = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private boolean closed;

    private DuckColumns(
            ColumnsConfig config, InstantSource clock, SegmentLog log, ManifestFile manifest, Consumer<String> steps)
            throws IOException {
        this.config = config;
        this.log = log;
        this.manifest = manifest;
        Path parquet = parquetFolder(config);
        Position sealed = manifest.current().sealed();
        this.behind = new AtomicLong(log.bytesAfter(sealed));
        this.shelves = new Shelves(manifest.current().files());
        Optional<Path> shared =
                config.exchange().map(folder -> folder.toAbsolutePath().normalize());
        this.exchange = shared.isEmpty()
                ? null
                : Exchange.join(shared.get(), config.folder(), parquet, manifest, shelves, clock);
        this.duck = new Duck(config.folder().resolve("spill"), parquet, shared, config.memoryBytes());
        this.loader = new HotLoader(log, duck, shelves, this::signal, sealed, config.hotBytes(), behind);
        this.sealer = new Sealer(log, duck, loader, shelves, manifest, parquet, clock, steps);
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("columns-timer").factory());
        this.upkeep = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("columns-sealer").factory());
        this.queries = new QueryRunner(duck, shelves, () -> manifest.current().signals(), parquet, config, timer);
        this.loaderThread = Thread.ofPlatform().daemon().name("columns-loader").start(loader);
        if (!config.lazy()) {
            loader.activate();
        }
        var _ = upkeep.scheduleWithFixedDelay(this::keepUp, 1, 1, TimeUnit.SECONDS);
        var _ = upkeep.scheduleWithFixedDelay(this::retainQuietly, 1, 60, TimeUnit.SECONDS);
        // On a thread of its own: the folder may lie on another machine, which may not answer.
        this.exchanging = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("columns-exchange").factory());
        if (exchange != null) {
            var _ = exchanging.scheduleWithFixedDelay(exchange::keepUp, 0, 1, TimeUnit.SECONDS);
        }
    }

    /**
     * Opens the columns of a folder, which is created where absent and belongs to this process until closed. Rows that
     * were acknowledged and not yet sealed are read again from the log once DuckDB loads.
     *
     * @throws PilothouseException {@link SegmentError#FOLDER_IN_USE}, {@link SegmentError#CORRUPT}, OUT_OF_SPACE
     */
    public static DuckColumns open(ColumnsConfig config, InstantSource clock) {
        return open(config, clock, _ -> {});
    }

    static DuckColumns open(ColumnsConfig config, InstantSource clock, Consumer<String> steps) {
        SegmentLog log = SegmentLog.open(
                config.folder().resolve("log"), SegmentConfig.STANDARD.withDurability(config.durability()), clock);
        try {
            ManifestFile manifest = ManifestFile.open(config.folder(), parquetFolder(config));
            Position sealed = manifest.current().sealed();
            if (sealed.compareTo(log.end()) > 0) {
                throw SegmentError.CORRUPT.because(
                        "The log in " + config.folder().resolve("log")
                                + " ends before what is already sealed. It was emptied or belongs to other data; restore the"
                                + " whole folder from a backup.");
            }
            log.delete(sealed.segment());
            clear(config.folder().resolve("spill"));
            return new DuckColumns(config, clock, log, manifest, steps);
        } catch (IOException e) {
            log.close();
            throw Disk.refusal(e, config.folder(), "The folder of the columns");
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    private static Path parquetFolder(ColumnsConfig config) {
        return config.folder().toAbsolutePath().normalize().resolve("parquet");
    }

    private static void clear(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> left = Files.walk(folder)) {
                for (Path each : left.filter(Files::isRegularFile).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    private @Nullable Signal signal(String name) {
        Manifest.Declared declared = manifest.current().signals().get(name);
        return declared == null ? null : declared.signal();
    }

    @Override
    public void define(Signal signal, Duration retention) {
        requireGoodNames(signal);
        var declared = new Manifest.Declared(signal, Duration.ofSeconds(Math.max(1, retention.toSeconds())));
        if (declared.equals(manifest.current().signals().get(signal.name()))) {
            return;
        }
        try {
            manifest.update(old -> {
                Manifest.Declared before = old.signals().get(signal.name());
                if (before != null && !isGrownFrom(before.signal(), signal)) {
                    throw CommonError.CONFLICT.because("The signal '" + signal.name() + "' has the columns "
                            + before.signal().columns() + " already; columns can only be added behind them. Give the"
                            + " changed signal another name.");
                }
                return old.with(declared);
            });
        } catch (IOException e) {
            throw Disk.refusal(e, config.folder(), "The signal's declaration");
        }
    }

    private static boolean isGrownFrom(Signal before, Signal after) {
        int known = before.columns().size();
        return after.columns().size() >= known
                && after.columns().subList(0, known).equals(before.columns());
    }

    private static void requireGoodNames(Signal signal) {
        var seen = new HashSet<>(OWN_COLUMNS);
        boolean good = NAME.matcher(signal.name()).matches() && signal.name().length() <= 100;
        for (Signal.Column column : signal.columns()) {
            good &= NAME.matcher(column.name()).matches() && seen.add(column.name());
        }
        if (!good) {
            throw CommonError.INVALID.because("The signal '" + signal.name() + "' needs a name and distinct columns of"
                    + " lower-case letters, digits and underscores, beginning with a letter; 'tenant' and 'at' are in"
                    + " every signal already.");
        }
    }

    @Override
    public CompletableFuture<Void> append(String tenant, String signal, List<Row> rows) {
        ByteBuffer record;
        try {
            record = RowBatch.encode(tenant, required(signal), rows);
        } catch (PilothouseException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
        if (rows.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        // Eight bytes before each record are the log's.
        long size = record.remaining() + 8L;
        long nowBehind = behind.addAndGet(size);
        if (nowBehind > config.behindBytes()) {
            behind.addAndGet(-size);
            refused.increment();
            loader.activate();
            return CompletableFuture.failedFuture(CommonError.UNAVAILABLE.because(
                    "The columns are more than " + config.behindBytes() + " bytes behind. Send the rows again soon."));
        }
        if (nowBehind > config.hotBytes()) {
            loader.activate();
        }
        return log.append(record).handle((_, failure) -> {
            if (failure != null) {
                behind.addAndGet(-size);
                throw failure instanceof PilothouseException refusal
                        ? refusal
                        : CommonError.INTERNAL.because("The rows were not stored.", failure);
            }
            appendedRows.add(rows.size());
            loader.appended();
            return null;
        });
    }

    private Signal required(String name) {
        Signal known = signal(name);
        if (known == null) {
            throw CommonError.INVALID.because("There is no signal '" + name + "'."
                    + Nearest.hint(name, manifest.current().signals().keySet()));
        }
        return known;
    }

    @Override
    public CompletableFuture<Result> query(String tenant, String sql, List<?> parameters, Duration limit) {
        // Rows gather up to a fraction of a second before they are loaded; only what an earlier process left is
        // awaited.
        return recovered()
                .thenCompose(_ -> queries.submit(tenant, sql, parameters, limit))
                .exceptionallyCompose(failure -> {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    boolean unreadable =
                            cause instanceof PilothouseException refusal && refusal.code() == CommonError.INTERNAL;
                    // Another process may have dropped a file that it showed long ago.
                    return exchange == null || !unreadable
                            ? CompletableFuture.failedFuture(cause)
                            : CompletableFuture.runAsync(exchange::keepUp, exchanging)
                                    .thenCompose(_ -> queries.submit(tenant, sql, parameters, limit));
                });
    }

    private @Nullable CompletableFuture<Void> firstLoad;

    private synchronized CompletableFuture<Void> recovered() {
        CompletableFuture<Void> first = firstLoad;
        if (first == null || first.isCompletedExceptionally()) {
            first = flush();
            firstLoad = first;
        }
        return first;
    }

    @Override
    public CompletableFuture<Void> flush() {
        return loader.loadedUpTo(log.end());
    }

    @Override
    public CompletableFuture<Void> sync() {
        return log.sync().thenApply(_ -> null);
    }

    /** Moves everything appended up to now into Parquet files, as happens by itself from time to time. */
    public CompletableFuture<Void> seal() {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        sealer.seal();
                        sealer.merge();
                    } catch (IOException | SQLException e) {
                        throw Disk.refusal(e, config.folder(), "The hot window");
                    }
                },
                upkeep);
    }

    /** Seals what was appended up to now and holds the files, for a backup; completes once they are held. */
    public CompletableFuture<ColumnsCopy> copy() {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        if (log.bytesAfter(manifest.current().sealed()) > 0) {
                            sealer.seal();
                        }
                    } catch (IOException | SQLException e) {
                        throw Disk.refusal(e, config.folder(), "The hot window");
                    }
                    // On the thread that alone seals, merges and deletes, so that nothing comes between.
                    Shelves.Picture held = shelves.enter("", Set.of());
                    return new ColumnsCopy(
                            manifest.current(),
                            exchange == null ? List.of() : exchange.others(),
                            parquetFolder(config),
                            () -> shelves.leave(held));
                },
                upkeep);
    }

    /** Deletes the files whose rows are all older than their signal's retention, as happens each minute by itself. */
    public CompletableFuture<Void> retain() {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        sealer.retain();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                upkeep);
    }

    private void keepUp() {
        try {
            sealer.sealIfDue(config.hotBytes(), config.sealInterval());
        } catch (IOException | SQLException | RuntimeException e) {
            LOG.warn("The hot window was not sealed; it is tried again: {}", e.getMessage());
        }
    }

    private void retainQuietly() {
        try {
            sealer.retain();
        } catch (IOException | RuntimeException e) {
            LOG.warn("Old files were not deleted; it is tried again: {}", e.getMessage());
        }
    }

    @Override
    public Map<String, Long> rowsBySignal() {
        return shelves.rowsBySignal();
    }

    /** Counters and gauges. */
    public ColumnsStats stats() {
        List<ParquetFile> files = manifest.current().files();
        return new ColumnsStats(
                appendedRows.sum(),
                refused.sum(),
                behind.get(),
                loader.hotBytes(),
                loader.loadedRows(),
                sealer.seals(),
                files.size(),
                files.stream().mapToLong(ParquetFile::bytes).sum(),
                queries.queries(),
                queries.failed());
    }

    private void showTheRest() {
        Exchange others = exchange;
        if (others == null) {
            return;
        }
        boolean waiting = log.bytesAfter(manifest.current().sealed()) > 0;
        CompletableFuture<Void> sealed = waiting ? seal() : CompletableFuture.completedFuture(null);
        try {
            sealed.thenRunAsync(others::keepUp, exchanging).get(CLOSING_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("Other replicas see this one's last rows only once it runs again", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isDuckLoaded() {
        return duck.isLoaded();
    }

    /**
     * Ends running queries and lets the log sync. What is not sealed comes again from the log at the next start; with other
     * processes it is sealed and shown to them first.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        showTheRest();
        loader.close();
        upkeep.shutdown();
        exchanging.shutdownNow();
        queries.close();
        try {
            upkeep.awaitTermination(30, TimeUnit.SECONDS);
            loaderThread.join();
            duck.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            LOG.warn("DuckDB was not closed: {}", e.getMessage());
        } finally {
            timer.shutdownNow();
            log.close();
        }
    }
}
