package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.MetricPoint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * All runs of one tenant in memory, as columns by experiment. Committed changes are queued in the order of commits and
 * applied before the next reading, so that a caller reads what it wrote and writers never wait for readers. Everything
 * here can be rebuilt from the store. Thread-safe.
 */
final class RunIndex {
    /** A run that still logs is rewritten after so many batches, one that has ended after fewer. */
    private static final int CROWDED = 256;

    private static final int CROWDED_ENDED = 16;

    private final Queue<RunChange> pending = new ConcurrentLinkedQueue<>();
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Map<Long, RunTable> tables = new HashMap<>();
    private final Map<String, RunTable> tableByRun = new HashMap<>();
    /** Batches of a run that stand in the store as they were logged. */
    private final Map<String, Integer> batches = new HashMap<>();
    /** Runs of which there are so many that they should be rewritten. */
    private final Set<String> crowded = new HashSet<>();

    private long appliedBatch;

    /** Takes a committed change; called on the store's thread. */
    void queue(RunChange change) {
        pending.add(change);
    }

    /** Fills the index from the store; changes queued meanwhile are applied afterwards, which does no harm twice. */
    void load(Runnable filling) {
        lock.writeLock().lock();
        try {
            filling.run();
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Notes a run while loading. */
    RunTable loadRun(Run run) {
        RunTable table = tables.computeIfAbsent(run.experiment(), e -> new RunTable());
        table.put(run);
        tableByRun.put(run.id(), table);
        return table;
    }

    /** The table of a run while loading. */
    Optional<RunTable> loadedTable(String run) {
        return Optional.ofNullable(tableByRun.get(run));
    }

    /** Notes that batches up to this one are in the index. */
    void loadedThrough(long batch) {
        appliedBatch = Math.max(appliedBatch, batch);
    }

    /** Reads one run; the reader is called under the lock and must be short. */
    <T> Optional<T> read(String run, RowReader<T> reader) {
        return reading(() -> {
            RunTable table = tableByRun.get(run);
            return table == null ? Optional.empty() : table.row(run).map(row -> reader.read(table, row));
        });
    }

    /** Reads the tables of some experiments under the lock. */
    <T> T read(List<Long> experiments, Function<List<RunTable>, T> reader) {
        return reading(() -> reader.apply(experiments.stream()
                .distinct()
                .filter(tables::containsKey)
                .map(tables::get)
                .toList()));
    }

    /**
     * What has to be written so that everything applied up to now survives.
     *
     * @param through the last batch whose points are contained
     * @param latest latest values of the runs that changed
     * @param crowded runs with so many batches that they should be rewritten
     */
    record Unflushed(long through, Map<String, List<MetricPoint>> latest, List<String> crowded) {}

    /** Takes what changed since the last call. */
    Unflushed takeUnflushed() {
        lock.writeLock().lock();
        try {
            applyPending();
            var latest = new HashMap<String, List<MetricPoint>>();
            tables.values().forEach(table -> latest.putAll(table.takeChanged()));
            return new Unflushed(appliedBatch, latest, takeCrowded());
        } finally {
            lock.writeLock().unlock();
        }
    }

    private List<String> takeCrowded() {
        List<String> taken = List.copyOf(crowded);
        crowded.forEach(batches::remove);
        crowded.clear();
        return taken;
    }

    private void count(String run, int more) {
        int count = batches.merge(run, more, Integer::sum);
        if (count >= (ended(run) ? CROWDED_ENDED : CROWDED)) {
            crowded.add(run);
        }
    }

    private boolean ended(String run) {
        RunTable table = tableByRun.get(run);
        return table != null
                && table.row(run).map(row -> table.run(row).ended()).orElse(false);
    }

    /** Reads a row. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(RunTable table, int row);
    }

    private <T> T reading(Supplier<T> reader) {
        if (!pending.isEmpty()) {
            lock.writeLock().lock();
            try {
                applyPending();
            } finally {
                lock.writeLock().unlock();
            }
        }
        lock.readLock().lock();
        try {
            return reader.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    private void applyPending() {
        for (RunChange change = pending.poll(); change != null; change = pending.poll()) {
            apply(change);
        }
    }

    private void apply(RunChange change) {
        switch (change) {
            case RunChange.Described(Run run) -> describe(run);
            case RunChange.Whole whole -> replace(whole);
            case RunChange.Params params ->
                on(params.run(), (table, row) -> params.params().forEach((key, value) -> table.param(row, key, value)));
            case RunChange.Tags tags ->
                on(tags.run(), (table, row) -> tags.tags().forEach((key, value) -> table.tag(row, key, value)));
            case RunChange.TagRemoved tag -> on(tag.run(), (table, row) -> table.tag(row, tag.key(), null));
            case RunChange.Points points -> {
                appliedBatch = Math.max(appliedBatch, points.batch());
                count(points.run(), 1);
                on(points.run(), (table, row) -> points.points().forEach(point -> table.offer(row, point)));
            }
            case RunChange.Inputs inputs -> on(inputs.run(), (table, row) -> table.inputs(row, inputs.datasets()));
        }
    }

    private RunTable describe(Run run) {
        RunTable table = loadRun(run);
        if (run.ended() && batches.containsKey(run.id())) {
            count(run.id(), 0);
        }
        return table;
    }

    private void replace(RunChange.Whole whole) {
        RunTable table = describe(whole.known());
        table.row(whole.run()).ifPresent(row -> {
            whole.params().forEach((key, value) -> table.param(row, key, value));
            table.tagKeys(row).stream()
                    .filter(key -> !whole.tags().containsKey(key))
                    .forEach(key -> table.tag(row, key, null));
            whole.tags().forEach((key, value) -> table.tag(row, key, value));
            table.inputs(row, whole.datasets());
        });
    }

    private void on(String run, RowWriter writer) {
        RunTable table = tableByRun.get(run);
        if (table != null) {
            table.row(run).ifPresent(row -> writer.write(table, row));
        }
    }

    @FunctionalInterface
    private interface RowWriter {
        void write(RunTable table, int row);
    }
}
