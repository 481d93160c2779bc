package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;

/** Declared budgets and where they stand, as rows. Stateless. */
final class SqlBudgets {
    private static final String SELECT = """
            SELECT id, tenant, name, scope_kind, scope_value, period, zone, unit, amount_limit, thresholds, ladder, told
            FROM budgets_budget
            """;
    private static final String INSERT = """
            INSERT INTO budgets_budget (id, tenant, name, scope_kind, scope_value, period, zone, unit, amount_limit,
                                        thresholds, ladder, told, since)
            VALUES (:id, :tenant, :name, :kind, :value, :period, :zone, :unit, :limit, :thresholds, :ladder, :told, :since)
            """;

    private SqlBudgets() {}

    /** Inserts a budget; false where its tenant has one of this name. */
    static boolean insert(Tx tx, Budget budget, Instant since) {
        return bind(tx.sql().createUpdate(INSERT + "ON CONFLICT (tenant, name) DO NOTHING"), budget, since)
                        .execute()
                > 0;
    }

    /** Inserts a budget, or changes all of it but what it counts. */
    static void put(Tx tx, Budget budget, Instant since) {
        bind(tx.sql().createUpdate(INSERT + """
                                ON CONFLICT (id) DO UPDATE SET
                                  name = excluded.name, amount_limit = excluded.amount_limit,
                                  thresholds = excluded.thresholds, ladder = excluded.ladder, told = excluded.told
                                """), budget, since).execute();
    }

    private static Update bind(Update update, Budget budget, Instant since) {
        return update.bind("id", budget.id())
                .bind("tenant", budget.tenant())
                .bind("name", budget.name())
                .bind("kind", budget.scope().kind().name())
                .bind("value", budget.scope().value())
                .bind("period", budget.window().name())
                .bind("zone", budget.zone().getId())
                .bind("unit", budget.unit().name())
                .bind("limit", budget.limit())
                .bind(
                        "thresholds",
                        budget.thresholds().stream().map(Object::toString).collect(Collectors.joining(",")))
                .bind("ladder", BudgetJson.text(BudgetJson.ladder(budget.ladder())))
                .bind("told", BudgetJson.text(BudgetJson.told(budget.told())))
                .bind("since", since.toEpochMilli());
    }

    /** Removes a budget and all that was counted; false where there is none. What calls still report then changes nothing. */
    static boolean delete(Tx tx, String id) {
        for (String table : List.of("budgets_lease", "budgets_account")) {
            tx.sql()
                    .createUpdate("DELETE FROM " + table + " WHERE budget = :id")
                    .bind("id", id)
                    .execute();
        }
        return tx.sql()
                        .createUpdate("DELETE FROM budgets_budget WHERE id = :id")
                        .bind("id", id)
                        .execute()
                > 0;
    }

    /** All budgets of all tenants. */
    static List<Budget> all(Tx tx) {
        return budgets(tx.sql().createQuery(SELECT + "ORDER BY tenant, name"));
    }

    static Optional<Budget> find(Tx tx, String tenant, String name) {
        return budgets(tx.sql()
                        .createQuery(SELECT + "WHERE tenant = :tenant AND name = :name")
                        .bind("tenant", tenant)
                        .bind("name", name))
                .stream()
                .findFirst();
    }

    /** A tenant's budgets by name, those behind one. */
    static List<Budget> list(Tx tx, String tenant, String after, int limit) {
        return budgets(tx.sql()
                .createQuery(SELECT + "WHERE tenant = :tenant AND name > :after ORDER BY name LIMIT :limit")
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("limit", limit));
    }

    private static List<Budget> budgets(Query query) {
        return query.map((row, _) -> budget(row)).list();
    }

    private static Budget budget(ResultSet row) throws SQLException {
        String thresholds = row.getString("thresholds");
        return new Budget(
                row.getString("id"),
                row.getString("tenant"),
                row.getString("name"),
                new Scope(Scope.Kind.valueOf(row.getString("scope_kind")), row.getString("scope_value")),
                Window.valueOf(row.getString("period")),
                ZoneId.of(row.getString("zone")),
                Unit.valueOf(row.getString("unit")),
                row.getLong("amount_limit"),
                thresholds.isEmpty()
                        ? List.of()
                        : Arrays.stream(thresholds.split(","))
                                .map(Integer::valueOf)
                                .toList(),
                BudgetJson.ladder(row.getString("ladder")),
                BudgetJson.told(row.getString("told")));
    }

    /** What an account has; zeros where nothing was drawn yet. */
    private record Counts(long raised, long settled, long leased, long held) {
        static final Counts NONE = new Counts(0, 0, 0, 0);
    }

    /** Where budgets stand in their windows of now, in their order. */
    static List<Standing> standings(Tx tx, List<Budget> budgets, Instant now) {
        if (budgets.isEmpty()) {
            return List.of();
        }
        Map<Account.Key, Counts> counts = new HashMap<>();
        Map<String, Instant> since = new HashMap<>();
        var ids = budgets.stream().map(Budget::id).toList();
        var starts = new TreeSet<Long>();
        budgets.forEach(budget -> starts.add(key(budget, now).windowStart()));
        // In parts, since databases bound how many values a statement has.
        for (int from = 0; from < ids.size(); from += 500) {
            tx.sql()
                    .createQuery("""
                            SELECT b.id, b.since, a.window_start, a.raised, a.settled, a.leased,
                              (SELECT CAST(COALESCE(SUM(l.held), 0) AS BIGINT) FROM budgets_lease l
                               WHERE l.budget = a.budget AND l.window_start = a.window_start) AS held
                            FROM budgets_budget b
                            LEFT JOIN budgets_account a ON a.budget = b.id AND a.window_start IN (<starts>)
                            WHERE b.id IN (<ids>)
                            """)
                    .bindList("starts", List.copyOf(starts))
                    .bindList("ids", ids.subList(from, Math.min(ids.size(), from + 500)))
                    .map((row, _) -> {
                        since.put(row.getString("id"), Instant.ofEpochMilli(row.getLong("since")));
                        var key = new Account.Key(row.getString("id"), row.getLong("window_start"));
                        return counts.put(
                                key,
                                new Counts(
                                        row.getLong("raised"),
                                        row.getLong("settled"),
                                        row.getLong("leased"),
                                        row.getLong("held")));
                    })
                    .list();
        }
        List<Standing> standings = new ArrayList<>(budgets.size());
        for (Budget budget : budgets) {
            Account.Key key = key(budget, now);
            Counts each = counts.getOrDefault(key, Counts.NONE);
            standings.add(new Standing(
                    budget,
                    since.getOrDefault(budget.id(), now),
                    Instant.ofEpochMilli(key.windowStart()),
                    budget.window().end(now, budget.zone()),
                    now,
                    each.raised,
                    each.settled,
                    each.leased,
                    each.held));
        }
        return standings;
    }

    private static Account.Key key(Budget budget, Instant now) {
        return new Account.Key(
                budget.id(), budget.window().start(now, budget.zone()).toEpochMilli());
    }
}
