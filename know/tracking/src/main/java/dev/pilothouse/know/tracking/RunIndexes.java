package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.Experiments;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The indexes of all tenants: loads them on first use, feeds them after each commit, and every 250 ms writes latest values
 * back so that a start need not read all batches. What a crash left unwritten is rebuilt from the batches. Thread-safe.
 */
final class RunIndexes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunIndexes.class);
    private static final long FLUSH_MILLIS = 250;
    private static final int PAGE = 2000;
    /** On a database with several writers a batch may commit after one of a higher id; merging twice does no harm. */
    private static final int OVERLAP = 1000;

    private final Store store;
    private final InstantSource clock;
    private final Map<String, RunIndex> indexes = new ConcurrentHashMap<>();
    private final Map<String, RunIndex> loaded = new ConcurrentHashMap<>();
    private final Map<String, Long> flushed = new HashMap<>();
    private final SeriesRewriter rewriter;
    private final ScheduledExecutorService flusher;

    RunIndexes(Store store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        this.rewriter = new SeriesRewriter(store);
        this.flusher = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("tracking-flush").daemon().factory());
    }

    /** Starts loading what is there and writing back. */
    void start() {
        flusher.execute(() -> store.read(Experiments::tenants).forEach(this::of));
        var _ = flusher.scheduleWithFixedDelay(this::flush, FLUSH_MILLIS, FLUSH_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The index of a tenant, loaded. */
    RunIndex of(String tenant) {
        RunIndex ready = loaded.get(tenant);
        return ready != null ? ready : loaded.computeIfAbsent(tenant, this::load);
    }

    /** Queues a change for the index once the transaction has committed. */
    void afterCommit(Tx tx, String tenant, RunChange change) {
        tx.afterCommit(() -> {
            RunIndex index = indexes.get(tenant);
            if (index != null) {
                index.queue(change);
            }
        });
    }

    private RunIndex load(String tenant) {
        var index = new RunIndex();
        // Changes committed from here on are queued; earlier ones are what the reads below see.
        indexes.put(tenant, index);
        store.writeAndWait(tx -> {
            Experiments.ensureDefault(tx, tenant, clock.millis());
            return true;
        });
        index.load(() -> {
            String after = "";
            List<Run> runs;
            do {
                String from = after;
                runs = store.read(tx -> loadPage(tx, index, tenant, from));
                after = runs.isEmpty() ? after : runs.getLast().id();
            } while (runs.size() == PAGE);
            replay(index, tenant);
        });
        return index;
    }

    private static List<Run> loadPage(Tx tx, RunIndex index, String tenant, String after) {
        List<Run> runs = SqlRuns.page(tx, tenant, after, PAGE);
        runs.forEach(index::loadRun);
        if (!runs.isEmpty()) {
            String first = runs.getFirst().id();
            String last = runs.getLast().id();
            SqlRuns.params(tx, tenant, first, last)
                    .forEach(e -> onRow(index, e.run(), (table, row) -> table.param(row, e.key(), e.value())));
            SqlRuns.tags(tx, tenant, first, last)
                    .forEach(e -> onRow(index, e.run(), (table, row) -> table.tag(row, e.key(), e.value())));
            SqlInputs.refs(tx, tenant, first, last)
                    .forEach((run, refs) -> onRow(index, run, (table, row) -> table.inputs(row, refs)));
            SqlPoints.latest(tx, tenant, first, last)
                    .forEach(latest -> onRow(
                            index,
                            latest.run(),
                            (table, row) ->
                                    MetricPoints.unpack(latest.points()).forEach(point -> table.load(row, point))));
        }
        return runs;
    }

    private void replay(RunIndex index, String tenant) {
        long through = store.read(tx -> SqlPoints.flushedThrough(tx, tenant));
        index.loadedThrough(through);
        long at = Math.max(0, through - OVERLAP);
        List<SqlPoints.Batch> batches;
        do {
            long from = at;
            batches = store.read(tx -> SqlPoints.after(tx, tenant, from, PAGE));
            for (SqlPoints.Batch batch : batches) {
                onRow(
                        index,
                        batch.run(),
                        (table, row) -> MetricPoints.unpack(batch.points()).forEach(point -> table.offer(row, point)));
                index.loadedThrough(batch.id());
                at = batch.id();
            }
        } while (batches.size() == PAGE);
    }

    private interface RowWriter {
        void write(RunTable table, int row);
    }

    private static void onRow(RunIndex index, String run, RowWriter writer) {
        index.loadedTable(run).ifPresent(table -> table.row(run).ifPresent(row -> writer.write(table, row)));
    }

    private void flush() {
        loaded.forEach((tenant, index) -> {
            RunIndex.Unflushed unflushed = index.takeUnflushed();
            Long before = flushed.put(tenant, unflushed.through());
            if (unflushed.latest().isEmpty()
                    && unflushed.crowded().isEmpty()
                    && before != null
                    && before == unflushed.through()) {
                return;
            }
            var packed = new HashMap<String, byte[]>();
            unflushed.latest().forEach((run, points) -> packed.put(run, MetricPoints.pack(points)));
            try {
                store.writeAndWait(tx -> {
                    SqlPoints.flush(tx, tenant, unflushed.through(), packed);
                    return true;
                });
                unflushed.crowded().forEach(run -> rewriter.rewrite(tenant, run, unflushed.through()));
            } catch (RuntimeException e) {
                // The batches hold the truth: what could not be written is rebuilt from them at the next start.
                LOG.warn("Metric values of tenant {} could not be rewritten; the batches stay as they are", tenant, e);
                flushed.remove(tenant);
            }
        });
    }

    @Override
    public void close() {
        flusher.shutdown();
        try {
            if (!flusher.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("Writing of latest metric values did not end in 10 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        flush();
    }
}
