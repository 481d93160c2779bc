package dev.pilothouse.know.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.know.mlflow.SearchClause;
import dev.pilothouse.know.mlflow.SearchOrder;
import dev.pilothouse.know.mlflow.ViewType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The column index against a plain model of maps, under random changes and searches. */
class RunIndexTest {
    private static final class Plain {
        final Map<String, Double> metrics = new HashMap<>();
        final Map<String, String> params = new HashMap<>();
        final Map<String, String> tags = new HashMap<>();
        boolean deleted;
        long startedAt;
    }

    @Test
    void searchesFindWhatAPlainModelFinds() {
        long seed = 4711;
        var random = new Random(seed);
        var index = new RunIndex();
        var plain = new HashMap<String, Plain>();
        var ids = new ArrayList<String>();
        for (int i = 0; i < 3000; i++) {
            String id =
                    ids.isEmpty() || random.nextInt(8) == 0 ? "run" + ids.size() : ids.get(random.nextInt(ids.size()));
            if (!plain.containsKey(id)) {
                ids.add(id);
                var run = new Plain();
                run.startedAt = random.nextInt(50);
                plain.put(id, run);
                index.queue(new RunChange.Described(run(id, run)));
            }
            change(random, index, id, plain.getOrDefault(id, new Plain()), i);
            if (i % 30 == 0) {
                compare(seed, random, index, plain);
            }
        }
    }

    private static void change(Random random, RunIndex index, String id, Plain run, int step) {
        String key = "k" + random.nextInt(4);
        switch (random.nextInt(5)) {
            case 0 -> {
                double value = random.nextInt(10) == 0 ? Double.NaN : random.nextInt(20);
                run.metrics.put(key, value);
                index.queue(new RunChange.Points(
                        id, step, List.of(new MetricPoint(key, value, 0, step, MetricPoint.Origin.NONE))));
                index.queue(new RunChange.Points(
                        id, step, List.of(new MetricPoint(key, -1, 0, step - 1, MetricPoint.Origin.NONE))));
            }
            case 1 -> {
                run.params.putIfAbsent(key, "v" + random.nextInt(3));
                index.queue(new RunChange.Params(id, Map.of(key, run.params.getOrDefault(key, ""))));
            }
            case 2 -> {
                run.tags.put(key, "v" + random.nextInt(3));
                index.queue(new RunChange.Tags(id, Map.of(key, run.tags.getOrDefault(key, ""))));
            }
            case 3 -> {
                run.tags.remove(key);
                index.queue(new RunChange.TagRemoved(id, key));
            }
            default -> {
                run.deleted = random.nextInt(4) == 0;
                index.queue(new RunChange.Described(run(id, run)));
            }
        }
    }

    private static void compare(long seed, Random random, RunIndex index, Map<String, Plain> plain) {
        String key = "k" + random.nextInt(4);
        int limit = 1 + random.nextInt(15);
        String filter =
                switch (random.nextInt(4)) {
                    case 0 -> "metrics." + key + " >= 7";
                    case 1 -> "params." + key + " = 'v1'";
                    case 2 -> "tags." + key + " IS NULL";
                    default -> "";
                };
        boolean ascending = random.nextBoolean();
        List<SearchOrder> orders =
                random.nextBoolean() ? List.of() : List.of(new SearchOrder(SearchClause.Kind.METRIC, key, ascending));
        List<String> found = index
                .read(
                        List.of(0L),
                        tables -> RunSearch.find(
                                tables, RunSearch.GRAMMAR.filter(filter), orders, ViewType.ACTIVE_ONLY, limit))
                .stream()
                .map(hit -> hit.run().id())
                .toList();
        Comparator<Map.Entry<String, Plain>> order = Comparator.<Map.Entry<String, Plain>>comparingLong(
                        e -> -e.getValue().startedAt)
                .thenComparing(Map.Entry::getKey);
        if (!orders.isEmpty()) {
            Comparator<Map.Entry<String, Plain>> absent = Comparator.comparingInt(e -> {
                Double value = e.getValue().metrics.get(key);
                return value == null ? 2 : value.isNaN() ? 1 : 0;
            });
            order = absent.thenComparingDouble(e -> {
                        Double value = e.getValue().metrics.get(key);
                        return value == null || value.isNaN() ? 0 : ascending ? value : -value;
                    })
                    .thenComparing(order);
        }
        List<String> expected = plain.entrySet().stream()
                .filter(e -> !e.getValue().deleted)
                .filter(e -> filter.isEmpty()
                        || (filter.startsWith("metrics") && e.getValue().metrics.getOrDefault(key, Double.NaN) >= 7)
                        || (filter.startsWith("params")
                                && "v1".equals(e.getValue().params.get(key)))
                        || (filter.startsWith("tags") && !e.getValue().tags.containsKey(key)))
                .sorted(order)
                .limit(limit)
                .map(Map.Entry::getKey)
                .toList();
        assertThat(found).as("seed %d, %s, %s, %d", seed, filter, orders, limit).isEqualTo(expected);
    }

    private static Run run(String id, Plain run) {
        return new Run(
                id, 0, id, "", "RUNNING", run.startedAt, OptionalLong.empty(), run.deleted, "mlflow-artifacts:/0");
    }

    @Test
    void packedPointsComeBackExactly() {
        long seed = 99;
        var random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            var points = new ArrayList<MetricPoint>();
            for (int n = random.nextInt(50); n > 0; n--) {
                points.add(new MetricPoint(
                        "métric " + random.nextInt(5),
                        Double.longBitsToDouble(random.nextLong()),
                        random.nextLong() >>> 1,
                        random.nextLong(),
                        MetricPoint.Origin.of(
                                random.nextBoolean() ? "" : "data", "", random.nextBoolean() ? "" : "m-1")));
            }
            assertThat(MetricPoints.unpack(MetricPoints.pack(points)))
                    .as("seed %d", seed)
                    .isEqualTo(points);
        }
    }
}
