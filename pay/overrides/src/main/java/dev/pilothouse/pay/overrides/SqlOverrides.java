package dev.pilothouse.pay.overrides;

import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Overrides as rows. Stateless. */
final class SqlOverrides {
    private static final String SELECT = """
            SELECT tenant, id, budget, budget_name, unit, amount, reason, requested_by, requested_at, expires_at, approval,
                   state, window_start, outcome
            FROM overrides_override
            """;

    private SqlOverrides() {}

    static void insert(Tx tx, BudgetOverride override) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO overrides_override
                          (tenant, id, budget, budget_name, unit, amount, reason, requested_by, requested_at, expires_at,
                           approval, state, window_start, outcome)
                        VALUES (:tenant, :id, :budget, :name, :unit, :amount, :reason, :by, :at, :expiresAt,
                                :approval, :state, 0, '')
                        """)
                .bind("tenant", override.tenant())
                .bind("id", override.id())
                .bind("budget", override.budget())
                .bind("name", override.budgetName())
                .bind("unit", override.unit().name())
                .bind("amount", override.amount())
                .bind("reason", override.reason())
                .bind("by", override.requestedBy())
                .bind("at", override.requestedAt().toEpochMilli())
                .bind("expiresAt", override.expiresAt().toEpochMilli())
                .bind("approval", override.approval())
                .bind("state", override.state().label())
                .execute();
    }

    /** Stores the next state of an override; false where it is no longer in the one that the step began from. */
    static boolean move(Tx tx, BudgetOverride.State from, BudgetOverride to) {
        return tx.sql()
                        .createUpdate("""
                                UPDATE overrides_override
                                SET state = :to, expires_at = :expiresAt, window_start = :start, outcome = :outcome
                                WHERE tenant = :tenant AND id = :id AND state = :from
                                """)
                        .bind("to", to.state().label())
                        .bind("expiresAt", to.expiresAt().toEpochMilli())
                        .bind(
                                "start",
                                to.windowStart().map(Instant::toEpochMilli).orElse(0L))
                        .bind("outcome", to.outcome())
                        .bind("tenant", to.tenant())
                        .bind("id", to.id())
                        .bind("from", from.label())
                        .execute()
                > 0;
    }

    static Optional<BudgetOverride> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(SELECT + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> override(row))
                .findOne();
    }

    /** Those that wait or are active, of all tenants. */
    static List<BudgetOverride> open(Tx tx) {
        return tx.sql()
                .createQuery(SELECT + "WHERE state IN ('waiting', 'active') ORDER BY requested_at, id")
                .map((row, _) -> override(row))
                .list();
    }

    /** A budget's overrides, the newest first, those before one. */
    static List<BudgetOverride> list(Tx tx, String tenant, String budgetName, String before, int limit) {
        return tx.sql()
                .createQuery(SELECT + """
                        WHERE tenant = :tenant AND budget_name = :name AND (:before = '' OR id < :before)
                        ORDER BY id DESC LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("name", budgetName)
                .bind("before", before)
                .bind("limit", limit)
                .map((row, _) -> override(row))
                .list();
    }

    private static BudgetOverride override(ResultSet row) throws SQLException {
        var state = BudgetOverride.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT));
        long start = row.getLong("window_start");
        // A window without end begins at the epoch, so that the state tells whether there is one.
        boolean raised = start != 0 || state == BudgetOverride.State.ACTIVE;
        return new BudgetOverride(
                row.getString("tenant"),
                row.getString("id"),
                row.getString("budget"),
                row.getString("budget_name"),
                Unit.valueOf(row.getString("unit")),
                row.getLong("amount"),
                row.getString("reason"),
                row.getString("requested_by"),
                Instant.ofEpochMilli(row.getLong("requested_at")),
                Instant.ofEpochMilli(row.getLong("expires_at")),
                row.getString("approval"),
                state,
                raised ? Optional.of(Instant.ofEpochMilli(start)) : Optional.empty(),
                row.getString("outcome"));
    }
}
