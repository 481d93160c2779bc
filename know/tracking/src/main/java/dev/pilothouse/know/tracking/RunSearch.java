package dev.pilothouse.know.tracking;

import dev.pilothouse.know.mlflow.SearchClause;
import dev.pilothouse.know.mlflow.SearchClause.Kind;
import dev.pilothouse.know.mlflow.SearchGrammar;
import dev.pilothouse.know.mlflow.SearchOrder;
import dev.pilothouse.know.mlflow.ViewType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Finds runs in run tables by MLflow's filter, order and view. Stateless; called under the index's lock. */
final class RunSearch {
    /**
     * A run that passed: its table and row.
     *
     * @param rank what the first order makes of it: a lesser rank never comes later
     */
    record Hit(RunTable table, int row, long rank) {
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
    private static final Comparator<Hit> NATURAL = Comparator.<Hit>comparingLong(
                    hit -> -hit.table().startedAt(hit.row()))
            .thenComparing(hit -> hit.run().id());

    private RunSearch() {}

    /**
     * The first {@code most} runs that pass, in order.
     *
     * @param clauses all must pass
     * @param orders first decides first
     */
    static List<Hit> find(
            List<RunTable> tables, List<SearchClause> clauses, List<SearchOrder> orders, ViewType view, int most) {
        var best = new BestHits(order(orders), most);
        for (RunTable table : tables) {
            IntPredicate[] tests = tests(table, clauses, view);
            Rank rank = orders.isEmpty() ? row -> -table.startedAt(row) : rank(table, orders.getFirst());
            // From the newest on: those are what most searches want first, so that older ones are dropped at once.
            for (int row = table.size() - 1; row >= 0; row--) {
                if (passes(tests, row)) {
                    best.offer(table, row, rank.of(row));
                }
            }
        }
        return best.inOrder();
    }

    private static boolean passes(IntPredicate[] tests, int row) {
        for (IntPredicate test : tests) {
            if (!test.test(row)) {
                return false;
            }
        }
        return true;
    }

    /** The tests of a table's rows, the cheap ones first. */
    private static IntPredicate[] tests(RunTable table, List<SearchClause> clauses, ViewType view) {
        var tests = new ArrayList<IntPredicate>();
        if (view != ViewType.ALL) {
            tests.add(row -> view.shows(table.deleted(row)));
        }
        clauses.stream()
                .sorted(Comparator.comparingInt(RunSearch::cost))
                .map(clause -> test(table, clause))
                .forEach(tests::add);
        return tests.toArray(IntPredicate[]::new);
    }

    private static int cost(SearchClause clause) {
        return switch (clause.kind()) {
            case METRIC -> 0;
            case ATTRIBUTE, PARAM, TAG -> clause.operand() instanceof SearchClause.Operand.Like ? 2 : 1;
            case DATASET -> 3;
        };
    }

    private static IntPredicate test(RunTable table, SearchClause clause) {
        return switch (clause.kind()) {
            case METRIC -> {
                RunColumns.Latest column = table.metrics.column(clause.key());
                yield column == null ? row -> false : row -> column.has(row) && clause.passes(column.value(row));
            }
            case PARAM -> text(table.params.column(clause.key()), clause);
            case TAG -> text(table.tags.column(clause.key()), clause);
            case ATTRIBUTE ->
                switch (clause.key()) {
                    case "start_time" -> row -> clause.passes((double) table.startedAt(row));
                    case "status" -> {
                        var texts = new TextTest(clause);
                        yield row -> texts.passes(table.status(row));
                    }
                    case "end_time" ->
                        row -> table.run(row).endedAt().isPresent()
                                && clause.passes(
                                        (double) table.run(row).endedAt().getAsLong());
                    default -> {
                        var texts = new TextTest(clause);
                        yield row -> texts.passes(attribute(table.run(row), clause.key()));
                    }
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
        var texts = new TextTest(clause);
        return row -> texts.passes(column == null ? null : column.get(row));
    }

    /** A clause on texts that remembers what became of the last different ones, since runs share most of theirs. */
    private static final class TextTest {
        private static final int REMEMBERED = 256;
        private final SearchClause clause;
        private final @Nullable String[] texts = new String[REMEMBERED];
        private final boolean[] passed = new boolean[REMEMBERED];

        TextTest(SearchClause clause) {
            this.clause = clause;
        }

        boolean passes(@Nullable String text) {
            if (text == null) {
                return clause.passes((String) null);
            }
            int place = text.hashCode() & (REMEMBERED - 1);
            if (!text.equals(texts[place])) {
                texts[place] = text;
                passed[place] = clause.passes(text);
            }
            return passed[place];
        }
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
        long of(int row);
    }

    private static Rank rank(RunTable table, SearchOrder order) {
        boolean ascending = order.ascending();
        if (order.kind() == Kind.METRIC) {
            RunColumns.Latest column = table.metrics.column(order.key());
            return row -> {
                if (column == null || !column.has(row)) {
                    return Long.MAX_VALUE;
                }
                double value = column.value(row);
                return Double.isNaN(value) ? Long.MAX_VALUE - 1 : directed(sortable(value), ascending);
            };
        }
        if (order.kind() == Kind.ATTRIBUTE) {
            return switch (order.key()) {
                case "start_time" -> row -> directed(table.startedAt(row), ascending);
                case "end_time" -> row -> moment(table.run(row), order);
                default -> _ -> 0;
            };
        }
        RunColumns.Texts column = (order.kind() == Kind.PARAM ? table.params : table.tags).column(order.key());
        return row -> column != null && column.has(row) ? 0 : 1;
    }

    /** A number that sorts as the double does. */
    private static long sortable(double value) {
        long bits = Double.doubleToLongBits(value);
        return bits ^ ((bits >> 63) & Long.MAX_VALUE);
    }

    private static long directed(long rank, boolean ascending) {
        return ascending ? rank : ~rank;
    }

    /** Ranks first, which decide most; where they are equal, everything that was asked for. */
    private static Comparator<Hit> order(List<SearchOrder> orders) {
        Comparator<Hit> comparator = Comparator.comparingLong(Hit::rank);
        for (SearchOrder order : orders) {
            comparator = comparator.thenComparing(order(order));
        }
        return comparator.thenComparing(NATURAL);
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
        if (order.kind() == Kind.ATTRIBUTE && GRAMMAR.numbers().contains(order.key())) {
            return Comparator.comparingLong(hit -> moment(hit.run(), order));
        }
        return (a, b) -> {
            String left = value(a, order);
            String right = value(b, order);
            if (left == null || right == null) {
                return left == null ? (right == null ? 0 : 1) : -1;
            }
            int compared = left.compareTo(right);
            return order.ascending() ? compared : -compared;
        };
    }

    /** A start or end as a number that sorts as asked; without an end a run comes last, whichever the direction. */
    private static long moment(Run run, SearchOrder order) {
        if (order.key().equals("start_time")) {
            return directed(run.startedAt(), order.ascending());
        }
        return run.endedAt().isPresent() ? directed(run.endedAt().getAsLong(), order.ascending()) : Long.MAX_VALUE;
    }

    /** Numbers come first, then NaN, then runs without the metric, whichever the direction. */
    private static int absence(Hit hit, String key) {
        RunColumns.Latest column = hit.table().metrics.column(key);
        if (column == null || !column.has(hit.row())) {
            return 2;
        }
        return Double.isNaN(column.value(hit.row())) ? 1 : 0;
    }

    private static double metric(Hit hit, String key) {
        RunColumns.Latest column = hit.table().metrics.column(key);
        return column == null ? Double.NaN : column.value(hit.row());
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
