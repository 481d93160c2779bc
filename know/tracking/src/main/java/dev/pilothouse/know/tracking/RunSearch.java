package dev.pilothouse.know.tracking;

import dev.pilothouse.know.mlflow.SearchClause;
import dev.pilothouse.know.mlflow.SearchClause.Kind;
import dev.pilothouse.know.mlflow.SearchGrammar;
import dev.pilothouse.know.mlflow.SearchOrder;
import dev.pilothouse.know.mlflow.ViewType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Finds runs in run tables by MLflow's filter, order and view. Stateless; called under the index's lock. */
final class RunSearch {
    /** A found run: its table and row. */
    record Hit(RunTable table, int row, double rank, String runId) {
        Run run() {
            return table.run(row);
        }
    }

    static final SearchGrammar GRAMMAR = new SearchGrammar(
            EnumSet.allOf(Kind.class),
            Set.of("run_id", "run_name", "user_id", "status", "artifact_uri", "experiment_id"),
            Set.of("start_time", "end_time"),
            Set.of("run_id", "run_name", "user_id", "status", "artifact_uri", "experiment_id"),
            EnumSet.of(Kind.TAG, Kind.PARAM),
            Set.of(
                    "run_id",
                    "run_name",
                    "user_id",
                    "status",
                    "artifact_uri",
                    "experiment_id",
                    "start_time",
                    "end_time"),
            Map.of(
                    "created", "start_time",
                    "Created", "start_time",
                    "run name", "run_name",
                    "Run name", "run_name",
                    "Run Name", "run_name"));

    /** MLflow's natural order, and the last tie-breaker of every other. */
    private static final Comparator<Hit> NATURAL =
            Comparator.<Hit>comparingLong(h -> -h.run().startedAt()).thenComparing(Hit::runId);

    private RunSearch() {}

    /**
     * The first {@code most} runs that pass, in order.
     *
     * @param clauses all must pass
     * @param orders first decides first
     */
    static List<Hit> find(
            List<RunTable> tables, List<SearchClause> clauses, List<SearchOrder> orders, ViewType view, int most) {
        Comparator<Hit> order = order(orders);
        // The worst of the best so far is on top, so that most runs are dropped after one comparison.
        var best = new PriorityQueue<Hit>(Math.min(most, 4096) + 1, order.reversed());
        for (RunTable table : tables) {
            IntPredicate passes = predicate(table, clauses, view);
            Rank rank = orders.isEmpty() ? row -> -table.run(row).startedAt() : rank(table, orders.getFirst());
            for (int row = 0; row < table.size(); row++) {
                if (!passes.test(row)) {
                    continue;
                }
                double value = rank.of(row);
                Hit worst = best.size() >= most ? best.peek() : null;
                if (worst != null && value > worst.rank()) {
                    continue;
                }
                var hit = new Hit(table, row, value, table.run(row).id());
                if (worst == null) {
                    best.add(hit);
                } else if (order.compare(hit, worst) < 0) {
                    best.poll();
                    best.add(hit);
                }
            }
        }
        var found = new ArrayList<Hit>(best.size());
        while (!best.isEmpty()) {
            found.add(best.remove());
        }
        Collections.reverse(found);
        return found;
    }

    private static IntPredicate predicate(RunTable table, List<SearchClause> clauses, ViewType view) {
        IntPredicate all = row -> view.shows(table.run(row).deleted());
        for (SearchClause clause : clauses) {
            all = all.and(predicate(table, clause));
        }
        return all;
    }

    private static IntPredicate predicate(RunTable table, SearchClause clause) {
        return switch (clause.kind()) {
            case METRIC -> {
                RunColumns.Latest column = table.metrics.column(clause.key());
                yield column == null ? row -> false : row -> column.has(row) && clause.passes(column.values[row]);
            }
            case PARAM -> text(table.params.column(clause.key()), clause);
            case TAG -> text(table.tags.column(clause.key()), clause);
            case ATTRIBUTE ->
                switch (clause.key()) {
                    case "start_time" ->
                        row -> clause.passes((double) table.run(row).startedAt());
                    case "end_time" ->
                        row -> table.run(row).endedAt().isPresent()
                                && clause.passes(
                                        (double) table.run(row).endedAt().getAsLong());
                    default -> row -> clause.passes(attribute(table.run(row), clause.key()));
                };
            case DATASET ->
                row -> table.datasets(row).stream()
                        .anyMatch(dataset -> clause.passes(
                                switch (clause.key()) {
                                    case "name" -> dataset.name();
                                    case "digest" -> dataset.digest();
                                    default -> dataset.context().isEmpty() ? null : dataset.context();
                                }));
        };
    }

    private static IntPredicate text(RunColumns.@Nullable Texts column, SearchClause clause) {
        return row -> clause.passes(column == null ? null : column.get(row));
    }

    private static @Nullable String attribute(Run run, String key) {
        return switch (key) {
            case "run_id" -> run.id();
            case "run_name" -> run.name();
            case "user_id" -> run.user();
            case "status" -> run.status();
            case "artifact_uri" -> run.artifactUri();
            case "experiment_id" -> Long.toString(run.experiment());
            case "start_time" -> Long.toString(run.startedAt());
            case "end_time" ->
                run.endedAt().isPresent() ? Long.toString(run.endedAt().getAsLong()) : null;
            default -> null;
        };
    }

    /** A number that never contradicts the first order: a run of greater rank comes later. */
    @FunctionalInterface
    private interface Rank {
        double of(int row);
    }

    private static Rank rank(RunTable table, SearchOrder order) {
        if (order.kind() == Kind.METRIC) {
            RunColumns.Latest column = table.metrics.column(order.key());
            return row -> {
                if (column == null || !column.has(row)) {
                    return Double.POSITIVE_INFINITY;
                }
                double value = column.values[row];
                return Double.isNaN(value) ? Double.POSITIVE_INFINITY : order.ascending() ? value : -value;
            };
        }
        if (order.kind() == Kind.ATTRIBUTE && order.key().equals("start_time")) {
            return row -> order.ascending()
                    ? table.run(row).startedAt()
                    : -table.run(row).startedAt();
        }
        return row -> 0;
    }

    private static Comparator<Hit> order(List<SearchOrder> orders) {
        Comparator<Hit> comparator = null;
        for (SearchOrder order : orders) {
            Comparator<Hit> next = order(order);
            comparator = comparator == null ? next : comparator.thenComparing(next);
        }
        return comparator == null ? NATURAL : comparator.thenComparing(NATURAL);
    }

    private static Comparator<Hit> order(SearchOrder order) {
        if (order.kind() == Kind.METRIC) {
            return Comparator.<Hit>comparingInt(hit -> absence(hit, order.key()))
                    .thenComparing((a, b) -> {
                        if (absence(a, order.key()) > 0) {
                            return 0;
                        }
                        int compared = Double.compare(metric(a, order.key()), metric(b, order.key()));
                        return order.ascending() ? compared : -compared;
                    });
        }
        return (a, b) -> {
            String left = value(a, order);
            String right = value(b, order);
            if (left == null || right == null) {
                return left == null ? (right == null ? 0 : 1) : -1;
            }
            boolean number = order.kind() == Kind.ATTRIBUTE
                    && RunSearch.GRAMMAR.numbers().contains(order.key());
            int compared = number ? Long.compare(Long.parseLong(left), Long.parseLong(right)) : left.compareTo(right);
            return order.ascending() ? compared : -compared;
        };
    }

    /** Numbers come first, then NaN, then runs without the metric, whichever the direction. */
    private static int absence(Hit hit, String key) {
        RunColumns.Latest column = hit.table().metrics.column(key);
        if (column == null || !column.has(hit.row())) {
            return 2;
        }
        return Double.isNaN(column.values[hit.row()]) ? 1 : 0;
    }

    private static double metric(Hit hit, String key) {
        RunColumns.Latest column = hit.table().metrics.column(key);
        return column == null ? Double.NaN : column.values[hit.row()];
    }

    private static @Nullable String value(Hit hit, SearchOrder order) {
        return switch (order.kind()) {
            case PARAM -> text(hit.table().params.column(order.key()), hit.row());
            case TAG -> text(hit.table().tags.column(order.key()), hit.row());
            case ATTRIBUTE -> attribute(hit.run(), order.key());
            case METRIC, DATASET -> null;
        };
    }

    private static @Nullable String text(RunColumns.@Nullable Texts column, int row) {
        return column == null ? null : column.get(row);
    }
}
