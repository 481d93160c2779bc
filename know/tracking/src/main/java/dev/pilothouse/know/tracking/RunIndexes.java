package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.Experiments;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Tenure;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The indexes of all tenants: loads them on first use, feeds them after each commit, and every 250 ms writes latest values
 * back so that a start need not read all batches. What a crash left unwritten is rebuilt from the batches.
 *
 * <p>Where replicas share a database, each tells the others which runs it changed, in the transaction of the change, and
 * takes in what they changed before every search; one of them writes back. Thread-safe.
 */
final class RunIndexes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunIndexes.class);
    private static final long FLUSH_MILLIS = 250;
    private static final int PAGE = 2000;
    /** On a database with several writers a batch may commit after one of a higher id; merging twice does no harm. */
    private static final int OVERLAP = 1000;
    /** How long changes are kept for other replicas. */
    private static final Duration FORGOTTEN = Duration.ofHours(1);

    private static final Duration PRUNE_EACH = Duration.ofMinutes(1);

    private final Store store;
    private final InstantSource clock;
    private final Map<String, RunIndex> indexes = new ConcurrentHashMap<>();
    private final Map<String, RunIndex> loaded = new ConcurrentHashMap<>();
    private final Map<String, Long> flushed = new HashMap<>();
    private final boolean shared;
    private final String replica = UUID.randomUUID().toString();
    private final Tenure flushing;
    private final AtomicLong looks = new AtomicLong();
    /** Changes in transactions from here on are yet to be taken in, but for those in {@link #taken}. */
    private volatile long openFrom;

    private Set<Long> taken = Set.of();
    /** Runs read in the last look: what this process changed in them meanwhile may have been queued before that reading. */
    private Set<String> contested = Set.of();

    private long lookedAt;
    private long prunedAt;
    /** By tenant, the runs to rewrite and the batch up to which; used by the flusher only, as the next two. */
    private final Map<String, Map<String, Long>> crowded = new HashMap<>();

    private final Map<String, Mark> marks = new HashMap<>();
    private final Map<String, Long> settled = new HashMap<>();
    private final SeriesRewriter rewriter;
    private final ScheduledExecutorService flusher;

    /** All batches up to one that will ever be there are seen, once every transaction before another has ended. */
    private record Mark(long batch, long before) {}

    RunIndexes(Store store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        this.rewriter = new SeriesRewriter(store);
        this.shared = store.dialect() == Dialect.POSTGRESQL;
        this.flushing = new Tenure(new Leases(store), "tracking/flush", replica, Duration.ofSeconds(3));
        this.flusher = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("tracking-flush").daemon().factory());
    }

    /** Starts loading what is there and writing back. */
    void start() {
        if (shared) {
            openFrom = store.read(SqlRuns::oldestOpen);
            lookedAt = System.nanoTime();
        }
        flusher.execute(() -> store.read(Experiments::tenants).forEach(this::of));
        var _ = flusher.scheduleWithFixedDelay(this::flush, FLUSH_MILLIS, FLUSH_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The index of a tenant with all that was committed before this call, wherever. */
    RunIndex current(String tenant) {
        RunIndex index = of(tenant);
        if (shared) {
            lookAtOthers();
            return of(tenant);
        }
        return index;
    }

    /** Takes in what other replicas changed; returns once a look that began after the call has ended. */
    private void lookAtOthers() {
        long before = looks.get();
        synchronized (looks) {
            // Somebody else's look that began while this call waited serves as well.
            if (looks.get() <= before) {
                looks.incrementAndGet();
                if (System.nanoTime() - lookedAt > FORGOTTEN.dividedBy(2).toNanos()) {
                    // Held up for so long that changes may be forgotten: begin anew.
                    openFrom = store.read(SqlRuns::oldestOpen);
                    taken = Set.of();
                    indexes.clear();
                    loaded.clear();
                } else {
                    store.read(this::takeIn);
                }
                lookedAt = System.nanoTime();
            }
        }
    }

    private boolean takeIn(Tx tx) {
        long open = SqlRuns.oldestOpen(tx);
        List<SqlRuns.Change> changes = SqlRuns.changesSince(tx, openFrom);
        var wholes = new HashSet<String>();
        var seen = new HashSet<Long>();
        for (SqlRuns.Change change : changes) {
            seen.add(change.id());
            RunIndex index = indexes.get(change.tenant());
            if (index == null || taken.contains(change.id())) {
                continue;
            }
            String run = change.tenant() + "/" + change.run();
            boolean ours = change.replica().equals(replica);
            if (change.batch() != 0) {
                if (!ours) {
                    points(tx, change).ifPresent(index::queue);
                }
            } else if ((!ours || contested.contains(run)) && wholes.add(run)) {
                // All of one look are of one snapshot, so that once is enough.
                whole(tx, change).ifPresent(index::queue);
            }
        }
        contested = wholes;
        taken = seen;
        openFrom = open;
        return true;
    }

    private static Optional<RunChange> whole(Tx tx, SqlRuns.Change change) {
        String tenant = change.tenant();
        String id = change.run();
        return SqlRuns.find(tx, tenant, id)
                .map(run -> new RunChange.Whole(
                        run,
                        SqlRuns.params(tx, tenant, id),
                        SqlRuns.tags(tx, tenant, id),
                        SqlInputs.refs(tx, tenant, id, id).getOrDefault(id, List.of())));
    }

    /** The points of a batch; of one that was rewritten already, the latest values, which hold it. */
    private static Optional<RunChange> points(Tx tx, SqlRuns.Change change) {
        String tenant = change.tenant();
        return SqlPoints.find(tx, tenant, change.batch())
                .or(() -> SqlPoints.latest(tx, tenant, change.run(), change.run()).stream()
                        .findFirst())
                .map(batch -> new RunChange.Points(change.run(), batch.id(), MetricPoints.unpack(batch.points())));
    }

    /** The index of a tenant, loaded. */
    RunIndex of(String tenant) {
        RunIndex ready = loaded.get(tenant);
        return ready != null ? ready : loaded.computeIfAbsent(tenant, this::load);
    }

    /** Queues a change for the index once the transaction has committed. */
    void afterCommit(Tx tx, String tenant, RunChange change) {
        if (shared) {
            long batch = change instanceof RunChange.Points points ? points.batch() : 0;
            SqlRuns.addChange(tx, tenant, change.run(), batch, replica, clock.millis());
        }
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
        try {
            if (!shared) {
                writeBack();
            } else if (flushing.hold().isPresent()) {
                lookAtOthers();
                writeBack();
                prune();
            }
        } catch (RuntimeException e) {
            LOG.debug("Metric values are written back by the next try", e);
        }
    }

    private void prune() {
        long now = System.nanoTime();
        if (now - prunedAt > PRUNE_EACH.toNanos()) {
            prunedAt = now;
            store.writeAndWait(tx -> SqlRuns.pruneChanges(tx, clock.millis() - FORGOTTEN.toMillis()));
        }
    }

    private void writeBack() {
        loaded.forEach((tenant, index) -> {
            RunIndex.Unflushed unflushed = index.takeUnflushed();
            Map<String, Long> waiting = crowded.computeIfAbsent(tenant, _ -> new HashMap<>());
            unflushed.crowded().forEach(run -> waiting.put(run, unflushed.through()));
            Long before = flushed.put(tenant, unflushed.through());
            if (unflushed.latest().isEmpty() && waiting.isEmpty() && before != null && before == unflushed.through()) {
                return;
            }
            var packed = new HashMap<String, byte[]>();
            unflushed.latest().forEach((run, points) -> packed.put(run, MetricPoints.pack(points)));
            try {
                store.writeAndWait(tx -> {
                    SqlPoints.flush(tx, tenant, unflushed.through(), packed);
                    return true;
                });
                long through = settled(tenant, unflushed.through());
                waiting.entrySet().removeIf(run -> {
                    boolean due = run.getValue() <= through;
                    if (due) {
                        rewriter.rewrite(tenant, run.getKey(), through);
                    }
                    return due;
                });
            } catch (RuntimeException e) {
                // The batches hold the truth: what could not be written is rebuilt from them at the next start.
                LOG.warn("Metric values of tenant {} could not be rewritten; the batches stay as they are", tenant, e);
                flushed.remove(tenant);
            }
        });
    }

    /**
     * The batch up to which latest values were written of all batches there are. Where others write too, a batch may commit
     * after one of a higher id; so a batch counts only once all transactions that were open when it was the last have ended.
     */
    private long settled(String tenant, long through) {
        if (!shared) {
            return through;
        }
        Mark mark = marks.get(tenant);
        if (mark == null || openFrom >= mark.before()) {
            if (mark != null) {
                settled.put(tenant, mark.batch());
            }
            marks.put(tenant, new Mark(through, store.read(SqlRuns::nextTransaction)));
        }
        return settled.getOrDefault(tenant, 0L);
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
        if (shared) {
            try {
                flushing.release();
            } catch (RuntimeException e) {
                LOG.debug("The other replicas will find that this one writes nothing back any more", e);
            }
        }
    }
}
