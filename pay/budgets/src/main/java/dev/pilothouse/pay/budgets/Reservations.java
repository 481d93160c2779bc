package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Holds that outlive the server that makes them: for work of hours that is done elsewhere, such as a batch. Thread-safe; the
 * methods block.
 *
 * <p>A reservation is a lease of its accounts to a name of its own in the place of a server's. So it is drawn only from what
 * nobody has, no server can spend it, and it counts as held until it is settled, whatever becomes of the server. Any server may
 * settle it, in the transaction that notes how the work ended: it is the one and last report of its name, and counts once.
 * Windows are those of the time at which it was made.
 */
public final class Reservations {
    /**
     * A part of the work that has scopes of its own.
     *
     * @param scopes whose budgets count it
     * @param amounts what it may cost at most, or did cost
     * @param calls how many calls it is, at least 0
     */
    public record Part(Set<Scope> scopes, Amounts amounts, long calls) {
        public Part {
            scopes = Set.copyOf(scopes);
            if (calls < 0) {
                throw new IllegalArgumentException("A reservation is of at least 0 calls, not " + calls);
            }
        }

        long of(Unit unit) {
            return unit == Unit.REQUESTS ? calls : amounts.of(unit);
        }
    }

    /** What is wanted of a budget in its window of now. */
    private record Wanted(Account.Key key, Budget budget, Instant until, long amount) {
        Wanted plus(Wanted other) {
            return new Wanted(key, budget, until, Math.addExact(amount, other.amount));
        }

        SqlTreasury.Draw draw() {
            return SqlTreasury.Draw.exactly(key, amount);
        }
    }

    private static final String NAME = "reservation/";

    private static final long ASK_AGAIN_NANOS = Duration.ofMillis(10).toNanos();
    private static final long LONGEST_RECALL_NANOS = Duration.ofSeconds(30).toNanos();

    private final Store store;
    private final Budgets budgets;
    private final Replica replica;
    private final InstantSource clock;

    /** Over the store of some budgets; {@code replica} is this server. */
    public Reservations(Store store, Budgets budgets, Replica replica, InstantSource clock) {
        this.store = store;
        this.budgets = budgets;
        this.replica = replica;
        this.clock = clock;
    }

    /**
     * Holds all parts on the budgets of their scopes, or nothing.
     *
     * @param name unique for ever
     * @param with what else is written in the transaction that holds them; may run again where the store repeats a transaction
     * @return why not; empty where they are held
     * @throws PilothouseException {@link BudgetError#BUDGET_BUSY} where a server does not give back what it does not need
     */
    public Optional<Answer.Refused> hold(String tenant, String name, List<Part> parts, Consumer<Tx> with) {
        try {
            return held(tenant, name, parts, with);
        } catch (PilothouseException gone) {
            if (gone.code() != BudgetError.NO_SUCH_BUDGET) {
                throw gone;
            }
            // One that was removed meanwhile decides no more.
            budgets.load();
            return held(tenant, name, parts, with);
        }
    }

    private Optional<Answer.Refused> held(String tenant, String name, List<Part> parts, Consumer<Tx> with) {
        List<Wanted> wanted = wanted(tenant, parts);
        List<Wanted> lacking = draw(name, wanted, with);
        if (lacking.isEmpty()) {
            return Optional.empty();
        }
        recall(lacking);
        return draw(name, wanted, with).stream().findFirst().map(this::refused);
    }

    /** In the order of their keys, as all who draw. */
    private List<Wanted> wanted(String tenant, List<Part> parts) {
        Instant now = clock.instant();
        Map<Account.Key, Wanted> wanted = new TreeMap<>();
        for (Part part : parts) {
            for (Budget budget : budgets.of(tenant, part.scopes)) {
                long amount = part.of(budget.unit());
                Instant from = budget.window().start(now, budget.zone());
                var key = new Account.Key(budget.id(), from.toEpochMilli());
                if (amount > 0) {
                    wanted.merge(
                            key,
                            new Wanted(key, budget, budget.window().end(now, budget.zone()), amount),
                            Wanted::plus);
                }
            }
        }
        return List.copyOf(wanted.values());
    }

    /** Draws all or nothing; tells what has too little. */
    private List<Wanted> draw(String name, List<Wanted> wanted, Consumer<Tx> with) {
        List<SqlTreasury.Draw> draws = wanted.stream().map(Wanted::draw).toList();
        return store.writeAndWait(tx -> {
            SqlTreasury.alone(tx);
            if (SqlTreasury.draw(tx, NAME + name, draws).size() < draws.size()) {
                return wanted.stream()
                        .filter(each -> SqlTreasury.find(tx, each.key)
                                .filter(row -> row.free() < each.amount)
                                .isPresent())
                        .toList();
            }
            SqlTreasury.keep(tx, NAME + name);
            with.accept(tx);
            return List.of();
        });
    }

    /** Waits until every living server has given back what it does not hold. */
    private void recall(List<Wanted> lacking) {
        List<SqlTreasury.Recall> recalls = store.writeAndWait(tx -> {
            SqlTreasury.alone(tx);
            return SqlTreasury.recall(tx, lacking.stream().map(Wanted::key).toList());
        });
        long begun = System.nanoTime();
        while (!store.writeAndWait(tx -> SqlTreasury.awaited(tx, recalls, replica::isOver))
                .isEmpty()) {
            if (System.nanoTime() - begun > LONGEST_RECALL_NANOS) {
                throw BudgetError.BUDGET_BUSY.because(
                        "A server does not give back what it has of this budget and does not need. Try again.");
            }
            LockSupport.parkNanos(ASK_AGAIN_NANOS);
        }
    }

    private Answer.Refused refused(Wanted wanted) {
        long left = store.read(tx -> SqlTreasury.find(tx, wanted.key))
                .map(row -> row.limit() - row.settled())
                .orElse(0L);
        return new Answer.Refused(wanted.budget, wanted.amount, Math.max(0, left), wanted.until);
    }

    /**
     * Ends a reservation with what the work cost, and frees the rest. More than was held is charged in full.
     *
     * @param spent the parts as they came out, in the scopes that they were held in; none where nothing was done
     * @return false where it was settled before, which changes nothing
     */
    public boolean settle(Tx tx, String name, List<Part> spent) {
        Map<Account.Key, Long> charges = new HashMap<>();
        for (SqlTreasury.Kept kept : SqlTreasury.kept(tx, NAME + name)) {
            for (Part part : spent) {
                if (part.scopes.contains(kept.scope())) {
                    charges.merge(kept.key(), part.of(kept.unit()), Math::addExact);
                }
            }
        }
        return SqlTreasury.end(
                tx,
                NAME + name,
                charges.entrySet().stream()
                        .map(each -> new SqlTreasury.Charge(each.getKey(), each.getValue()))
                        .toList());
    }
}
