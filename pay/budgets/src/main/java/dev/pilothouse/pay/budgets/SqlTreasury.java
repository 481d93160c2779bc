package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Rounds;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;

/** What is settled and what is leased, as rows. Stateless but for a server's {@link Desk}. */
final class SqlTreasury {
    /**
     * What a server asks of an account.
     *
     * @param need it must have, at least 1
     * @param want it takes for the same call, if there is as much; at least what it needs
     * @param ahead it takes for calls that will follow, if there is as much: once for all calls that draw together
     */
    record Draw(Account.Key key, long need, long want, long ahead) {
        /** So much and no more. */
        static Draw exactly(Account.Key key, long amount) {
            return new Draw(key, amount, amount, 0);
        }
    }

    /** What it got. */
    record Grant(Account.Key key, long amount) {}

    /**
     * What came of the draws of a call.
     *
     * @param grants of all its accounts, or none
     * @param gone a budget that was removed meanwhile, so that nothing was drawn
     */
    record Drawn(List<Grant> grants, Optional<String> gone) {
        static final Drawn NOTHING = new Drawn(List.of(), Optional.empty());

        Drawn {
            grants = List.copyOf(grants);
        }
    }

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
     * Leases to a server what a call needs of all accounts, or nothing of any.
     *
     * @return what was granted; empty where it was not all there
     * @throws PilothouseException {@link BudgetError#NO_SUCH_BUDGET} where a budget was removed meanwhile
     */
    static List<Grant> draw(Tx tx, String server, List<Draw> draws) {
        Drawn drawn = drawAll(tx, server, List.of(draws)).getFirst();
        if (drawn.gone.isPresent()) {
            throw gone(drawn.gone.get());
        }
        return drawn.grants;
    }

    static PilothouseException gone(String budget) {
        return BudgetError.NO_SUCH_BUDGET.because("The budget " + budget + " was removed while it was drawn from.");
    }

    /** The same for several calls, one after the other. */
    static List<Drawn> drawAll(Tx tx, String server, List<List<Draw>> calls) {
        // Accounts are looked at and changed in the order of their keys, so that two servers do not wait for one
        // another.
        var keys = new TreeSet<Account.Key>();
        calls.forEach(draws -> draws.forEach(draw -> keys.add(draw.key)));
        Map<Account.Key, Till> tills = new TreeMap<>();
        for (Account.Key key : keys) {
            open(tx, key);
            find(tx, key).ifPresent(row -> tills.put(key, new Till(row)));
        }
        List<Drawn> drawn = calls.stream().map(draws -> take(tills, draws)).toList();
        tills.forEach((key, till) -> {
            if (till.taken > 0) {
                add(tx, server, new Grant(key, till.taken), till.hasAhead && till.row.recall > 0);
            }
        });
        return drawn;
    }

    private static Drawn take(Map<Account.Key, Till> tills, List<Draw> draws) {
        List<Till> from = new ArrayList<>(draws.size());
        for (Draw draw : draws) {
            Till till = tills.get(draw.key);
            if (till == null) {
                return new Drawn(List.of(), Optional.of(draw.key.budget()));
            }
            if (till.free() < draw.need) {
                return Drawn.NOTHING;
            }
            from.add(till);
        }
        List<Grant> grants = new ArrayList<>(draws.size());
        for (int i = 0; i < draws.size(); i++) {
            Draw draw = draws.get(i);
            grants.add(new Grant(draw.key, from.get(i).take(draw)));
        }
        return new Drawn(grants, Optional.empty());
    }

    /** An account while several calls draw from it. */
    private static final class Till {
        private final Row row;
        private long taken;
        private boolean drawnAhead;
        private boolean hasAhead;

        Till(Row row) {
            this.row = row;
        }

        long free() {
            return row.free() - taken;
        }

        long take(Draw draw) {
            long ahead = drawnAhead ? 0 : draw.ahead;
            drawnAhead = true;
            if (row.recall > 0) {
                // Calls elsewhere were short before: most of what they gave back is left to them.
                ahead = Math.min(ahead, free() / 10);
            }
            boolean nearlySpent = row.settled + row.leased + taken >= row.limit - row.limit / 10;
            if (nearlySpent) {
                ahead = row.recall > 0 ? 0 : Math.min(ahead, row.limit / 1_000);
            }
            long asked = Math.max(draw.need, Math.min(draw.want, free()));
            long amount = Math.max(asked, Math.min(draw.want + ahead, free()));
            hasAhead |= amount > asked;
            taken += amount;
            return amount;
        }
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

    /** @param isAhead whether some of it is for calls that will follow, which an account's next recall asks back, whichever came before */
    private static void add(Tx tx, String server, Grant grant, boolean isAhead) {
        change(tx, grant.key, 0, grant.amount);
        tx.sql()
                .createUpdate("""
                        INSERT INTO budgets_lease (server, budget, window_start, amount, answered)
                        VALUES (:server, :budget, :start, :amount, 0)
                        ON CONFLICT (server, budget, window_start) DO UPDATE
                        SET amount = budgets_lease.amount + excluded.amount,
                          answered = CASE WHEN :ahead = 1 THEN 0 ELSE budgets_lease.answered END
                        """)
                .bind("ahead", isAhead ? 1 : 0)
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

    /** Whether a server that lives has not answered a recall. */
    static boolean isAwaited(Tx tx, Recall recall, BiPredicate<Tx, String> isOver) {
        return tx
                .sql()
                .createQuery("""
                        SELECT server FROM budgets_lease
                        WHERE budget = :budget AND window_start = :start AND amount > 0 AND answered < :recall
                        """)
                .bind("budget", recall.key.budget())
                .bind("start", recall.key.windowStart())
                .bind("recall", recall.number)
                .mapTo(String.class)
                .stream()
                .anyMatch(server -> !isOver.test(tx, server));
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

    /**
     * Where the calls of a server ask for what only the database can tell. What many ask at once is one transaction: they change
     * the same few rows. Thread-safe.
     */
    static final class Desk {
        private static final int MOST = 200;

        private final Rounds<List<Draw>, Drawn> draws;
        private final Rounds<List<Account.Key>, List<Recall>> recalls;
        private final Rounds<List<Recall>, Boolean> looks;

        /**
         * @param recalled is told of each round of recalls, which this server is to answer, too
         */
        Desk(Store store, Replica replica, Runnable recalled) {
            draws = new Rounds<>(MOST, calls -> store.write(tx -> drawAll(tx, replica.id(), calls)));
            recalls = new Rounds<>(
                    MOST, calls -> store.write(tx -> recallAll(tx, calls)).whenComplete((_, _) -> recalled.run()));
            looks = new Rounds<>(MOST, calls -> store.write(tx -> awaited(tx, replica, calls)));
        }

        private static List<Boolean> awaited(Tx tx, Replica replica, List<List<Recall>> calls) {
            Map<Recall, Boolean> awaited = new HashMap<>();
            return calls.stream()
                    .map(recalls -> recalls.stream()
                            .anyMatch(recall -> awaited.computeIfAbsent(
                                    recall, each -> SqlTreasury.isAwaited(tx, each, replica::isOver))))
                    .toList();
        }

        private static List<List<Recall>> recallAll(Tx tx, List<List<Account.Key>> calls) {
            Map<Account.Key, Recall> recalled = new TreeMap<>();
            calls.stream()
                    .flatMap(List::stream)
                    .distinct()
                    .sorted()
                    .forEach(key -> recalled.put(key, new Recall(key, SqlTreasury.recall(tx, key))));
            return calls.stream()
                    .map(keys -> keys.stream().map(recalled::get).toList())
                    .toList();
        }

        /** Leases what a call needs of all accounts, or nothing of any. */
        CompletableFuture<Drawn> draw(List<Draw> call) {
            return draws.join(call);
        }

        /** Asks all other servers to give back what they do not hold. */
        CompletableFuture<List<Recall>> recall(List<Account.Key> keys) {
            return recalls.join(keys);
        }

        /** Whether a server that lives has not answered yet, this one among them. */
        CompletableFuture<Boolean> isAwaited(List<Recall> asked) {
            return looks.join(asked);
        }
    }
}
