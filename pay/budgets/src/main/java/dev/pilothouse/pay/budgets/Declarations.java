package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Declares budgets and tells where they stand. Each change is an entry of the ledger in the same transaction, with what was
 * before and what is after. Thread-safe; calls wait for the store.
 *
 * <p>A limit may be lowered below what is spent and leased. Within 50 ms each server then gives back what it does not hold of
 * that budget and holds nothing new; calls under way end as they would have.
 */
public final class Declarations {
    /** A budget was declared: {@code after} has all of it. Subject {@code budget/<name>}. */
    public static final String DECLARED = "budget.declared";

    /** A budget was declared anew: {@code before} and {@code after} have all of it. */
    public static final String CHANGED = "budget.changed";

    /** A budget was removed: {@code before} has all of it, {@code settled} what had been spent in its last window. */
    public static final String REMOVED = "budget.removed";

    private final Store store;
    private final Budgets budgets;
    private final Ledger ledger;
    private final InstantSource clock;
    private final Ids ids;

    /**
     * Declarations of the budgets that a server asks.
     *
     * @param store opened with {@link Budgets#MIGRATIONS}
     */
    public Declarations(Store store, Budgets budgets, Ledger ledger, InstantSource clock) {
        this.store = store;
        this.budgets = budgets;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = Ids.secure(clock);
    }

    /**
     * Declares a budget, or declares one anew. What it counts (scope, window, time zone, unit) stays; all else may change.
     * This server knows it on return, others within a second.
     *
     * @param wished its tenant is the caller's; its id is not looked at
     * @throws PilothouseException CONFLICT where there is one of this name that counts something else
     */
    public Standing put(Caller by, Budget wished) {
        Standing standing = store.writeAndWait(tx -> put(tx, by, wished));
        budgets.load();
        return standing;
    }

    /** As {@link #put(Caller, Budget)}, in a transaction; this server knows it within a second, or after {@link #reload}. */
    public Standing put(Tx tx, Caller by, Budget wished) {
        Instant now = now();
        Optional<Budget> before = SqlBudgets.find(tx, by.tenant(), wished.name());
        Budget after = wished.withId(before.isPresent() ? before.get().id() : ids.next());
        if (before.isEmpty()) {
            if (!SqlBudgets.insert(tx, after, now)) {
                throw CommonError.CONFLICT.because(
                        "A budget '" + after.name() + "' was declared at the same moment. Look at it, then try again.");
            }
            record(tx, by, DECLARED, after, Json.object());
        } else if (!before.get().equals(after)) {
            checkCountsAs(before.get(), after);
            SqlBudgets.put(tx, after, now);
            ObjectNode facts = Json.object();
            facts.set("before", BudgetJson.facts(before.get()));
            record(tx, by, CHANGED, after, facts);
        }
        return SqlBudgets.standings(tx, List.of(after), now).getFirst();
    }

    /** Makes this server know what was declared in transactions. */
    public void reload() {
        budgets.load();
    }

    /**
     * Reads a budget as its HTTP API takes it, without an id.
     *
     * @throws PilothouseException INVALID with all problems
     */
    public static Budget read(String tenant, String name, ObjectNode body) {
        return BudgetJson.Reader.read(tenant, name, body);
    }

    /** All that is declared of a budget, as people may see it. */
    public static ObjectNode facts(Budget budget) {
        return BudgetJson.facts(budget);
    }

    private static void checkCountsAs(Budget before, Budget after) {
        if (!before.countsAs(after)) {
            throw CommonError.CONFLICT.because("The budget '" + before.name() + "' counts "
                    + before.unit().label()
                    + " of " + before.scope() + " by the " + before.window().label() + " in " + before.zone()
                    + ". What is spent cannot be carried over to something else: declare that under another name, or remove"
                    + " this one first.");
        }
    }

    /**
     * Removes a budget. Calls under way that hold of it end as they would have, and what they cost is counted by their other
     * budgets only; calls that ask for it at this moment are decided by the others.
     *
     * @throws PilothouseException NOT_FOUND
     */
    public void remove(Caller by, String name) {
        store.writeAndWait(tx -> {
            remove(tx, by, name);
            return name;
        });
        budgets.load();
    }

    /** As {@link #remove(Caller, String)}, in a transaction; {@link #reload} then makes it count. */
    public void remove(Tx tx, Caller by, String name) {
        Budget budget = SqlBudgets.find(tx, by.tenant(), name).orElseThrow(() -> missing(name));
        Standing last = SqlBudgets.standings(tx, List.of(budget), now()).getFirst();
        SqlBudgets.delete(tx, budget.id());
        ObjectNode facts = Json.object();
        facts.set("before", BudgetJson.facts(budget));
        facts.put("settled", budget.unit().text(last.settled()));
        ledger.append(tx, new LedgerEntry(by, REMOVED, subject(name), facts));
    }

    /** Names of the tenant's budgets, in order. */
    public List<String> names(Tx tx, String tenant) {
        return SqlBudgets.list(tx, tenant, "", Integer.MAX_VALUE).stream()
                .map(Budget::name)
                .toList();
    }

    /** The tenant's budgets by name, those behind one; all from the first where it is empty. */
    public List<Standing> list(String tenant, String after, int limit) {
        return store.read(tx -> SqlBudgets.standings(tx, SqlBudgets.list(tx, tenant, after, limit), now()));
    }

    /** One budget of the tenant. */
    public Optional<Standing> find(String tenant, String name) {
        return store.read(tx -> find(tx, tenant, name));
    }

    /** As {@link #find(String, String)}, in a transaction. */
    public Optional<Standing> find(Tx tx, String tenant, String name) {
        return SqlBudgets.find(tx, tenant, name)
                .map(budget -> SqlBudgets.standings(tx, List.of(budget), now()).getFirst());
    }

    /** The budgets of all tenants. */
    public List<Standing> all() {
        return store.read(tx -> SqlBudgets.standings(tx, SqlBudgets.all(tx), now()));
    }

    /**
     * Raises a budget's limit in one window, or lowers it again.
     *
     * @param budget its id; one that is gone is left alone
     * @param from when the window began
     * @param amount in the budget's unit; negative to lower
     */
    public void raise(Tx tx, String budget, Instant from, long amount) {
        SqlTreasury.raise(tx, new Account.Key(budget, from.toEpochMilli()), amount);
    }

    /** NOT_FOUND, for who asks for a budget that is not there. */
    public static PilothouseException missing(String name) {
        return CommonError.NOT_FOUND.because("There is no budget '" + name + "'. See them all: GET /api/v1/budgets.");
    }

    /** What entries and messages about a budget are about. */
    public static String subject(String name) {
        return "budget/" + name;
    }

    private void record(Tx tx, Caller by, String kind, Budget after, ObjectNode facts) {
        facts.set("after", BudgetJson.facts(after));
        ledger.append(tx, new LedgerEntry(by, kind, subject(after.name()), facts));
    }

    private Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }
}
