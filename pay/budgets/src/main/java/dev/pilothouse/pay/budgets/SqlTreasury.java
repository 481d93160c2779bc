package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;

/**
 * What is settled and what is leased, as rows. Each method asks the database a fixed number of times, however many accounts it is
 * about. Stateless.
 */
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

    private static final int MOST_KEYS = 250;

    private SqlTreasury() {}

    /**
     * Waits until no other transaction that began with this is under way, on any server; to be called before anything else. All of
     * them change the same few rows, so that of those that run at once PostgreSQL would refuse all but one, which each try again:
     * with more servers less would come of it, and one that starts among busy ones would give up. A lock of a table does not fix
     * what the transaction sees, as a query does. A server that is stopped within its turn loses it after ten seconds.
     */
    static void alone(Tx tx) {
        if (tx.dialect() == Dialect.POSTGRESQL) {
            tx.sql().execute("""
                    SET LOCAL idle_in_transaction_session_timeout = '10s';
                    LOCK TABLE budgets_turn IN EXCLUSIVE MODE
                    """);
        }
    }

    static Optional<Row> find(Tx tx, Account.Key key) {
        return Optional.ofNullable(find(tx, Set.of(key)).get(key));
    }

    /** Those of the accounts that there are. */
    private static Map<Account.Key, Row> find(Tx tx, Collection<Account.Key> keys) {
        Map<Account.Key, Row> found = new HashMap<>();
        for (List<Account.Key> some : parts(keys)) {
            query(tx, """
                            SELECT a.budget, a.window_start, b.amount_limit + a.raised AS amount_limit,
                                   a.settled, a.leased, a.recall
                            FROM budgets_account a JOIN budgets_budget b ON b.id = a.budget
                            WHERE (a.budget, a.window_start) IN (VALUES <keys>)
                            """, some)
                    .map((row, _) -> found.put(
                            new Account.Key(row.getString("budget"), row.getLong("window_start")),
                            new Row(
                                    row.getLong("amount_limit"),
                                    row.getLong("settled"),
                                    row.getLong("leased"),
                                    row.getLong("recall"))))
                    .list();
        }
        return found;
    }

    /** Asks about accounts, which stand in the place of {@code <keys>}. */
    private static Query query(Tx tx, String sql, List<Account.Key> keys) {
        String names = IntStream.range(0, keys.size())
                .mapToObj(i -> "(:budget" + i + ", :start" + i + ")")
                .collect(Collectors.joining(", "));
        Query query = tx.sql().createQuery(sql).define("keys", names);
        for (int i = 0; i < keys.size(); i++) {
            query.bind("budget" + i, keys.get(i).budget())
                    .bind("start" + i, keys.get(i).windowStart());
        }
        return query;
    }

    /** Databases bound how many values a statement has. */
    private static List<List<Account.Key>> parts(Collection<Account.Key> keys) {
        List<Account.Key> all = List.copyOf(keys);
        List<List<Account.Key>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += MOST_KEYS) {
            parts.add(all.subList(from, Math.min(all.size(), from + MOST_KEYS)));
        }
        return parts;
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
        var keys = new TreeSet<Account.Key>();
        calls.forEach(draws -> draws.forEach(draw -> keys.add(draw.key)));
        Map<Account.Key, Row> rows = new HashMap<>(find(tx, keys));
        List<Account.Key> unknown =
                keys.stream().filter(key -> !rows.containsKey(key)).toList();
        if (!unknown.isEmpty()) {
            open(tx, unknown);
            rows.putAll(find(tx, unknown));
        }
        Map<Account.Key, Till> tills = new TreeMap<>();
        rows.forEach((key, row) -> tills.put(key, new Till(row)));
        List<Drawn> drawn = calls.stream().map(draws -> take(tills, draws)).toList();
        tills.values().removeIf(till -> till.taken == 0);
        add(tx, server, tills);
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

    /** Those that are not there yet. */
    private static void open(Tx tx, Collection<Account.Key> keys) {
        PreparedBatch opening = tx.sql().prepareBatch("""
                INSERT INTO budgets_account (budget, window_start, settled, leased, recall)
                VALUES (:budget, :start, 0, 0, 0) ON CONFLICT (budget, window_start) DO NOTHING
                """);
        keys.forEach(key -> add(opening, key));
        opening.execute();
    }

    private static void add(PreparedBatch batch, Account.Key key) {
        batch.bind("budget", key.budget()).bind("start", key.windowStart()).add();
    }

    /** What is for calls that will follow, an account's next recall asks back, whichever was answered before. */
    private static void add(Tx tx, String server, Map<Account.Key, Till> tills) {
        change(
                tx,
                tills.entrySet().stream()
                        .map(each -> new Change(each.getKey(), 0, each.getValue().taken))
                        .toList());
        if (tills.isEmpty()) {
            return;
        }
        PreparedBatch leases = tx.sql().prepareBatch("""
                INSERT INTO budgets_lease (server, budget, window_start, amount, answered)
                VALUES (:server, :budget, :start, :amount, 0)
                ON CONFLICT (server, budget, window_start) DO UPDATE
                SET amount = budgets_lease.amount + excluded.amount,
                  answered = CASE WHEN :ahead = 1 THEN 0 ELSE budgets_lease.answered END
                """);
        tills.forEach((key, till) -> add(
                leases.bind("server", server)
                        .bind("amount", till.taken)
                        .bind("ahead", till.hasAhead && till.row.recall > 0 ? 1 : 0),
                key));
        leases.execute();
    }

    /** What is added to an account. */
    private record Change(Account.Key key, long settled, long leased) {}

    /** In the order of keys, so that two transactions do not wait for one another. */
    private static void change(Tx tx, Collection<Change> changes) {
        if (changes.isEmpty()) {
            return;
        }
        PreparedBatch batch = tx.sql().prepareBatch("""
                UPDATE budgets_account SET settled = settled + :settled, leased = leased + :leased
                WHERE budget = :budget AND window_start = :start
                """);
        changes.stream()
                .sorted(Comparator.comparing(Change::key))
                .forEach(each -> add(batch.bind("settled", each.settled).bind("leased", each.leased), each.key));
        batch.execute();
    }

    /** Takes a server's report, once: one whose number came before changes nothing. */
    static void report(Tx tx, String server, long number, List<Book.Line> lines) {
        if (!isFirst(tx, server, number)) {
            return;
        }
        change(
                tx,
                lines.stream()
                        .map(line -> new Change(line.key(), line.spent(), -line.spent() - line.returned()))
                        .toList());
        if (lines.isEmpty()) {
            return;
        }
        PreparedBatch leases = tx.sql().prepareBatch("""
                UPDATE budgets_lease SET amount = amount - :taken,
                  answered = CASE WHEN answered < :answers THEN :answers ELSE answered END
                WHERE server = :server AND budget = :budget AND window_start = :start
                """);
        lines.forEach(line -> add(
                leases.bind("server", server)
                        .bind("taken", line.spent() + line.returned())
                        .bind("answers", line.answers()),
                line.key()));
        leases.execute();
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

    /** Asks all servers to give back what they do not hold of accounts; each once, and of those that there are. */
    static List<Recall> recall(Tx tx, Collection<Account.Key> keys) {
        if (keys.isEmpty()) {
            return List.of();
        }
        PreparedBatch recalls = tx.sql().prepareBatch("""
                UPDATE budgets_account SET recall = recall + 1 WHERE budget = :budget AND window_start = :start
                """);
        var each = new TreeSet<>(keys);
        each.forEach(key -> add(recalls, key));
        recalls.execute();
        return find(tx, each).entrySet().stream()
                .map(row -> new Recall(row.getKey(), row.getValue().recall))
                .toList();
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
        if (held.isEmpty()) {
            return;
        }
        PreparedBatch leases = tx.sql().prepareBatch("""
                UPDATE budgets_lease SET held = :held
                WHERE server = :server AND budget = :budget AND window_start = :start
                """);
        held.forEach((key, amount) -> add(leases.bind("held", amount).bind("server", server), key));
        leases.execute();
    }

    /** Raises the limit of one window, or lowers it again by a negative amount. */
    static void raise(Tx tx, Account.Key key, long amount) {
        if (amount > 0) {
            open(tx, Set.of(key));
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

    /** Those recalls that a server that lives has not answered; {@code isOver} may write. */
    static Set<Recall> awaited(Tx tx, Collection<Recall> recalls, BiPredicate<Tx, String> isOver) {
        Map<Account.Key, List<Recall>> asked = new HashMap<>();
        recalls.forEach(recall ->
                asked.computeIfAbsent(recall.key, _ -> new ArrayList<>(1)).add(recall));
        Map<String, Boolean> over = new HashMap<>();
        Set<Recall> awaited = new HashSet<>();
        for (List<Account.Key> some : parts(asked.keySet())) {
            query(tx, """
                            SELECT budget, window_start, server, answered FROM budgets_lease
                            WHERE amount > 0 AND (budget, window_start) IN (VALUES <keys>)
                            """, some)
                    .map((row, _) -> new Answered(
                            new Account.Key(row.getString("budget"), row.getLong("window_start")),
                            row.getString("server"),
                            row.getLong("answered")))
                    .forEach(lease -> asked.getOrDefault(lease.key, List.of()).stream()
                            .filter(recall -> lease.answered < recall.number)
                            .filter(_ -> !over.computeIfAbsent(lease.server, server -> isOver.test(tx, server)))
                            .forEach(awaited::add));
        }
        return awaited;
    }

    /** The last recall that a server has answered. */
    private record Answered(Account.Key key, String server, long answered) {}

    /**
     * Ends a run of a server that is over: charges what it had not reported, and frees what is left of its leases. A second time
     * nothing happens, which is told by false.
     */
    static boolean end(Tx tx, String server, List<Charge> charges) {
        if (!isFirst(tx, server, Long.MAX_VALUE)) {
            return false;
        }
        List<Change> changes = new ArrayList<>();
        charges.forEach(charge -> changes.add(new Change(charge.key, charge.amount, 0)));
        changes.addAll(tx.sql()
                .createQuery("SELECT budget, window_start, amount FROM budgets_lease WHERE server = :server")
                .bind("server", server)
                .map((row, _) -> new Change(
                        new Account.Key(row.getString("budget"), row.getLong("window_start")),
                        0,
                        -row.getLong("amount")))
                .list());
        change(tx, changes);
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
