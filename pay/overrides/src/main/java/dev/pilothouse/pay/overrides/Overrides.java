package dev.pilothouse.pay.overrides;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Standing;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import dev.pilothouse.trust.policy.Approval;
import dev.pilothouse.trust.policy.Approvals;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Front door of overrides. Once started it takes up decisions at once where they are made on this server, else within a second,
 * and lets the limit fall back within a second of the expiry or the window's end. Thread-safe; calls wait for the store.
 */
public final class Overrides implements AutoCloseable {
    /** The tables of overrides; the store also needs those of budgets, the ledger and policy. */
    public static final Migrations MIGRATIONS = new Migrations("overrides");

    /** Somebody asks to have a limit raised. Subject {@code budget/<name>}, as of all entries about overrides. */
    public static final String REQUESTED = "budget-override.requested";

    /** It was approved, by {@code decidedBy}, and the limit is raised until {@code expiresAt}. */
    public static final String ACTIVATED = "budget-override.activated";

    /** It was refused; {@code outcome} says why. */
    public static final String REFUSED = "budget-override.refused";

    /** Its time has passed; where it was active, the limit has fallen back. */
    public static final String EXPIRED = "budget-override.expired";

    /** Who approves. */
    public static final Role APPROVES = Role.APPROVER;

    /** Longest time from the request to the expiry. */
    public static final Duration LONGEST = Approvals.MAX_WAIT;

    private static final Logger log = LoggerFactory.getLogger(Overrides.class);
    private static final int MAX_REASON = 2_000;

    private final Store store;
    private final Declarations declarations;
    private final Approvals approvals;
    private final Ledger ledger;
    private final InstantSource clock;
    private final Ids ids;
    private final ScheduledExecutorService stepping = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("budget-overrides").factory());

    /** Overrides of declared budgets; {@link #start} begins to act on decisions and expiries. */
    public Overrides(Store store, Declarations declarations, Approvals approvals, Ledger ledger, InstantSource clock) {
        this.store = store;
        this.declarations = declarations;
        this.approvals = approvals;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = Ids.secure(clock);
    }

    /** Begins to act, first on what was decided or has passed while no server ran. Start it before budgets are asked. */
    public void start() {
        step();
        approvals.onDecision(_ -> wake());
        var _ = stepping.scheduleWithFixedDelay(this::step, 1, 1, TimeUnit.SECONDS);
    }

    private void wake() {
        try {
            stepping.execute(this::step);
        } catch (RejectedExecutionException _) {
            // Closed: whoever runs next sees the decision.
        }
    }

    /**
     * Asks for an override; a person with the role {@link #APPROVES} who is somebody else decides it as an approval.
     *
     * @param amount by how much the limit is to be raised, in the budget's unit
     * @param expiresAt until when; at the end of the window that runs at the approval it ends in any case
     * @throws PilothouseException NOT_FOUND where there is no such budget, INVALID with all problems
     */
    public BudgetOverride request(Caller by, String budgetName, String amount, Instant expiresAt, String reason) {
        return store.writeAndWait(tx -> {
            Instant now = now();
            Standing standing =
                    declarations.find(tx, by.tenant(), budgetName).orElseThrow(() -> Declarations.missing(budgetName));
            Budget budget = standing.budget();
            List<Problem> problems = new ArrayList<>();
            long raise = amount(budget.unit(), amount, problems);
            if (!expiresAt.isAfter(now) || expiresAt.isAfter(now.plus(LONGEST))) {
                problems.add(new Problem(
                        "expiresAt",
                        expiresAt + " is not within the next " + LONGEST.toDays() + " days; it is " + now + " now."));
            }
            if (reason.isBlank() || reason.length() > MAX_REASON) {
                problems.add(new Problem(
                        "reason", "Say why, in 1 to " + MAX_REASON + " characters; it stays on the ledger."));
            }
            if (!problems.isEmpty()) {
                throw CommonError.invalid("The override cannot be asked for so.", problems);
            }
            String id = ids.next();
            Instant until = Instant.ofEpochMilli(expiresAt.toEpochMilli());
            Approval approval = approvals.request(
                    tx,
                    by,
                    Declarations.subject(budgetName),
                    digest(id, budget, raise, until, reason),
                    APPROVES,
                    "Raise the budget '" + budgetName + "', " + budget.unit().words(budget.limit())
                            + budget.window().words() + ", by " + budget.unit().words(raise) + " until " + until
                            + " at the latest: " + reason,
                    Duration.between(now, until));
            var override = new BudgetOverride(
                    by.tenant(),
                    id,
                    budget.id(),
                    budgetName,
                    budget.unit(),
                    raise,
                    reason,
                    by.principal(),
                    now,
                    until,
                    approval.id(),
                    BudgetOverride.State.WAITING,
                    Optional.empty(),
                    "");
            SqlOverrides.insert(tx, override);
            record(tx, by, REQUESTED, override, facts(override).put("reason", reason));
            return override;
        });
    }

    private static long amount(Unit unit, String text, List<Problem> problems) {
        try {
            long amount = unit.parse(text);
            if (amount == 0) {
                problems.add(new Problem("amount", "To raise a limit by nothing changes nothing; say by how much."));
            }
            return amount;
        } catch (PilothouseException e) {
            problems.add(new Problem("amount", e.detail()));
            return 0;
        }
    }

    /** Of exactly what is approved. */
    private static Digest digest(String id, Budget budget, long amount, Instant until, String reason) {
        return Digest.of(String.join("\n", id, budget.id(), Long.toString(amount), until.toString(), reason));
    }

    /** A budget's overrides, the newest first, those before the one with an id; from the newest where it is empty. */
    public List<BudgetOverride> list(String tenant, String budgetName, String before, int limit) {
        return store.read(tx -> SqlOverrides.list(tx, tenant, budgetName, before, limit));
    }

    /** One override of the tenant. */
    public Optional<BudgetOverride> find(String tenant, String id) {
        return store.read(tx -> SqlOverrides.find(tx, tenant, id));
    }

    /** Takes each open override one step further, if it is time. */
    void step() {
        try {
            for (BudgetOverride override : store.read(SqlOverrides::open)) {
                store.writeAndWait(tx -> {
                    step(tx, override);
                    return override.id();
                });
            }
        } catch (RuntimeException e) {
            log.warn("Overrides of budgets could not be looked at; the next try is in a second", e);
        }
    }

    private void step(Tx tx, BudgetOverride override) {
        Instant now = now();
        Optional<Standing> standing = declarations
                .find(tx, override.tenant(), override.budgetName())
                .filter(found -> found.budget().id().equals(override.budget()));
        if (standing.isEmpty()) {
            end(tx, override, BudgetOverride.State.EXPIRED, "The budget was removed.");
        } else if (override.state() == BudgetOverride.State.WAITING) {
            decide(tx, override, standing.get(), now);
        } else if (!now.isBefore(override.expiresAt())) {
            end(tx, override, BudgetOverride.State.EXPIRED, "Its time has passed; the limit has fallen back.");
        }
    }

    private void decide(Tx tx, BudgetOverride override, Standing standing, Instant now) {
        Optional<Approval> approval = approvals.find(tx, override.tenant(), override.approval());
        if (approval.isEmpty()) {
            end(tx, override, BudgetOverride.State.REFUSED, "Its approval is gone.");
            return;
        }
        switch (approval.get().outcome()) {
            case Approval.Outcome.Pending() -> {}
            case Approval.Outcome.Approved approved -> grant(tx, override, standing, approved.by(), now);
            case Approval.Outcome.Rejected rejected ->
                end(
                        tx,
                        override,
                        BudgetOverride.State.REFUSED,
                        "Refused by " + rejected.by()
                                + rejected.comment().map(said -> ": " + said).orElse("."));
            case Approval.Outcome.Expired _ ->
                end(tx, override, BudgetOverride.State.EXPIRED, "Nobody decided before it expired.");
        }
    }

    private void grant(Tx tx, BudgetOverride override, Standing standing, String by, Instant now) {
        if (!now.isBefore(override.expiresAt())) {
            end(tx, override, BudgetOverride.State.EXPIRED, "It expired before its approval was seen.");
            return;
        }
        if (standing.raised() > Budget.MOST - override.amount()) {
            end(tx, override, BudgetOverride.State.REFUSED, "The limit is raised by as much as can be counted.");
            return;
        }
        Instant until = override.expiresAt().isBefore(standing.until()) ? override.expiresAt() : standing.until();
        BudgetOverride active = override.active(standing.from(), until);
        if (SqlOverrides.move(tx, override.state(), active)) {
            declarations.raise(tx, override.budget(), standing.from(), override.amount());
            Unit unit = override.unit();
            record(
                    tx,
                    Caller.system(override.tenant(), "budgets"),
                    ACTIVATED,
                    active,
                    facts(active)
                            .put("decidedBy", by)
                            .put("before", unit.text(standing.limit()))
                            .put("after", unit.text(standing.limit() + override.amount())));
        }
    }

    private void end(Tx tx, BudgetOverride override, BudgetOverride.State how, String why) {
        BudgetOverride ended = override.ended(how, why);
        if (SqlOverrides.move(tx, override.state(), ended)) {
            if (override.state() == BudgetOverride.State.ACTIVE) {
                declarations.raise(tx, override.budget(), override.windowStart().orElseThrow(), -override.amount());
            }
            record(
                    tx,
                    Caller.system(override.tenant(), "budgets"),
                    how == BudgetOverride.State.REFUSED ? REFUSED : EXPIRED,
                    ended,
                    facts(ended).put("outcome", why));
        }
    }

    private static ObjectNode facts(BudgetOverride override) {
        return Json.object()
                .put("override", override.id())
                .put("amount", override.unit().text(override.amount()))
                .put("unit", override.unit().label())
                .put("expiresAt", override.expiresAt().toString())
                .put("requestedBy", override.requestedBy())
                .put("approval", override.approval());
    }

    private void record(Tx tx, Caller by, String kind, BudgetOverride override, ObjectNode facts) {
        ledger.append(tx, new LedgerEntry(by, kind, Declarations.subject(override.budgetName()), facts));
    }

    private Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }

    /** Acts no more; what is decided meanwhile is acted on after the next start. */
    @Override
    public void close() {
        stepping.shutdown();
        try {
            if (!stepping.awaitTermination(5, TimeUnit.SECONDS)) {
                stepping.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
