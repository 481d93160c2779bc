package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.know.mlflow.PageToken;
import dev.pilothouse.platform.store.Store;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** All points of a metric, as logged; points that were sent twice are shown once. Thread-safe; calls block. */
final class MetricHistory {
    private static final Comparator<MetricPoint> ORDER = Comparator.comparingLong(MetricPoint::timestamp)
            .thenComparingLong(MetricPoint::step)
            .thenComparingDouble(MetricPoint::value);

    private final Store store;

    MetricHistory(Store store) {
        this.store = store;
    }

    /** Points of one metric of one run, by time, step and value. */
    List<MetricPoint> of(String tenant, String run, String key) {
        List<byte[]> batches = store.read(tx -> {
            Runs.find(tx, tenant, run);
            return SqlPoints.ofMetric(tx, tenant, run, key);
        });
        var points = new LinkedHashSet<MetricPoint>();
        for (byte[] batch : batches) {
            for (MetricPoint point : MetricPoints.unpack(batch)) {
                if (point.key().equals(key)) {
                    points.add(point);
                }
            }
        }
        return points.stream().sorted(ORDER).toList();
    }

    PageToken.Page<MetricPoint> page(String tenant, String run, String key, Optional<String> token, int most) {
        return PageToken.cut(of(tenant, run, key), token, most);
    }

    /**
     * Points at a sample of steps between two steps, both ends included: at most {@code most} steps, evenly picked from
     * those that occur, first and last always among them.
     */
    List<MetricPoint> sample(String tenant, String run, String key, long start, long end, int most) {
        List<MetricPoint> inside = of(tenant, run, key).stream()
                .filter(p -> p.step() >= start && p.step() <= end)
                .toList();
        long[] steps =
                inside.stream().mapToLong(MetricPoint::step).distinct().sorted().toArray();
        if (steps.length <= most) {
            return inside;
        }
        var picked = new TreeSet<Long>();
        for (int i = 0; i < most; i++) {
            picked.add(steps[(int) ((long) i * (steps.length - 1) / Math.max(1, most - 1))]);
        }
        return inside.stream().filter(p -> picked.contains(p.step())).toList();
    }
}
