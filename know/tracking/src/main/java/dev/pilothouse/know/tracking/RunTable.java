package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.MetricPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The runs of one experiment as columns. Guarded by the lock of its {@link RunIndex}. */
final class RunTable {
    private final List<Run> runs = new ArrayList<>();
    private final Map<String, Integer> rows = new HashMap<>();
    private final List<List<RunChange.DatasetRef>> datasets = new ArrayList<>();
    private final BitSet metricsChanged = new BitSet();
    /** What nearly every search asks, beside the runs themselves: an array is read many times faster than objects. */
    private final BitSet deleted = new BitSet();

    private long[] started = new long[8];
    private String[] statuses = new String[8];
    final RunColumns<RunColumns.Texts> params = RunColumns.texts();
    final RunColumns<RunColumns.Texts> tags = RunColumns.texts();
    final RunColumns<RunColumns.Latest> metrics = RunColumns.metrics();

    int size() {
        return runs.size();
    }

    Run run(int row) {
        return runs.get(row);
    }

    List<RunChange.DatasetRef> datasets(int row) {
        return datasets.get(row);
    }

    boolean deleted(int row) {
        return deleted.get(row);
    }

    long startedAt(int row) {
        return started[row];
    }

    String status(int row) {
        return statuses[row];
    }

    Optional<Integer> row(String run) {
        return Optional.ofNullable(rows.get(run));
    }

    /** Adds the run or replaces what is known of it. */
    void put(Run run) {
        Integer known = rows.putIfAbsent(run.id(), runs.size());
        int row = known == null ? runs.size() : known;
        if (known == null) {
            runs.add(run);
            datasets.add(List.of());
        } else {
            runs.set(row, run);
        }
        if (row >= started.length) {
            started = Arrays.copyOf(started, row * 2);
            statuses = Arrays.copyOf(statuses, row * 2);
        }
        started[row] = run.startedAt();
        statuses[row] = run.status();
        deleted.set(row, run.deleted());
    }

    void param(int row, String key, String value) {
        RunColumns.put(params, row, key, value);
    }

    List<String> tagKeys(int row) {
        var keys = new ArrayList<String>();
        tags.each(row, column -> keys.add(column.key));
        return keys;
    }

    void tag(int row, String key, @Nullable String value) {
        RunColumns.put(tags, row, key, value);
    }

    void offer(int row, MetricPoint point) {
        if (RunColumns.offer(metrics, row, point)) {
            metricsChanged.set(row);
        }
    }

    /** Takes a point that is on disk already. */
    void load(int row, MetricPoint point) {
        RunColumns.offer(metrics, row, point);
    }

    void inputs(int row, List<RunChange.DatasetRef> more) {
        var all = new ArrayList<>(datasets.get(row));
        for (RunChange.DatasetRef dataset : more) {
            all.removeIf(d -> d.name().equals(dataset.name()) && d.digest().equals(dataset.digest()));
            all.add(dataset);
        }
        datasets.set(row, List.copyOf(all));
    }

    List<MetricPoint> latest(int row) {
        var points = new ArrayList<MetricPoint>();
        metrics.each(row, column -> points.add(column.point(row)));
        return points;
    }

    /** Runs whose latest values changed since the last call, with those values. */
    Map<String, List<MetricPoint>> takeChanged() {
        var changed = new HashMap<String, List<MetricPoint>>();
        for (int row = metricsChanged.nextSetBit(0); row >= 0; row = metricsChanged.nextSetBit(row + 1)) {
            changed.put(runs.get(row).id(), latest(row));
        }
        metricsChanged.clear();
        return changed;
    }
}
