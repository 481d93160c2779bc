package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Standing;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.run.providers.CacheRule;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.ship.delivery.Resources;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.spec.Resource;
import dev.pilothouse.ship.verdicts.CountRecorder;
import dev.pilothouse.ship.verdicts.PassedLabels;
import dev.pilothouse.ship.verdicts.SlowLimits;
import dev.pilothouse.trust.ledger.Ledger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Front door of what files declare of the gateway, and of rollouts of aliases. Thread-safe; calls block. */
public final class Routing implements Resources, AutoCloseable {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("routing");

    /** What a person may do with a rollout. */
    static final List<String> ACTIONS = List.of("pause", "resume", "abort", "promote");

    private final Store store;
    private final Gateway gateway;
    private final dev.pilothouse.pay.budgets.Declarations budgets;
    private final Ledger ledger;
    private final Ids ids;
    private final RolloutSteps steps;
    private final PassedLabels outcomes;
    private final RolloutReconciler reconciler;

    /**
     * Routing of a gateway; nothing moves before {@link #start}.
     *
     * @param store opened with {@link #MIGRATIONS} and {@link CountRecorder#MIGRATIONS}
     * @param clock the same for all servers of the store
     */
    public Routing(
            Store store,
            Gateway gateway,
            dev.pilothouse.pay.budgets.Declarations budgets,
            Ledger ledger,
            Leases leases,
            Ids ids,
            InstantSource clock) {
        this.store = store;
        this.gateway = gateway;
        this.budgets = budgets;
        this.ledger = ledger;
        this.ids = ids;
        this.steps = new RolloutSteps(store, gateway.book(), ledger, clock);
        this.outcomes = new PassedLabels(store, clock, ids);
        var counts = new GatewayCounts(gateway.splits(), clock);
        String replica = ids.next();
        var recorder = new CountRecorder(
                store,
                counts::take,
                (tx, tenant, id) -> SqlRollouts.find(tx, tenant, id).map(RouteRollout::trial),
                new SlowLimits(store, clock, counts, replica),
                replica);
        this.reconciler = new RolloutReconciler(
                store,
                gateway,
                leases,
                replica,
                () -> {
                    outcomes.take(this::join);
                    recorder.record();
                },
                steps);
    }

    /** Starts to split calls and take steps, from wherever rollouts stand. */
    public void start() {
        reconciler.start();
    }

    /** One round of what {@link #start} repeats. */
    void round() {
        reconciler.round();
    }

    /** Stops after the step in progress; rollouts go on after the next start. Close before what it uses. */
    @Override
    public void close() {
        reconciler.close();
    }

    @Override
    public Optional<ObjectNode> stored(Tx tx, String tenant, Resource resource) {
        return switch (resource) {
            case Resource.OfProvider provider ->
                gateway.book().provider(tx, tenant, provider.name()).map(Declarations::json);
            case Resource.OfRoute wished -> wished(tx, tenant, wished).map(Routing::json);
            case Resource.OfBudget budget ->
                budgets.find(tx, tenant, budget.name())
                        .map(Standing::budget)
                        .map(dev.pilothouse.pay.budgets.Declarations::facts);
        };
    }

    /** What was last declared: what a rollout tries, or what it tried in vain, or what answers. */
    private Optional<ModelRoute> wished(Tx tx, String tenant, Resource.OfRoute wished) {
        Optional<ModelRoute> stable = gateway.book().route(tx, tenant, wished.name());
        return stable.map(now -> SqlRollouts.latest(tx, tenant, wished.name())
                .filter(last -> last.base() == now.version()
                        && (last.phase().inMotion() || last.candidate().answersAs(wished.route())))
                .map(last -> last.candidate().withResidency(now.residency()))
                .orElse(now));
    }

    @Override
    public ObjectNode wished(String tenant, Resource resource) {
        return switch (resource) {
            case Resource.OfProvider declared -> Declarations.json(declared.provider());
            case Resource.OfRoute wished -> json(wished.route());
            case Resource.OfBudget budget -> dev.pilothouse.pay.budgets.Declarations.facts(budget(tenant, budget));
        };
    }

    /** The version is counted, not declared; whether answers are kept is not a file's to say, and stays. */
    private static ObjectNode json(ModelRoute route) {
        ObjectNode json = Declarations.json(route);
        json.remove(List.of("version", "cache"));
        return json;
    }

    private static Budget budget(String tenant, Resource.OfBudget budget) {
        return dev.pilothouse.pay.budgets.Declarations.read(tenant, budget.name(), budget.body());
    }

    @Override
    public void apply(Tx tx, Caller by, Resource resource) {
        switch (resource) {
            case Resource.OfProvider declared -> gateway.book().put(tx, by, declared.provider());
            case Resource.OfRoute wished -> apply(tx, by, wished);
            case Resource.OfBudget budget -> {
                by.require(Role.ADMIN);
                budgets.put(tx, by, budget(by.tenant(), budget));
            }
        }
    }

    @Override
    public List<String> names(Tx tx, String tenant, String kind) {
        return switch (kind) {
            case "Provider" -> gateway.book().providers(tx, tenant);
            case "Route" -> gateway.book().aliases(tx, tenant);
            default -> budgets.names(tx, tenant);
        };
    }

    @Override
    public void remove(Tx tx, Caller by, String kind, String name) {
        switch (kind) {
            case "Provider" -> gateway.book().removeProvider(tx, by, name);
            case "Route" -> {
                end(tx, by, name, "The alias was removed.");
                gateway.book().removeRoute(tx, by, name);
            }
            default -> {
                by.require(Role.ADMIN);
                budgets.remove(tx, by, name);
            }
        }
    }

    /** Lets a route count at once, or begins its rollout where it declares one and answers otherwise than what is there. */
    private void apply(Tx tx, Caller by, Resource.OfRoute wished) {
        by.require(Role.ENGINEER);
        Optional<ModelRoute> stable = gateway.book().route(tx, by.tenant(), wished.name());
        boolean gradual = stable.isPresent()
                && wished.plan()
                        .filter(plan -> plan.rollout().steps().size() > 1)
                        .isPresent()
                && !stable.get().answersAs(wished.route());
        if (gradual) {
            begin(tx, by, wished, stable.get());
        } else {
            end(tx, by, wished.name(), "Superseded: the alias was declared anew.");
            CacheRule cache = stable.map(ModelRoute::cache).orElse(CacheRule.OFF);
            gateway.book().put(tx, by, wished.route().withCache(cache));
        }
    }

    private RouteRollout begin(Tx tx, Caller by, Resource.OfRoute wished, ModelRoute before) {
        // Where it stays is no matter of trying.
        ModelRoute stable =
                gateway.book().put(tx, by, before.withResidency(wished.route().residency()));
        gateway.book().check(tx, by.tenant(), wished.route());
        long number = SqlRollouts.latest(tx, by.tenant(), wished.name())
                        .map(RouteRollout::number)
                        .orElse(0L)
                + 1;
        end(tx, by, wished.name(), "Superseded by rollout " + number + ".");
        RouteRollout rollout = RouteRollout.begin(
                by.tenant(), ids.next(), number, wished, wished.plan().orElseThrow(), stable.version(), steps.now());
        SqlRollouts.insert(tx, rollout);
        ledger.append(tx, RolloutEntries.started(by, rollout));
        return rollout;
    }

    private void end(Tx tx, Caller by, String alias, String why) {
        moving(tx, by.tenant(), alias)
                .ifPresent(rollout -> steps.write(tx, by, rollout.to(Phase.ABORTED, why, steps.now()), "aborted"));
    }

    private static Optional<RouteRollout> moving(Tx tx, String tenant, String alias) {
        return SqlRollouts.latest(tx, tenant, alias)
                .filter(rollout -> rollout.phase().inMotion());
    }

    @Override
    public void applied() {
        gateway.reload();
        budgets.reload();
        reconciler.wake();
    }

    /**
     * Begins a rollout.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role engineer; NOT_FOUND where there is no such alias;
     *     CONFLICT where it answers so already; INVALID where the candidate cannot be asked
     */
    ObjectNode start(Caller by, Resource.OfRoute wished) {
        by.require(Role.ENGINEER);
        RouteRollout begun = store.writeAndWait(tx -> {
            ModelRoute stable = gateway.book()
                    .route(tx, by.tenant(), wished.name())
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no alias '" + wished.name()
                            + "' to compare with. Declare it first: PUT /api/v1/aliases/" + wished.name() + "."));
            if (stable.answersAs(wished.route())) {
                throw CommonError.CONFLICT.because(
                        "The alias '" + wished.name() + "' is answered so already; there is nothing to roll out.");
            }
            if (wished.plan().orElseThrow().rollout().steps().size() < 2) {
                throw CommonError.INVALID.because(
                        "A rollout whose one step is all traffic compares nothing. Declare the alias instead: PUT"
                                + " /api/v1/aliases/" + wished.name() + ".");
            }
            return begin(tx, by, wished, stable);
        });
        applied();
        return one(by.tenant(), begun.alias());
    }

    /**
     * Steers a rollout.
     *
     * @param action one of {@link #ACTIONS}
     * @param reason why, for the ledger; promote needs one, and the role approver
     * @throws dev.pilothouse.kernel.PilothouseException CONFLICT where the action does not fit where the rollout stands
     */
    ObjectNode act(Caller by, String alias, String action, String reason) {
        if (!ACTIONS.contains(action)) {
            throw CommonError.INVALID.because("There is no action '" + action + "'." + Nearest.hint(action, ACTIONS));
        }
        by.require(Role.ENGINEER);
        if (action.equals("promote")) {
            // This puts a person's word in the place of evidence.
            by.require(Role.APPROVER);
            if (reason.isEmpty()) {
                throw CommonError.INVALID.because("Say why in 'reason': it takes the place of evidence.");
            }
        }
        store.writeAndWait(tx -> act(tx, by, alias, action, reason));
        applied();
        return one(by.tenant(), alias);
    }

    private RouteRollout act(Tx tx, Caller by, String alias, String action, String reason) {
        RouteRollout rollout = moving(tx, by.tenant(), alias)
                .orElseThrow(() -> CommonError.CONFLICT.because("No rollout of '" + alias + "' is in motion."));
        Instant now = steps.now();
        String said = reason.isEmpty() ? "." : ": " + reason;
        RouteRollout next =
                switch (action) {
                    case "pause" -> rollout.paused(true, "Paused by a person" + said, rollout.since());
                    case "resume" -> {
                        if (!rollout.paused()) {
                            throw CommonError.CONFLICT.because("The rollout of '" + alias + "' is not paused.");
                        }
                        yield rollout.paused(false, "", now);
                    }
                    case "abort" -> rollout.to(Phase.ABORTED, "Aborted by a person" + said, now);
                    default -> {
                        ModelRoute stable =
                                gateway.book().route(tx, by.tenant(), alias).orElseThrow();
                        steps.promote(tx, by, rollout, stable).ifPresent(why -> {
                            throw CommonError.CONFLICT.because(why);
                        });
                        yield rollout.to(Phase.PROMOTED, "Promoted by a person" + said, now);
                    }
                };
        steps.write(
                tx,
                by,
                next,
                next.phase() == Phase.CANARY ? action + "d" : next.phase().label());
        return next;
    }

    /** The newest rollout of each alias of a tenant. */
    List<ObjectNode> list(String tenant) {
        return store.read(tx -> SqlRollouts.latest(tx, tenant).stream()
                .map(rollout -> RolloutViews.json(tx, rollout, gateway.book()))
                .toList());
    }

    /**
     * The newest rollout of an alias, with the course of its evidence.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND
     */
    ObjectNode one(String tenant, String alias) {
        return store.read(tx -> SqlRollouts.latest(tx, tenant, alias)
                .map(rollout -> RolloutViews.detail(tx, rollout, gateway.book()))
                .orElseThrow(() -> CommonError.NOT_FOUND.because("The alias '" + alias
                        + "' was never rolled out. Declare its next version with 'rollout:' in a file, or PUT"
                        + " /api/v1/rollouts/" + alias + ".")));
    }

    /** Counts the outcome of a call, here or on the server that answered it. */
    public void outcome(String tenant, String requestId, boolean success) {
        if (reconciler.isInMotion(tenant) && !gateway.splits().outcome(tenant, requestId, success)) {
            outcomes.pass(List.of(new PassedLabels.Label(
                    tenant, GatewayCounts.passedAs(), requestId, "", Boolean.toString(success))));
        }
    }

    private boolean join(PassedLabels.Label label) {
        return label.service().equals(GatewayCounts.passedAs())
                && gateway.splits().outcome(label.tenant(), label.requestId(), Boolean.parseBoolean(label.value()));
    }
}
