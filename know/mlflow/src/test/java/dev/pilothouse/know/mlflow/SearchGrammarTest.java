package dev.pilothouse.know.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.know.mlflow.SearchClause.Comparator;
import dev.pilothouse.know.mlflow.SearchClause.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SearchGrammarTest {
    private static final SearchGrammar RUNS = new SearchGrammar(
            EnumSet.allOf(Kind.class),
            Set.of("run_id", "status"),
            Set.of("start_time"),
            Set.of("run_id"),
            EnumSet.of(Kind.TAG, Kind.PARAM),
            Set.of("start_time", "status"),
            Map.of("created", "start_time"));

    @Test
    void everyComparisonOfTheGrammarIsRead() {
        var clauses =
                RUNS.filter("metrics.acc >= -1.5e-3 AND params.\"a b\" = 'x''y' and tags.`mlflow.user` ILIKE \"A%\""
                        + " AND attributes.run_id NOT IN ('a', 'b') AND datasets.name IN ('d') and status != 'FAILED'"
                        + " AND created < 12 AND tags.team IS NOT NULL AND params.k is null AND tags.a.b.c LIKE '_x%'");
        assertThat(clauses)
                .extracting(SearchClause::kind)
                .containsExactly(
                        Kind.METRIC,
                        Kind.PARAM,
                        Kind.TAG,
                        Kind.ATTRIBUTE,
                        Kind.DATASET,
                        Kind.ATTRIBUTE,
                        Kind.ATTRIBUTE,
                        Kind.TAG,
                        Kind.PARAM,
                        Kind.TAG);
        assertThat(clauses)
                .extracting(SearchClause::key)
                .containsExactly(
                        "acc", "a b", "mlflow.user", "run_id", "name", "status", "start_time", "team", "k", "a.b.c");
        assertThat(clauses)
                .extracting(SearchClause::comparator)
                .containsExactly(
                        Comparator.GREATER_OR_EQUAL,
                        Comparator.EQUAL,
                        Comparator.ILIKE,
                        Comparator.NOT_IN,
                        Comparator.IN,
                        Comparator.NOT_EQUAL,
                        Comparator.LESS,
                        Comparator.IS_NOT_NULL,
                        Comparator.IS_NULL,
                        Comparator.LIKE);
        assertThat(clauses.getFirst().passes(-0.001)).isTrue();
        assertThat(clauses.get(1).passes("x'y")).isTrue();
        assertThat(clauses.get(2).passes("ada")).isTrue();
        assertThat(clauses.get(3).passes("c")).isTrue();
        assertThat(clauses.get(3).passes("a")).isFalse();
        assertThat(clauses.get(9).passes("axyz")).isTrue();
        assertThat(clauses.get(9).passes("x")).isFalse();
    }

    @Test
    void whatIsNotSetPassesOnlyIsNull() {
        assertThat(RUNS.filter("params.a != 'x'").getFirst().passes((String) null))
                .isFalse();
        assertThat(RUNS.filter("params.a IS NULL").getFirst().passes((String) null))
                .isTrue();
        assertThat(RUNS.filter("metrics.a != 1").getFirst().passes(Double.NaN)).isTrue();
        assertThat(RUNS.filter("metrics.a > 1").getFirst().passes(Double.NaN)).isFalse();
    }

    @Test
    void mistakesAreNamed() {
        refused("metric.a = 'x'", "Expected numeric value");
        refused("params.a = 1", "quoted string");
        refused("params.a > '1'", "Invalid comparator");
        refused("foo.a = 1", "Invalid entity type 'foo'");
        refused("parms.a = '1'", "Did you mean 'params'?");
        refused("attributes.statsu = 'x'", "Did you mean 'status'?");
        refused("metrics.a > 1 OR metrics.b > 2", "Join comparisons by AND");
        refused("metrics.a >", "ends where a value was expected");
        refused("tags.a = 'x", "not closed");
        refused("run_id IN ()", "non-empty list");
        refused("metrics.a IS NULL", "Invalid comparator");
        refused("a b c", "Invalid attribute key");
    }

    @Test
    void ordersAreRead() {
        var orders = RUNS.order(List.of("metrics.`val acc` DESC", "created", "params.x asc"));
        assertThat(orders)
                .containsExactly(
                        new SearchOrder(Kind.METRIC, "val acc", false),
                        new SearchOrder(Kind.ATTRIBUTE, "start_time", true),
                        new SearchOrder(Kind.PARAM, "x", true));
        assertThatThrownBy(() -> RUNS.order(List.of("metrics.a DOWN"))).hasMessageContaining("Use ASC or DESC");
    }

    @Test
    void noTextMakesTheParserFailOtherwiseThanByRefusing() {
        long seed = 20260101;
        var random = new Random(seed);
        String[] pieces = {
            "metrics", ".", "a", "`", "'", "\"", "=", "!=", "<", ">", "IN", "NOT", "IS", "NULL", "(", ")", ",", "1",
            "-", "e", " ", "AND", "LIKE", "tags", "%", "\\", "é", "\0"
        };
        for (int i = 0; i < 20_000; i++) {
            var text = new StringBuilder();
            for (int n = random.nextInt(12); n >= 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            try {
                RUNS.filter(text.toString());
            } catch (PilothouseException refusal) {
                assertThat(refusal.code()).as("seed %d: %s", seed, text).isEqualTo(MlflowError.INVALID_PARAMETER_VALUE);
            }
        }
    }

    private static void refused(String filter, String why) {
        assertThatThrownBy(() -> RUNS.filter(filter)).as(filter).hasMessageContaining(why);
    }
}
