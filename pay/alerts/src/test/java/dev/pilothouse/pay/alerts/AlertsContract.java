package dev.pilothouse.pay.alerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Answer;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Ceiling;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.budgets.Window;
import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.notify.Channel;
import dev.pilothouse.platform.notify.Delivery;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.notify.NotifyConfig;
import dev.pilothouse.platform.notify.StoredAddresses;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.RecordedEntry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thresholds are told of once, on every store. Deliveries stay pending, since nothing runs the jobs that send them. */
abstract class AlertsContract {
    private static final Caller ANN = new Caller("acme", "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.ADMIN));
    private static final Scope TEAM = new Scope(Scope.Kind.TEAM, "research");
    private static final Channel HOOK = new Channel.Webhook(URI.create("https://example.com/hook"));

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock(Instant.parse("2026-06-15T00:00:00Z"));
    private Store store;
    private Journal journal;
    private Ledger ledger;
    private Replica replica;
    private Budgets budgets;
    private Declarations declarations;
    private Jobs jobs;
    private Notifications notifications;

    /** An empty database with the tables of the modules with these prefixes. */
    abstract Store connect(String... prefixes);

    @BeforeEach
    void open() {
        store = connect("journal", "ledger", "jobs", "notify", "budgets", "alerts");
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        replica = new Replica(store, new Leases(store), "one");
        budgets = new Budgets(store, replica, folder.resolve("log"), clock);
        declarations = new Declarations(store, budgets, ledger, clock);
        jobs = new Jobs(store, clock, Ids.secure(clock), new Random(1), JobsConfig.STANDARD);
        notifications = new Notifications(
                store,
                jobs,
                (_, _) -> new byte[32],
                StoredAddresses.none(),
                NotifyConfig.STANDARD,
                Optional.empty(),
                clock);
    }

    @AfterEach
    void close() {
        jobs.close();
        notifications.close();
        budgets.close();
        replica.close();
        ledger.close();
        journal.close();
        store.close();
    }

    private Alerts server() {
        return new Alerts(store, declarations, notifications, ledger, clock);
    }

    private void declare(long limit, Channel... told) {
        declarations.put(
                ANN,
                new Budget(
                        "",
                        "acme",
                        "lab",
                        TEAM,
                        Window.DAY,
                        ZoneOffset.UTC,
                        Unit.NANO_USD,
                        limit,
                        Budget.THRESHOLDS,
                        Ladder.NONE,
                        List.of(told)));
    }

    private void spend(long nanoUsd) {
        long before = settled();
        var held = (Answer.Held) budgets.hold("acme", Set.of(TEAM), Ceiling.of(new Amounts(nanoUsd, 1, 1)))
                .join();
        budgets.settle(held.hold(), new Amounts(nanoUsd, 1, 1), new byte[0]).join();
        await().until(() -> settled() == before + nanoUsd);
    }

    private long settled() {
        return declarations.find("acme", "lab").orElseThrow().settled();
    }

    private List<Delivery> sent() {
        return notifications.list("acme", Optional.empty(), "", 100);
    }

    @Test
    void eachThresholdIsToldOnceInAWindowWithWhatIsSpentAndForeseen() {
        declare(1_000_000_000, HOOK, new Channel.Email(List.of("ann@example.com")));
        clock.advance(Duration.ofHours(12));
        Alerts alerts = server();
        spend(499_999_999);
        alerts.look();
        assertThat(sent()).isEmpty();

        spend(1);
        alerts.look();
        alerts.look();
        assertThat(sent()).hasSize(2).allSatisfy(delivery -> {
            assertThat(delivery.type()).isEqualTo(Alerts.REACHED);
            assertThat(delivery.subject()).isEqualTo("budget/lab");
            // Half of the limit at noon: as much again by midnight.
            assertThat(delivery.body()).contains("lab", "0.5 USD", "1 USD a day", "2026-06-16T00:00:00Z");
        });
        await().until(() -> !history().isEmpty());
        assertThat(history()).singleElement().satisfies(entry -> {
            assertThat(entry.kind()).isEqualTo(Alerts.REACHED);
            var facts = entry.payload().orElseThrow();
            assertThat(facts.path("percent").intValue()).isEqualTo(50);
            assertThat(facts.path("spent").stringValue()).isEqualTo("0.5");
            assertThat(facts.path("forecast").stringValue()).isEqualTo("1");
        });

        spend(499_500_000);
        alerts.look();
        assertThat(sent())
                .as("80 % and 100 %, of which less than a thousandth is missing")
                .hasSize(6);

        clock.advance(Duration.ofDays(1));
        alerts.look();
        assertThat(sent()).hasSize(6);
        spend(500_000_000);
        alerts.look();
        assertThat(sent()).hasSize(8);
    }

    @Test
    void serversThatLookAtOnceAndLaterOnesTellNothingTwice() throws Exception {
        declare(1_000, HOOK);
        spend(900);
        try (var threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> looks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                looks.add(threads.submit(server()::look));
            }
            for (Future<?> look : looks) {
                look.get();
            }
        }
        server().look();

        assertThat(sent()).hasSize(2);
    }

    @Test
    void aStartedServerLooksByItself() {
        declare(1_000, HOOK);
        spend(600);
        try (Alerts alerts = server()) {
            alerts.start();
            await().until(() -> sent().size() == 1);
        }
    }

    @Test
    void whereNobodyIsToldTheLedgerKnowsAllTheSame() {
        declare(0);
        server().look();

        await().until(() -> history().size() == 3);
        assertThat(sent()).isEmpty();
    }

    private List<RecordedEntry> history() {
        return ledger.history("acme", "budget/lab", 20).stream()
                .filter(entry -> entry.kind().equals(Alerts.REACHED))
                .toList();
    }
}
