package dev.pilothouse.trust.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.RecordedEntry;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApprovalsTest {
    private static final Digest DIGEST = Digest.of("what is shown");

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private final Caller engineer = person("ann", Role.ENGINEER, Role.APPROVER);
    private final Caller approver = person("bob", Role.APPROVER);
    private final List<Approval> told = new CopyOnWriteArrayList<>();
    private Store store;
    private Journal journal;
    private Ledger ledger;
    private Approvals approvals;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder.resolve("store"), Journal.MIGRATIONS, Ledger.MIGRATIONS, Approvals.MIGRATIONS);
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        approvals = new Approvals(store, ledger, clock);
        approvals.onDecision(told::add);
        approvals.start();
    }

    @AfterEach
    void close() {
        approvals.close();
        ledger.close();
        journal.close();
        store.close();
    }

    @Test
    void aPersonWithTheRoleApprovesAndWhoeverWaitsIsTold() {
        Approval asked = ask(DIGEST);
        assertThat(approvals.list("acme", true, 10)).containsExactly(asked);
        Approval decided = approvals.decide(approver, asked.id(), true, Optional.of("looks right"));
        assertThat(decided.outcome())
                .isEqualTo(new Approval.Outcome.Approved("bob", clock.instant(), Optional.of("looks right")));
        assertThat(approvals.find("acme", asked.id())).contains(decided);
        assertThat(approvals.list("acme", true, 10)).isEmpty();
        assertThat(told).containsExactly(decided);
        assertThat(kinds(2)).containsExactly("approval.approved", "approval.requested");
    }

    @Test
    void theRequesterAndThoseWithoutTheRoleOrWhoAreNoPersonsAreRefused() {
        String id = ask(DIGEST).id();
        refused(PolicyError.OWN_REQUEST, () -> approvals.decide(engineer, id, true, Optional.empty()));
        refused(
                CommonError.FORBIDDEN,
                () -> approvals.decide(person("eve", Role.VIEWER, Role.ENGINEER), id, true, Optional.empty()));
        for (Caller.Kind kind : List.of(Caller.Kind.AGENT, Caller.Kind.SERVICE, Caller.Kind.SYSTEM)) {
            var bot = new Caller("acme", "bot", "bot", kind, Set.of(Role.ADMIN));
            refused(PolicyError.NOT_A_PERSON, () -> approvals.decide(bot, id, true, Optional.empty()));
        }
        var stranger = new Caller("bolt", "zoe", "Zoe", Caller.Kind.PERSON, Set.of(Role.ADMIN));
        refused(CommonError.NOT_FOUND, () -> approvals.decide(stranger, id, true, Optional.empty()));
        assertThat(approvals.find("bolt", id)).isEmpty();
        assertThat(approvals.find("acme", id).orElseThrow().outcome()).isInstanceOf(Approval.Outcome.Pending.class);
    }

    @Test
    void aDecisionIsFinal() {
        String id = ask(DIGEST).id();
        approvals.decide(approver, id, false, Optional.empty());
        refused(CommonError.CONFLICT, () -> approvals.decide(approver, id, true, Optional.empty()));
        assertThat(approvals.find("acme", id).orElseThrow().outcome()).isInstanceOf(Approval.Outcome.Rejected.class);
    }

    @Test
    void oneOfManyWhoDecideAtOnceWins() {
        String id = ask(DIGEST).id();
        var outcomes = new CopyOnWriteArrayList<String>();
        try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                boolean approve = i % 2 == 0;
                Caller by = person("p" + i, Role.APPROVER);
                threads.execute(() -> {
                    try {
                        outcomes.add(approvals
                                .decide(by, id, approve, Optional.empty())
                                .outcome()
                                .toString());
                    } catch (PilothouseException e) {
                        assertThat(e.code()).isEqualTo(CommonError.CONFLICT);
                    }
                });
            }
        }
        assertThat(outcomes).hasSize(1);
    }

    @Test
    void anotherDigestNeedsAnotherApprovalAndTheSameDoesNot() {
        Approval first = ask(DIGEST);
        assertThat(ask(DIGEST)).isEqualTo(first);
        Approval changed = ask(Digest.of("something else"));
        assertThat(changed.id()).isNotEqualTo(first.id());
        approvals.decide(approver, first.id(), true, Optional.empty());
        assertThat(ask(DIGEST).outcome()).isInstanceOf(Approval.Outcome.Approved.class);
        assertThat(approvals.find("acme", changed.id()).orElseThrow().outcome())
                .isInstanceOf(Approval.Outcome.Pending.class);
    }

    @Test
    void anUnansweredRequestExpiresIsRecordedAndCanBeAskedAgain() {
        Approval asked = ask(DIGEST);
        clock.advance(Duration.ofHours(1));
        assertThat(approvals.find("acme", asked.id()).orElseThrow().outcome())
                .isEqualTo(new Approval.Outcome.Expired(asked.expiresAt()));
        refused(CommonError.CONFLICT, () -> approvals.decide(approver, asked.id(), true, Optional.empty()));
        Approval again = ask(DIGEST);
        assertThat(again.id()).isNotEqualTo(asked.id());
        assertThat(kinds(3)).contains("approval.expired");
        assertThat(told).hasSize(1);
    }

    @Test
    void whatLapsedWhileTheServerWasDownIsRecordedAtItsStart() {
        approvals.close();
        Approval asked = ask(DIGEST);
        clock.advance(Duration.ofDays(2));
        try (var restarted = new Approvals(store, ledger, clock)) {
            restarted.start();
            assertThat(kinds(2)).containsExactly("approval.expired", "approval.requested");
            assertThat(restarted.find("acme", asked.id()).orElseThrow().outcome())
                    .isInstanceOf(Approval.Outcome.Expired.class);
        }
    }

    @Test
    void overHttpADecisionAboutAnotherDigestConflicts() throws Exception {
        Approval asked = ask(DIGEST);
        refused(
                CommonError.CONFLICT,
                () -> post(asked.id(), "{\"decision\": \"approve\", \"digest\": \"" + Digest.of("stale") + "\"}"));
        refused(CommonError.INVALID, () -> post(asked.id(), "{\"decision\": \"maybe\"}"));
        refused(CommonError.INVALID, () -> post(asked.id(), "{\"decison\": \"approve\"}"));
        Reply reply =
                post(asked.id(), "{\"decision\": \"approve\", \"digest\": \"" + DIGEST + "\", \"comment\": \"ok\"}");
        var body = Json.parseObject(((Reply.Body.Bytes) reply.body()).bytes());
        assertThat(body.path("state").asString()).isEqualTo("approved");
        assertThat(body.path("decidedBy").asString()).isEqualTo("bob");
    }

    private Reply post(String id, String body) throws Exception {
        var table = new RouteTable();
        new PolicyRoutes(approvals).addTo(table);
        Route route = table.routes().stream()
                .filter(r -> r.operation().equals("decideApproval"))
                .findFirst()
                .orElseThrow();
        return ((Handler.Blocking) route.handler())
                .handle(new Call(
                        "POST",
                        "/",
                        Map.of("id", id),
                        Map.of(),
                        Map.of(),
                        body.getBytes(StandardCharsets.UTF_8),
                        InetAddress.getLoopbackAddress(),
                        approver,
                        "r1"));
    }

    private Approval ask(Digest digest) {
        return store.writeAndWait(tx -> approvals.request(
                tx, engineer, "release/7", digest, Role.APPROVER, "version 7 to production", Duration.ofHours(1)));
    }

    private List<String> kinds(int count) {
        Awaitility.await().until(() -> ledger.history("acme", "release/7", 50).size() >= count);
        return ledger.history("acme", "release/7", 50).stream()
                .map(RecordedEntry::kind)
                .toList();
    }

    private static Caller person(String name, Role... roles) {
        return new Caller("acme", name, name, Caller.Kind.PERSON, Set.of(roles));
    }

    private static void refused(ErrorCode code, ThrowingCallable attempt) {
        assertThatThrownBy(attempt)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
