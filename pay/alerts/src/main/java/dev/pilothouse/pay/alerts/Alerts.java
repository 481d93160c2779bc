package dev.pilothouse.pay.alerts;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Standing;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Channel;
import dev.pilothouse.platform.notify.News;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.notify.NotifyError;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Looks each second at what is settled of every budget and tells of the thresholds that it has reached. Thread-safe.
 *
 * <p>100 % counts as reached when less than a thousandth is left: a call that needs more than what is left is refused, so that
 * hardly a budget is ever spent to the last.
 */
public final class Alerts implements AutoCloseable {
    /** The tables of alerts; the store also needs those of budgets, the ledger and notifications. */
    public static final Migrations MIGRATIONS = new Migrations("alerts");

    /**
     * A budget has reached a threshold: the kind of the ledger's entry and the type of the message. Both have the budget, the
     * percentage, what is spent, the limit and the forecast.
     */
    public static final String REACHED = "budget.threshold-reached";

    private static final Logger log = LoggerFactory.getLogger(Alerts.class);
    private static final int NEARLY = 1_000;

    private final Store store;
    private final Declarations declarations;
    private final Notifications notifications;
    private final Ledger ledger;
    private final InstantSource clock;
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("budget-alerts").factory());
    /** What this server knows to be told of, by budget; guarded by this object. */
    private final Map<String, Told> known = new HashMap<>();

    private record Told(Instant from, Set<Integer> percents) {}

    /** Alerts about the budgets of all tenants; {@link #start} begins to look. */
    public Alerts(
            Store store, Declarations declarations, Notifications notifications, Ledger ledger, InstantSource clock) {
        this.store = store;
        this.declarations = declarations;
        this.notifications = notifications;
        this.ledger = ledger;
        this.clock = clock;
    }

    /** Begins to look. */
    public void start() {
        var _ = looking.scheduleWithFixedDelay(
                () -> {
                    try {
                        look();
                    } catch (RuntimeException e) {
                        log.warn("Thresholds of budgets could not be looked at; the next look is in a second", e);
                    }
                },
                0,
                1,
                TimeUnit.SECONDS);
    }

    /** Looks once. */
    synchronized void look() {
        Set<String> there = new HashSet<>();
        for (Standing standing : declarations.all()) {
            there.add(standing.budget().id());
            for (int percent : standing.budget().thresholds()) {
                if (isReached(standing, percent) && !isKnown(standing, percent)) {
                    store.writeAndWait(tx -> tell(tx, standing, percent));
                    know(standing, percent);
                }
            }
        }
        known.keySet().retainAll(there);
    }

    private static boolean isReached(Standing standing, int percent) {
        if (percent == 100) {
            return standing.settled() >= standing.limit() - standing.limit() / NEARLY;
        }
        return standing.percent() >= percent;
    }

    private boolean isKnown(Standing standing, int percent) {
        Told told = known.get(standing.budget().id());
        return told != null && told.from.equals(standing.from()) && told.percents.contains(percent);
    }

    private void know(Standing standing, int percent) {
        Told told = known.get(standing.budget().id());
        if (told == null || !told.from.equals(standing.from())) {
            told = new Told(standing.from(), new HashSet<>());
            known.put(standing.budget().id(), told);
        }
        told.percents.add(percent);
    }

    private boolean tell(Tx tx, Standing standing, int percent) {
        Budget budget = standing.budget();
        if (!SqlAlerts.tell(tx, budget.id(), standing.from(), percent, clock.instant())) {
            return false;
        }
        News news = news(standing, percent);
        for (Channel channel : budget.told()) {
            try {
                notifications.send(tx, budget.tenant(), channel, news);
            } catch (PilothouseException e) {
                if (e.code() != NotifyError.ADDRESS_REFUSED) {
                    throw e;
                }
                // It was allowed when the budget was declared; the others are told all the same.
                log.warn("Budget '{}' tells an address that is not allowed: {}", budget.name(), e.detail());
            }
        }
        Caller by = Caller.system(budget.tenant(), "budgets");
        ledger.append(tx, new LedgerEntry(by, REACHED, Declarations.subject(budget.name()), facts(standing, percent)));
        return true;
    }

    private static ObjectNode facts(Standing standing, int percent) {
        Unit unit = standing.budget().unit();
        return Json.object()
                .put("budget", standing.budget().name())
                .put("percent", percent)
                .put("unit", unit.label())
                .put("spent", unit.text(standing.settled()))
                .put("limit", unit.text(standing.limit()))
                .put("forecast", unit.text(standing.forecast()))
                .put("windowEnd", end(standing));
    }

    private static String end(Standing standing) {
        return standing.until().equals(Instant.MAX) ? "never" : standing.until().toString();
    }

    private static News news(Standing standing, int percent) {
        Budget budget = standing.budget();
        Unit unit = budget.unit();
        String sentence = "The budget '" + budget.name() + "' of " + budget.scope() + " has spent "
                + unit.words(standing.settled()) + " of " + unit.words(standing.limit())
                + budget.window().words() + ". "
                + (standing.until().equals(Instant.MAX)
                        ? "Its window has no end."
                        : "If calls go on as they have, it will be " + unit.words(standing.forecast())
                                + " by the window's end at " + end(standing) + ".")
                + (percent == 100 ? " Calls that need more than is left are refused." : "");
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Budget", budget.name());
        facts.put("Scope", budget.scope().label());
        facts.put("Threshold", percent + " %");
        facts.put("Spent", unit.words(standing.settled()));
        facts.put("Limit", unit.words(standing.limit()));
        facts.put("Forecast", unit.words(standing.forecast()));
        facts.put("Window ends", end(standing));
        return new News(
                REACHED,
                Declarations.subject(budget.name()),
                "Budget " + budget.name() + ": " + percent + " % spent",
                sentence,
                facts,
                facts(standing, percent).put("sentence", sentence));
    }

    /** Looks no more. */
    @Override
    public void close() {
        looking.shutdown();
        try {
            if (!looking.awaitTermination(5, TimeUnit.SECONDS)) {
                looking.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
