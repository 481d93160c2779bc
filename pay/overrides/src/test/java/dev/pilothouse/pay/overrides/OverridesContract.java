package dev.pilothouse.pay.overrides;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
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
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.RecordedEntry;
import dev.pilothouse.trust.policy.Approvals;
import dev.pilothouse.trust.policy.PolicyError;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A limit raised by four eyes, and fallen back, on every store. */
abstract class OverridesContract {
    private static final Caller ANN =
            new Caller("acme", "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.ENGINEER, Role.APPROVER));
    private static final Caller BOB = new Caller("acme", "bob", "Bob", Caller.Kind.PERSON, Set.of(Role.APPROVER));
    private static final Scope TEAM = new Scope(Scope.Kind.TEAM, "research");
    private static final Instant NOON = Instant.parse("2026-06-15T12:00:00Z");

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock(NOON);
    private Store store;
    private Journal journal;
    private Ledger ledger;
    private Replica replica;
    private Budgets budgets;
    private Declarations declarations;
    private Approvals approvals;
    private Overrides overrides;

    /** An empty database with the tables of the modules with these prefixes. */
    abstract Store connect(String... prefixes);

    @BeforeEach
    void open() {
        store = connect("journal", "ledger", "policy", "budgets", "overrides");
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        replica = new Replica(store, new Leases(store), "one");
        budgets = new Budgets(store, replica, folder.resolve("log"), clock);
        declarations = new Declarations(store, budgets, ledger, clock);
        approvals = new Approvals(store, ledger, clock);
        overrides = new Overrides(store, declarations, approvals, ledger, clock);
        declarations.put(
                ANN, new Budget("", "acme", "lab", TEAM, Window.DAY, ZoneOffset.UTC, Unit.NANO_USD, 1_000_000_000));
    }

    @AfterEach
    void close() {
        overrides.close();
        approvals.close();
        budgets.close();
        replica.close();
        ledger.close();
        journal.close();
        store.close();
    }

    private BudgetOverride ask(Duration time) {
        return overrides.request(ANN, "lab", "0.5", clock.instant().plus(time), "the audit is due");
    }

    private void approve(BudgetOverride override) {
        approvals.decide(BOB, override.approval(), true, Optional.empty());
        overrides.step();
    }

    private BudgetOverride now(BudgetOverride override) {
        return overrides.find("acme", override.id()).orElseThrow();
    }

    private long limit() {
        return declarations.find("acme", "lab").orElseThrow().limit();
    }

    private Answer hold(long nanoUsd) {
        return budgets.hold("acme", Set.of(TEAM), Ceiling.of(new Amounts(nanoUsd, 1, 1)))
                .join();
    }

    @Test
    void anotherPersonApprovesAndTheLimitIsRaisedUntilTheExpiry() {
        BudgetOverride asked = ask(Duration.ofHours(2));
        overrides.step();
        assertThat(now(asked).state()).isEqualTo(BudgetOverride.State.WAITING);
        refused(PolicyError.OWN_REQUEST, () -> approvals.decide(ANN, asked.approval(), true, Optional.empty()));
        assertThat(hold(1_400_000_000)).isInstanceOf(Answer.Refused.class);

        approve(asked);
        overrides.step();

        assertThat(now(asked).state()).isEqualTo(BudgetOverride.State.ACTIVE);
        assertThat(limit()).isEqualTo(1_500_000_000);
        Answer held = hold(1_400_000_000);
        assertThat(held).isInstanceOf(Answer.Held.class);
        assertThat(hold(100_000_001)).isInstanceOf(Answer.Refused.class);

        clock.advance(Duration.ofHours(2));
        overrides.step();
        overrides.step();

        assertThat(now(asked).state()).isEqualTo(BudgetOverride.State.EXPIRED);
        assertThat(limit()).isEqualTo(1_000_000_000);
        // What is held ends as it would have, and nothing new is held beside it.
        assertThat(hold(1)).isInstanceOf(Answer.Refused.class);
        budgets.settle(((Answer.Held) held).hold(), new Amounts(900_000_000, 1, 1), new byte[0])
                .join();
        assertThat(hold(100_000_001)).isInstanceOf(Answer.Refused.class);
        assertThat(hold(100_000_000)).isInstanceOf(Answer.Held.class);
        assertThat(kinds(3)).containsExactly(Overrides.EXPIRED, Overrides.ACTIVATED, Overrides.REQUESTED);
        RecordedEntry activated = history().get(1);
        assertThat(activated.payload().orElseThrow().path("decidedBy").stringValue())
                .isEqualTo("bob");
        assertThat(activated.payload().orElseThrow().path("after").stringValue())
                .isEqualTo("1.5");
    }

    @Test
    void anOverrideEndsWithTheWindowInWhichItFalls() {
        BudgetOverride asked = ask(Duration.ofDays(3));
        approve(asked);
        assertThat(now(asked).expiresAt()).isEqualTo("2026-06-16T00:00:00Z");

        clock.set(Instant.parse("2026-06-16T00:00:00Z"));

        assertThat(limit()).as("the next window, whether or not anybody looked").isEqualTo(1_000_000_000);
        assertThat(hold(1_000_000_001)).isInstanceOf(Answer.Refused.class);
        overrides.step();
        assertThat(now(asked).state()).isEqualTo(BudgetOverride.State.EXPIRED);
        clock.set(NOON);
        assertThat(limit()).isEqualTo(1_000_000_000);
    }

    @Test
    void whatIsRefusedOrNotDecidedOrWhoseBudgetIsGoneRaisesNothing() {
        BudgetOverride no = ask(Duration.ofHours(1));
        BudgetOverride silence = ask(Duration.ofHours(1));
        approvals.decide(BOB, no.approval(), false, Optional.of("wait for July"));
        overrides.step();
        assertThat(now(no).state()).isEqualTo(BudgetOverride.State.REFUSED);
        assertThat(now(no).outcome()).isEqualTo("Refused by bob: wait for July");
        clock.advance(Duration.ofHours(1));
        overrides.step();
        assertThat(now(silence).state()).isEqualTo(BudgetOverride.State.EXPIRED);
        assertThat(limit()).isEqualTo(1_000_000_000);

        BudgetOverride orphan = ask(Duration.ofHours(1));
        declarations.remove(ANN, "lab");
        declarations.put(ANN, new Budget("", "acme", "lab", TEAM, Window.DAY, ZoneOffset.UTC, Unit.NANO_USD, 7));
        approve(orphan);
        assertThat(now(orphan).state()).isEqualTo(BudgetOverride.State.EXPIRED);
        assertThat(limit()).isEqualTo(7);
    }

    @Test
    void overridesAddUpAndSurviveARestart() {
        BudgetOverride first = ask(Duration.ofHours(1));
        BudgetOverride second = ask(Duration.ofHours(2));
        approve(first);
        approve(second);
        assertThat(limit()).isEqualTo(2_000_000_000);
        overrides.close();
        clock.advance(Duration.ofMinutes(90));

        overrides = new Overrides(store, declarations, approvals, ledger, clock);
        overrides.start();

        assertThat(limit()).isEqualTo(1_500_000_000);
        assertThat(overrides.list("acme", "lab", "", 10))
                .extracting(BudgetOverride::state)
                .containsExactly(BudgetOverride.State.ACTIVE, BudgetOverride.State.EXPIRED);
        BudgetOverride third = ask(Duration.ofHours(1));
        approvals.decide(BOB, third.approval(), true, Optional.empty());
        await().until(() -> limit() == 2_000_000_000);
    }

    @Test
    void overHttpAnOverrideIsAskedForAndListed() throws Exception {
        JsonNode asked = json(call("requestBudgetOverride", "lab", """
                {"amount": "0.25", "expiresAt": "2026-06-15T13:00:00Z", "reason": "demo"}"""));
        assertThat(asked.path("state").stringValue()).isEqualTo("waiting");
        assertThat(asked.path("amountNanoUsd").longValue()).isEqualTo(250_000_000);

        approvals.decide(BOB, asked.path("approval").stringValue(), true, Optional.empty());
        overrides.step();

        JsonNode listed = json(call("listBudgetOverrides", "lab", "")).path("items");
        assertThat(listed.size()).isEqualTo(1);
        assertThat(listed.get(0).path("state").stringValue()).isEqualTo("active");
        assertThat(overrides.list("bolt", "lab", "", 10)).isEmpty();
        refused(CommonError.NOT_FOUND, () -> call("requestBudgetOverride", "nothing", """
                {"amount": "0.25", "expiresAt": "2026-06-15T13:00:00Z", "reason": "demo"}"""));
        assertThatThrownBy(() -> call("requestBudgetOverride", "lab", """
                        {"amount": "0", "expiresAt": "2026-06-15T12:00:00Z", "reason": " "}"""))
                .isInstanceOfSatisfying(
                        PilothouseException.class,
                        e -> assertThat(e.problems())
                                .extracting(Problem::where)
                                .containsExactly("amount", "expiresAt", "reason"));
        refused(CommonError.INVALID, () -> call("requestBudgetOverride", "lab", "{\"amount\": 3}"));
        refused(CommonError.INVALID, () -> call("requestBudgetOverride", "lab", "{\"amuont\": \"3\"}"));
    }

    private List<RecordedEntry> history() {
        return ledger.history("acme", "budget/lab", 20).stream()
                .filter(entry -> entry.kind().startsWith("budget-override."))
                .toList();
    }

    private List<String> kinds(int count) {
        await().until(() -> history().size() >= count);
        return history().stream().map(RecordedEntry::kind).toList();
    }

    private interface Attempt {
        void run() throws Exception;
    }

    private static void refused(ErrorCode code, Attempt attempt) {
        assertThatThrownBy(attempt::run)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static JsonNode json(Reply reply) {
        return Json.parse(((Reply.Body.Bytes) reply.body()).bytes());
    }

    private Reply call(String operation, String budget, String body) throws Exception {
        var table = new RouteTable();
        new OverrideRoutes(overrides).addTo(table);
        Route route = table.routes().stream()
                .filter(each -> each.operation().equals(operation))
                .findFirst()
                .orElseThrow();
        return ((Handler.Blocking) route.handler())
                .handle(new Call(
                        route.method(),
                        route.path(),
                        Map.of("name", budget),
                        Map.of(),
                        Map.of(),
                        body.getBytes(StandardCharsets.UTF_8),
                        InetAddress.getLoopbackAddress(),
                        ANN,
                        "r1"));
    }
}
