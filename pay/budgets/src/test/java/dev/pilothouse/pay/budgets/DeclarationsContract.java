package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.pay.pacing.Pace;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Channel;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.RecordedEntry;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Budgets declared over HTTP, on every store. */
abstract class DeclarationsContract {
    private static final Caller ANN = new Caller("acme", "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.ADMIN));
    private static final Caller BOB = new Caller("bolt", "bob", "Bob", Caller.Kind.PERSON, Set.of(Role.ADMIN));
    private static final String LAB = """
            {"scope": "team:research", "window": "month", "zone": "Europe/Berlin", "limit": "1500.50",
             "thresholds": [90, 50], "ladder": [{"model": "small", "from": 95, "price": 10}],
             "notify": [{"email": ["ann@example.com"]}, {"webhook": "https://example.com/hook"}]}""";

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock(Instant.parse("2026-06-15T12:00:00Z"));
    private Store store;
    private Journal journal;
    private Ledger ledger;
    private Replica replica;
    private Budgets budgets;
    private Declarations declarations;
    private final Map<String, Pace> paces = new HashMap<>();

    /** An empty database with the tables of the modules with these prefixes. */
    abstract Store connect(String... prefixes);

    @BeforeEach
    void open() {
        store = connect("journal", "ledger", "budgets");
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        replica = new Replica(store, new Leases(store), "one");
        budgets = new Budgets(store, replica, folder.resolve("log"), clock);
        declarations = new Declarations(store, budgets, ledger, clock);
    }

    @AfterEach
    void close() {
        budgets.close();
        replica.close();
        ledger.close();
        journal.close();
        store.close();
    }

    @Test
    void aDeclaredBudgetIsHeldAgainstAndToldWithAllThatItHas() throws Exception {
        JsonNode declared = json(call("putBudget", ANN, "lab", LAB));

        assertThat(declared.path("limit").stringValue()).isEqualTo("1500.5");
        assertThat(declared.path("limitNanoUsd").longValue()).isEqualTo(1_500_500_000_000L);
        assertThat(declared.path("windowStart").stringValue()).isEqualTo("2026-05-31T22:00:00Z");
        assertThat(declared.path("windowEnd").stringValue()).isEqualTo("2026-06-30T22:00:00Z");
        assertThat(declared.path("thresholds").toString()).isEqualTo("[50,90]");
        assertThat(declared.path("state").stringValue()).isEqualTo("well");

        Scope team = Scope.parse("team:research");
        Answer open = hold(team, 500_000_000_000L);
        Answer ended = hold(team, 600_000_000_000L);
        budgets.settle(((Answer.Held) ended).hold(), new Amounts(40_000_000_000L, 1, 1), new byte[0])
                .join();
        clock.advance(Duration.ofHours(10));
        assertThat(open).isInstanceOf(Answer.Held.class);
        await().untilAsserted(() -> {
            JsonNode now = json(call("getBudget", ANN, "lab", ""));
            assertThat(now.path("settled").stringValue()).isEqualTo("40");
            assertThat(now.path("held").stringValue()).isEqualTo("500");
            assertThat(now.path("remaining").stringValue()).isEqualTo("960.5");
            assertThat(now.path("leasedNanoUsd").longValue()).isGreaterThanOrEqualTo(500_000_000_000L);
            assertThat(now.path("burnPerHour").stringValue()).isEqualTo("4");
        });
        assertThat(budgets.of("acme", Set.of(team)).getFirst().ladder().rungs())
                .extracting(rung -> rung.alias() + rung.from() + rung.price())
                .containsExactly("small9510");
    }

    @Test
    void eachChangeIsOnTheLedgerWithWhatWasBeforeAndAfter() throws Exception {
        call("putBudget", ANN, "lab", LAB);
        call("putBudget", ANN, "lab", LAB);
        call("putBudget", ANN, "lab", LAB.replace("1500.50", "900"));
        call("removeBudget", ANN, "lab", "");

        await().until(() -> history().size() >= 3);
        List<RecordedEntry> entries = history();
        assertThat(entries)
                .extracting(RecordedEntry::kind)
                .containsExactly(Declarations.REMOVED, Declarations.CHANGED, Declarations.DECLARED);
        JsonNode changed = entries.get(1).payload().orElseThrow();
        assertThat(changed.path("before").path("limit").stringValue()).isEqualTo("1500.5");
        assertThat(changed.path("after").path("limit").stringValue()).isEqualTo("900");
        assertThat(budgets.of("acme", Set.of(Scope.parse("team:research")))).isEmpty();
    }

    @Test
    void tenantsShareNamesAndSeeOnlyTheirOwn() throws Exception {
        call("putBudget", ANN, "lab", LAB);
        call("putBudget", BOB, "lab", "{\"scope\": \"agent:crawler\", \"unit\": \"requests\", \"limit\": \"7\"}");
        call("putBudget", BOB, "other", "{\"scope\": \"tag:x\", \"limitNanoUsd\": 5, \"window\": \"total\"}");

        assertThat(names(ANN, Map.of())).containsExactly("lab");
        assertThat(names(BOB, Map.of())).containsExactly("lab", "other");
        assertThat(names(BOB, Map.of("limit", List.of("1"), "cursor", List.of("lab"))))
                .containsExactly("other");
        assertThat(json(call("getBudget", BOB, "other", "")).path("windowEnd").isNull())
                .isTrue();
        refused(CommonError.NOT_FOUND, "getBudget", ANN, "other", "");
        refused(CommonError.NOT_FOUND, "removeBudget", ANN, "other", "");
        assertThat(budgets.of("acme", Set.of(Scope.parse("agent:crawler")))).isEmpty();
    }

    @Test
    void whatABudgetCountsCannotBeChanged() throws Exception {
        call("putBudget", ANN, "lab", LAB);

        refused(CommonError.CONFLICT, "putBudget", ANN, "lab", LAB.replace("research", "sales"));
        refused(CommonError.CONFLICT, "putBudget", ANN, "lab", LAB.replace("month", "week"));
        refused(CommonError.CONFLICT, "putBudget", ANN, "lab", LAB.replace("Europe/Berlin", "UTC"));
    }

    @Test
    void allMistakesAreToldTogether() {
        assertThatThrownBy(() -> call("putBudget", ANN, "la b", """
                        {"scope": "teem:x", "window": "mont", "zone": "Europe/Berlim", "unit": "usd", "limit": "1.5",
                         "limitNanoUsd": 1500000001, "thresholds": [0], "ladder": [{"model": "m", "price": 100}],
                         "notify": [{"email": ["nobody"]}, {"pager": "x"}], "limitt": 3}"""))
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.problems())
                            .extracting(Problem::where)
                            .containsExactly(
                                    "limitt",
                                    "name",
                                    "scope",
                                    "window",
                                    "zone",
                                    "limitNanoUsd",
                                    "thresholds",
                                    "ladder[0].price",
                                    "notify[0]",
                                    "notify[1].pager",
                                    "notify[1]");
                    assertThat(e.problems().toString())
                            .contains("Did you mean 'team'?", "Did you mean 'month'?", "'Europe/Berlin'?", "'limit'?");
                });
        for (String limit : List.of("\"-1\"", "1.5", "\"1e3\"", "\"1000000000.000000001\"", "\"0.0000000001\"")) {
            refused(CommonError.INVALID, "putBudget", ANN, "lab", "{\"scope\": \"team:x\", \"limit\": " + limit + "}");
        }
        refused(CommonError.INVALID, "putBudget", ANN, "lab", "{\"scope\": \"team:x\"}");
        refused(CommonError.INVALID, "putBudget", ANN, "lab", "{\"limit\": \"1\"}");
    }

    @Test
    void theKeyInAnAddressOfSlackIsNotToldAgain() throws Exception {
        String body = "{\"scope\": \"team:x\", \"limit\": \"1\", \"notify\": [{\"slack\": \"%s\"}]}";
        JsonNode declared =
                json(call("putBudget", ANN, "lab", body.formatted("https://hooks.slack.com/services/T0/B0/k")));

        assertThat(declared.path("notify").toString()).isEqualTo("[{\"slack\":\"https://hooks.slack.com\"}]");
        assertThat(budgets.of("acme", Set.of(Scope.parse("team:x"))).getFirst().told())
                .containsExactly(new Channel.Slack(URI.create("https://hooks.slack.com/services/T0/B0/k")));
        refused(CommonError.INVALID, "putBudget", ANN, "lab", body.formatted("https://hooks.slack.com"));
    }

    @Test
    void aBudgetWhoseCallsGoToACheaperModelSaysHowManyAndWhy() throws Exception {
        JsonNode declared = json(call("putBudget", ANN, "lab", LAB));
        assertThat(declared.has("degrading")).isFalse();
        assertThat(declared.path("id").asString())
                .isEqualTo(budgets.of("acme", Set.of(Scope.parse("team:research")))
                        .getFirst()
                        .id());
        var ladder = new Ladder(List.of(new Ladder.Rung("small", 95, 10)));
        paces.put("lab", new Pace(ladder, List.of(Pace.POSITIONS), 1));
        assertThat(json(call("getBudget", ANN, "lab", "")).has("degrading")).isFalse();
        paces.put("lab", new Pace(ladder, List.of(Pace.POSITIONS / 4), 2_000_500_000_000L));
        assertThat(json(call("getBudget", ANN, "lab", "")).path("degrading").toString())
                .isEqualTo("{\"keptPercent\":25,\"model\":\"small\",\"undegraded\":\"2000.5\","
                        + "\"undegradedNanoUsd\":2000500000000}");
    }

    @Test
    void viewersReadAndAdminsDeclare() {
        var table = new RouteTable();
        new BudgetRoutes(declarations, budget -> Optional.ofNullable(paces.get(budget.name()))).addTo(table);
        assertThat(table.routes())
                .allSatisfy(route -> assertThat(route.access())
                        .isEqualTo(Access.role(route.method().equals("GET") ? Role.VIEWER : Role.ADMIN)));
    }

    private Answer hold(Scope scope, long nanoUsd) {
        return budgets.hold("acme", Set.of(scope), Ceiling.of(new Amounts(nanoUsd, 1, 1)))
                .join();
    }

    private List<RecordedEntry> history() {
        return ledger.history("acme", Declarations.subject("lab"), 10);
    }

    private List<String> names(Caller by, Map<String, List<String>> query) throws Exception {
        return json(call("listBudgets", by, "", "", query))
                .path("items")
                .valueStream()
                .map(item -> item.path("name").stringValue())
                .toList();
    }

    private void refused(CommonError code, String operation, Caller by, String name, String body) {
        assertThatThrownBy(() -> call(operation, by, name, body))
                .as(body)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static JsonNode json(Reply reply) {
        return Json.parse(((Reply.Body.Bytes) reply.body()).bytes());
    }

    private Reply call(String operation, Caller by, String name, String body) throws Exception {
        return call(operation, by, name, body, Map.of());
    }

    private Reply call(String operation, Caller by, String name, String body, Map<String, List<String>> query)
            throws Exception {
        var table = new RouteTable();
        new BudgetRoutes(declarations, budget -> Optional.ofNullable(paces.get(budget.name()))).addTo(table);
        Route route = table.routes().stream()
                .filter(each -> each.operation().equals(operation))
                .findFirst()
                .orElseThrow();
        return ((Handler.Blocking) route.handler())
                .handle(new Call(
                        route.method(),
                        route.path(),
                        Map.of("name", name),
                        query,
                        Map.of(),
                        body.getBytes(StandardCharsets.UTF_8),
                        InetAddress.getLoopbackAddress(),
                        by,
                        "r1"));
    }
}
