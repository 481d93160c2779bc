package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.platform.store.Store;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * Rewrites a run's batches as one series per metric, in the background, so that a history is read without all other
 * metrics; points that were sent twice are dropped. Batches and series change places in one transaction, so that a reader
 * sees each point in exactly one of them.
 */
final class SeriesRewriter {
    private static final int BATCHES = 512;
    private static final int POINTS = 8192;

    private final Store store;

    SeriesRewriter(Store store) {
        this.store = store;
    }

    /**
     * Rewrites what a run has logged.
     *
     * @param through the last batch that the latest values contain; later ones are needed after a crash and stay
     */
    void rewrite(String tenant, String run, long through) {
        while (true) {
            List<SqlPoints.Batch> batches = store.read(tx -> SqlPoints.ofRun(tx, tenant, run, through, BATCHES));
            if (batches.isEmpty()) {
                return;
            }
            var series = new TreeMap<String, Set<MetricPoint>>();
            for (SqlPoints.Batch batch : batches) {
                for (MetricPoint point : MetricPoints.unpack(batch.points())) {
                    series.computeIfAbsent(point.key(), k -> new LinkedHashSet<>())
                            .add(point);
                }
            }
            long last = batches.getLast().id();
            boolean mine = store.writeAndWait(tx -> {
                // Another replica may have been here in between: then its series hold these points already.
                if (SqlPoints.count(tx, tenant, run, last) != batches.size()) {
                    return false;
                }
                SqlPoints.removeBatches(tx, tenant, run, last);
                series.forEach((key, points) -> {
                    var all = new ArrayList<>(points);
                    for (int from = 0; from < all.size(); from += POINTS) {
                        List<MetricPoint> some = all.subList(from, Math.min(all.size(), from + POINTS));
                        SqlPoints.addSeries(tx, tenant, run, key, MetricPoints.pack(some));
                    }
                });
                return true;
            });
            if (!mine || batches.size() < BATCHES) {
                return;
            }
        }
    }
}
