package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/** What is settled and what is leased, as rows. Stateless. */
final class SqlTreasury {
    /**
     * What a server asks of an account.
     *
     * @param need it must have, at least 1
     * @param want it takes too, if there is as much
     */
    record Draw(Account.Key key, long need, long want) {}

    /** What it got. */
    record Grant(Account.Key key, long amount) {}

    /** An account as all servers see it. */
    record Row(long limit, long settled, long leased, long recall) {
        /** What nobody has. */
        long free() {
            return limit - settled - leased;
        }
    }

    private SqlTreasury() {}

    static Optional<Row> find(Tx tx, Account.Key key) {
        return tx.sql()
                .createQuery("""
                        SELECT b.amount_limit + a.raised AS amount_limit, a.settled, a.leased, a.recall
                        FROM budgets_account a JOIN budgets_budget b ON b.id = a.budget
                        WHERE a.budget = :budget AND a.window_start = :start
                        """)
                .bind("budget", key.budget())
                .bind("start", key.windowStart())
                .map((row, _) -> new Row(
                        row.getLong("amount_limit"),
                        row.getLong("settled"),
                        row.getLong("leased"),
                        row.getLong("recall")))
                .findOne();
    }

    /**
     * Leases to a server what it needs of all accounts, or nothing of any.
     *
     * @param draws in the order of their keys, so that two servers do not wait for one another
     */
    static List<Grant> draw(Tx tx, String server, List<Draw> draws) {
        List<Grant> grants = new ArrayList<>(draws.size());
        for (Draw draw : draws) {
            open(tx, draw.key);
            Row row = find(tx, draw.key)
                    .orElseThrow(() -> BudgetError.NO_SUCH_BUDGET.because(
                            "The budget " + draw.key.budget() + " was removed while it was drawn from."));
            long free = row.free();
            if (free < draw.need) {
                return List.of();
            }
            boolean nearlySpent = row.settled + row.leased >= row.limit - row.limit / 10;
            long want = nearlySpent ? (row.recall > 0 ? 0 : Math.min(draw.want, row.limit / 1_000)) : draw.want;
            grants.add(new Grant(draw.key, Math.max(draw.need, Math.min(want, free))));
        }
        grants.forEach(grant -> add(tx, server, grant));
        return grants;
    }

    private static void open(Tx tx, Account.Key key) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO budgets_account (budget, window_start, settled, leased, recall)
                        VALUES (:budget, :start, 0, 0, 0) ON CONFLICT (budget, window_start) DO NOTHING
                        """)
                .bind("budget", key.budget())
                .bind("start", key.windowStart())
                .execute();
    }

    private static void add(Tx tx, String server, Grant grant) {
        change(tx, grant.key, 0, grant.amount);
        tx.sql()
                .createUpdate("""
                        INSERT INTO budgets_lease (server, budget, window_start, amount, answered)
                        VALUES (:server, :budget, :start, :amount, 0)
                        ON CONFLICT (server, budget, window_start) DO UPDATE
                        SET amount = budgets_lease.amount + excluded.amount
                        """)
                .bind("server", server)
                .bind("budget", grant.key.budget())
                .bind("start", grant.key.windowStart())
                .bind("amount", grant.amount)
                .execute();
    }

    private static void change(Tx tx, Account.Key key, long settled, long leased) {
        tx.sql()
                .createUpdate("""
                        UPDATE budgets_account SET settled = settled + :settled, leased = leased + :leased
                        WHERE budget = :budget AND window_start = :start
                        """)
                .bind("settled", settled)
                .bind("leased", leased)
                .bind("budget", key.budget())
                .bind("start", key.windowStart())
                .execute();
    }

    /** Takes a server's report, once: one whose number came before changes nothing. */
    static void report(Tx tx, String server, long number, List<Book.Line> lines) {
        if (!isFirst(tx, server, number)) {
            return;
        }
        for (Book.Line line : lines) {
            change(tx, line.key(), line.spent(), -line.spent() - line.returned());
            tx.sql()
                    .createUpdate("""
                            UPDATE budgets_lease SET amount = amount - :taken,
                              answered = CASE WHEN answered < :answers THEN :answers ELSE answered END
                            WHERE server = :server AND budget = :budget AND window_start = :start
                            """)
                    .bind("taken", line.spent() + line.returned())
                    .bind("answers", line.answers())
                    .bind("server", server)
                    .bind("budget", line.key().budget())
                    .bind("start", line.key().windowStart())
                    .execute();
        }
    }

    private static boolean isFirst(Tx tx, String server, long number) {
        return tx.sql()
                        .createUpdate("""
                        INSERT INTO budgets_server (server, reports) VALUES (:server, :number)
                        ON CONFLICT (server) DO UPDATE SET reports = excluded.reports
                        WHERE budgets_server.reports < excluded.reports
                        """)
                        .bind("server", server)
                        .bind("number", number)
                        .execute()
                > 0;
    }

    /** The number of the last report that was taken of a run of a server; 0 for none. */
    static long reports(Tx tx, String server) {
        return tx.sql()
                .createQuery("SELECT reports FROM budgets_server WHERE server = :server")
                .bind("server", server)
                .mapTo(Long.class)
                .findOne()
                .orElse(0L);
    }

    /** Asks all other servers to give back what they do not hold of an account; the number of the recall. */
    static long recall(Tx tx, Account.Key key) {
        tx.sql()
                .createUpdate("""
                        UPDATE budgets_account SET recall = recall + 1 WHERE budget = :budget AND window_start = :start
                        """)
                .bind("budget", key.budget())
                .bind("start", key.windowStart())
                .execute();
        return find(tx, key).map(Row::recall).orElse(0L);
    }

    /** The recalls that a server has not answered, by account. */
    static List<Recall> recalls(Tx tx, String server) {
        return tx.sql()
                .createQuery("""
                        SELECT l.budget, l.window_start, a.recall
                        FROM budgets_lease l JOIN budgets_account a
                          ON a.budget = l.budget AND a.window_start = l.window_start
                        WHERE l.server = :server AND l.answered < a.recall
                        """)
                .bind("server", server)
                .map((row, _) -> new Recall(
                        new Account.Key(row.getString("budget"), row.getLong("window_start")), row.getLong("recall")))
                .list();
    }

    /** The accounts that a server has leases of and whose limit is below what is settled and leased. */
    static List<Account.Key> overdrawn(Tx tx, String server) {
        return tx.sql()
                .createQuery("""
                        SELECT l.budget, l.window_start
                        FROM budgets_lease l
                        JOIN budgets_account a ON a.budget = l.budget AND a.window_start = l.window_start
                        JOIN budgets_budget b ON b.id = a.budget
                        WHERE l.server = :server AND l.amount > 0 AND a.settled + a.leased > b.amount_limit + a.raised
                        """)
                .bind("server", server)
                .map((row, _) -> new Account.Key(row.getString("budget"), row.getLong("window_start")))
                .list();
    }

    /** Says what calls under way hold of a server's leases. */
    static void held(Tx tx, String server, Map<Account.Key, Long> held) {
        held.forEach((key, amount) -> tx.sql()
                .createUpdate("""
                        UPDATE budgets_lease SET held = :held
                        WHERE server = :server AND budget = :budget AND window_start = :start
                        """)
                .bind("held", amount)
                .bind("server", server)
                .bind("budget", key.budget())
                .bind("start", key.windowStart())
                .execute());
    }

    /** Raises the limit of one window, or lowers it again by a negative amount. */
    static void raise(Tx tx, Account.Key key, long amount) {
        if (amount > 0) {
            open(tx, key);
        }
        tx.sql()
                .createUpdate("""
                        UPDATE budgets_account SET raised = raised + :amount
                        WHERE budget = :budget AND window_start = :start
                        """)
                .bind("amount", amount)
                .bind("budget", key.budget())
                .bind("start", key.windowStart())
                .execute();
    }

    /** A recall of an account. */
    record Recall(Account.Key key, long number) {}

    /** Whether a server that lives, other than the one that asks, has not answered a recall. */
    static boolean isAwaited(Tx tx, String server, Recall recall, BiPredicate<Tx, String> isOver) {
        return tx
                .sql()
                .createQuery("""
                        SELECT server FROM budgets_lease
                        WHERE budget = :budget AND window_start = :start AND server <> :server
                          AND amount > 0 AND answered < :recall
                        """)
                .bind("budget", recall.key.budget())
                .bind("start", recall.key.windowStart())
                .bind("server", server)
                .bind("recall", recall.number)
                .mapTo(String.class)
                .stream()
                .anyMatch(other -> !isOver.test(tx, other));
    }

    /**
     * Ends a run of a server that is over: charges what it had not reported, and frees what is left of its leases. A second time
     * nothing happens, which is told by false.
     */
    static boolean end(Tx tx, String server, List<Charge> charges) {
        if (!isFirst(tx, server, Long.MAX_VALUE)) {
            return false;
        }
        charges.forEach(charge -> change(tx, charge.key, charge.amount, 0));
        tx.sql()
                .createQuery("SELECT budget, window_start, amount FROM budgets_lease WHERE server = :server")
                .bind("server", server)
                .map((row, _) -> new Grant(
                        new Account.Key(row.getString("budget"), row.getLong("window_start")), row.getLong("amount")))
                .list()
                .forEach(lease -> change(tx, lease.key, 0, -lease.amount));
        tx.sql()
                .createUpdate("DELETE FROM budgets_lease WHERE server = :server")
                .bind("server", server)
                .execute();
        return true;
    }

    /** What a server that is over had spent of an account and not reported. */
    record Charge(Account.Key key, long amount) {}

    /** Says of what was drawn under a name that is no server's that all of it is held, so that no recall asks for it. */
    static void keep(Tx tx, String name) {
        tx.sql()
                .createUpdate("UPDATE budgets_lease SET held = amount, answered = :never WHERE server = :name")
                .bind("never", Long.MAX_VALUE)
                .bind("name", name)
                .execute();
    }

    /** What was drawn under a name, of budgets that are still there. */
    static List<Kept> kept(Tx tx, String name) {
        return tx.sql()
                .createQuery("""
                        SELECT l.budget, l.window_start, b.unit, b.scope_kind, b.scope_value
                        FROM budgets_lease l JOIN budgets_budget b ON b.id = l.budget
                        WHERE l.server = :name ORDER BY l.budget, l.window_start
                        """)
                .bind("name", name)
                .map((row, _) -> new Kept(
                        new Account.Key(row.getString("budget"), row.getLong("window_start")),
                        Unit.valueOf(row.getString("unit")),
                        new Scope(Scope.Kind.valueOf(row.getString("scope_kind")), row.getString("scope_value"))))
                .list();
    }

    /** An account that is drawn from, and what its budget counts. */
    record Kept(Account.Key key, Unit unit, Scope scope) {}
}
