package dev.pilothouse.pay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.node.ObjectNode;

/** What holds on every store: an agent that runs away is paused on all servers, for good, and for it alone. */
@Timeout(120)
abstract class BreakerContract extends BreakerFixture {
    @Test
    void aRunawayIsPausedWithItsTraceItsLedgerEntryAndItsNews() {
        Server one = server("one");
        learn(one);
        assertThat(runAway(one)).isLessThan(30);

        Latch latch = one.latch();
        assertThat(latch.number()).isEqualTo(1);
        assertThat(latch.pausedBy()).isEqualTo("breaker");
        assertThat(latch.burnNanoUsdPerMinute()).isGreaterThan(4 * latch.predictedNanoUsdPerMinute());
        assertThat(latch.predictedNanoUsdPerMinute()).isBetween(11 * CENT, 13 * CENT);
        assertThat(latch.why()).contains("times the $");
        assertThat(told).containsExactly("crawler paused 1");
        AgentState.Detail detail = one.breaker().agent(TENANT, AGENT);
        assertThat(detail.trace()).hasSize(5).allMatch(call -> call.nanoUsd() == CENT);
        assertThat(detail.curve()).hasSize(168);
        awaitHistory(one, List.of("agent.paused"));
    }

    private static void awaitHistory(Server server, List<String> kinds) {
        Awaitility.await()
                .until(() -> server.ledger().history(TENANT, "agent/crawler", 10).stream()
                        .map(entry -> entry.kind())
                        .toList()
                        .equals(kinds));
    }

    @Test
    void twoServersThatEachSeeHalfOfARunawayBothPauseWithinTwoSeconds() {
        Server one = server("one");
        Server other = server("other");
        learn(one, other);

        // Each half alone is 2.5 times the usual; both are 5 times.
        double first = Double.NaN;
        double both = Double.NaN;
        for (int half = 0; half < 1_200 && Double.isNaN(both); half++) {
            if (half % 4 == 0) {
                one.spend(CENT);
                other.spend(CENT);
            }
            pass(Duration.ofMillis(500), one, other);
            if (Double.isNaN(first) && (one.isPaused() || other.isPaused())) {
                first = half / 2.0;
            }
            if (one.isPaused() && other.isPaused()) {
                both = half / 2.0;
            }
        }
        assertThat(both - first).isLessThanOrEqualTo(1.5);
        assertThat(one.latch()).isEqualTo(other.latch());
        assertThat(told).containsExactly("crawler paused 1");
        assertThat(one.breaker().agent(TENANT, AGENT).trace()).hasSize(5);
    }

    @Test
    void aServerThatDoesNotSeeTheRunawayPausesWithinTwoSeconds() {
        Server one = server("one");
        Server other = server("other");
        learn(one, other);
        for (int half = 0; half < 200 && !one.isPaused(); half++) {
            for (int call = 0; call < 5; call++) {
                one.spend(CENT);
            }
            pass(Duration.ofMillis(500), one, other);
        }
        assertThat(one.isPaused()).isTrue();
        for (int half = 0; half < 3; half++) {
            pass(Duration.ofMillis(500), one, other);
        }
        assertThat(other.isPaused()).isTrue();
        assertThat(other.latch()).isEqualTo(one.latch());
    }

    @Test
    void parallelDearCallsPauseBeforeTheyEnd() {
        Server one = server("one");
        learn(one);
        List<Flight> flights = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            flights.add(one.breaker().start(TENANT, AGENT, 5 * CENT));
        }
        pass(Duration.ofMillis(500), one);
        assertThat(one.isPaused()).isTrue();

        flights.forEach(flight -> flight.settle(SettledCall.of(CENT, clock.instant())));
        flights.forEach(Flight::cancel);
        pass(Duration.ofMillis(500), one);
        // Each counts once, whatever ends it again.
        assertThat(one.breaker().agent(TENANT, AGENT).state().burnNanoUsdPerMinute())
                .isBetween(180 * CENT, 215 * CENT);
    }

    @Test
    void callsThatWereNotMadeCountNothing() {
        Server one = server("one");
        learn(one);
        for (int i = 0; i < 1_000; i++) {
            one.breaker().start(TENANT, AGENT, 5 * CENT).cancel();
        }
        pass(Duration.ofMillis(500), one);
        assertThat(one.isPaused()).isFalse();
    }

    @Test
    void aPauseAndABaselineSurviveARestart() {
        Server one = server("one");
        learn(one);
        long[] before = curve(one);
        runAway(one);
        one.breaker().crash();

        Server again = server("again");
        assertThat(again.isPaused()).isTrue();
        assertThat(again.latch()).isEqualTo(one.latch());
        assertThat(curve(again)).isEqualTo(before);
        pass(Duration.ofHours(5), again);
        assertThat(again.isPaused()).isTrue();
    }

    private static long[] curve(Server server) {
        return server.breaker().agent(TENANT, AGENT).curve().stream()
                .mapToLong(Long::longValue)
                .toArray();
    }

    @Test
    void aCrashLosesAtMostTheLastSecondOfLearning() {
        Server one = server("one");
        learn(one);
        for (int i = 0; i < 100; i++) {
            one.spend(CENT);
            pass(Duration.ofSeconds(5), one);
        }
        one.breaker().crash();
        Server again = server("again");
        for (Server server : List.of(one, again)) {
            clock.set(Instant.parse("2026-03-02T10:00:01Z"));
            server.breaker().tick();
        }
        assertThat(curve(again)[9]).isPositive();
        assertThat((double) curve(again)[9] / curve(one)[9]).isBetween(0.98, 1.02);
    }

    @Test
    void onlyAPersonWithTheRoleResumesTheLatchThatItHasSeen() {
        Server one = server("one");
        learn(one);
        assertRefused(BreakerError.NOT_PAUSED, () -> one.breaker().resume(APPROVER, AGENT, 1, "It was a test.", false));
        runAway(one);
        assertRefused(
                CommonError.FORBIDDEN,
                () -> one.breaker().resume(person("eve", Role.ENGINEER), AGENT, 1, "Go on.", false));
        var machine = new Caller(TENANT, "bot", "bot", Caller.Kind.SERVICE, Set.of(Role.ADMIN));
        assertRefused(CommonError.FORBIDDEN, () -> one.breaker().resume(machine, AGENT, 1, "Go on.", false));
        assertRefused(CommonError.INVALID, () -> one.breaker().resume(APPROVER, AGENT, 1, " ", false));
        assertRefused(BreakerError.OTHER_LATCH, () -> one.breaker().resume(APPROVER, AGENT, 2, "Go on.", false));
        var stranger = new Caller("other", "sue", "sue", Caller.Kind.PERSON, Set.of(Role.ADMIN));
        assertRefused(BreakerError.NOT_PAUSED, () -> one.breaker().resume(stranger, AGENT, 1, "Go on.", false));
        assertThat(one.isPaused()).isTrue();

        one.breaker().resume(APPROVER, AGENT, 1, "The loop is mended.", false);

        assertThat(one.isPaused()).isFalse();
        pass(Duration.ofMillis(500), one);
        assertThat(one.isPaused()).isFalse();
        assertThat(told).containsExactly("crawler paused 1", "crawler resumed 1");
        awaitHistory(one, List.of("agent.resumed", "agent.paused"));
        runAway(one);
        assertThat(one.latch().number()).isEqualTo(2);
    }

    @Test
    void aResumeReachesEveryServerAndLearningGoesOn() {
        Server one = server("one");
        Server other = server("other");
        learn(one, other);
        runAway(one, other);
        long[] before = curve(one);
        other.breaker().resume(APPROVER, AGENT, 1, "The loop is mended.", false);
        pass(Duration.ofMillis(500), one, other);
        assertThat(one.isPaused()).isFalse();
        // The hour of the runaway teaches nothing; the next ones do.
        learn(one, other);
        learn(one, other);
        assertThat(curve(one)[11]).isBetween((long) (before[11] * 0.9), (long) (before[11] * 1.1));
        assertThat(one.breaker().agent(TENANT, AGENT).state().watchedHours()).isGreaterThan(1.9);
    }

    @Test
    void anAcceptedBurnIsUsualOnEveryServer() {
        Server one = server("one");
        Server other = server("other");
        learn(one, other);
        runAway(one, other);
        one.breaker().resume(APPROVER, AGENT, 1, "This is the new load.", true);
        for (int half = 0; half < 240; half++) {
            // Ten times what was learnt, two and a half times what was accepted.
            one.spend(CENT);
            pass(Duration.ofMillis(500), one, other);
        }
        assertThat(one.isPaused()).isFalse();
        assertThat(other.isPaused()).isFalse();
    }

    @Test
    void whileTheDatabaseIsAwayAnAgentIsPausedHereAndThenForAll() {
        Server one = server("one");
        Server other = server("other");
        learn(one, other);
        one.store().away = true;
        for (int half = 0; half < 200 && !one.isPaused(); half++) {
            for (int call = 0; call < 5; call++) {
                one.spend(CENT);
            }
            pass(Duration.ofMillis(500), one, other);
        }
        assertThat(one.latch().number()).isEqualTo(Latch.UNWRITTEN);
        pass(Duration.ofSeconds(5), one, other);
        assertThat(one.isPaused()).isTrue();
        assertThat(other.isPaused()).isFalse();

        one.store().away = false;
        pass(Duration.ofMillis(500), one, other);
        assertThat(one.latch().number()).isEqualTo(1);
        assertThat(other.isPaused()).isTrue();
    }

    @Test
    void aClockThatGoesBackAnHourChangesNothing() {
        Server one = server("one");
        learn(one);
        clock.advance(Duration.ofHours(-1));
        for (int i = 0; i < 180; i++) {
            for (int call = 0; call < 4; call++) {
                one.spend(CENT);
            }
            pass(Duration.ofSeconds(20), one);
        }
        assertThat(one.isPaused()).isFalse();
        assertThat(runAway(one)).isLessThan(30);
        clock.advance(Duration.ofHours(-1));
        pass(Duration.ofMillis(500), one);
        assertThat(one.isPaused()).isTrue();
    }

    @Test
    void aNewAgentHasTheCeilingThatIsDeclaredOrTheStandardOne() {
        Server one = server(
                "one", CONFIG, (_, agent) -> agent.equals(AGENT) ? OptionalLong.of(10 * CENT) : OptionalLong.empty());
        for (int call = 0; call < 50; call++) {
            one.spend(CENT);
            one.breaker().spent(TENANT, "other", CENT, clock.instant());
        }
        pass(Duration.ofMillis(500), one);
        assertThat(one.isPaused()).isTrue();
        assertThat(one.latch().why()).contains("being learnt");
        assertThat(one.breaker().admit(TENANT, "other")).isInstanceOf(Admission.Allowed.class);
    }

    @Test
    void tenantsNeverSeeOneAnother() {
        Server one = server("one");
        learn(one);
        runAway(one);
        assertThat(one.breaker().admit("other", AGENT)).isInstanceOf(Admission.Allowed.class);
        assertThat(one.breaker().agents("other")).isEmpty();
        assertRefused(CommonError.NOT_FOUND, () -> one.breaker().agent("other", AGENT));
    }

    @Test
    void aTenantThatNamesANewAgentForEachCallIsCountedAsOneAgentAndHarmsNoOther() {
        Server one = server("one");
        for (int call = 0; call < 20_000; call++) {
            one.breaker().spent(TENANT, "agent-" + call, CENT, clock.instant());
        }
        one.breaker().spent("other", AGENT, CENT, clock.instant());
        pass(Duration.ofMillis(500), one);

        assertThat(one.breaker().agents(TENANT)).hasSizeLessThanOrEqualTo(51);
        assertThat(one.breaker().admit(TENANT, "agent-999999")).isInstanceOf(Admission.Paused.class);
        assertThat(one.breaker().admit(TENANT, "agent-1")).isInstanceOf(Admission.Allowed.class);
        assertThat(one.breaker().admit("other", AGENT)).isInstanceOf(Admission.Allowed.class);
        assertThat(one.breaker().agents("other")).hasSize(1);
        long rows = one.store().read(tx -> SqlBreakerStore.count(tx, TENANT));
        assertThat(rows).isLessThanOrEqualTo(1);
    }

    @Test
    void whereThereIsNoRoomAgentsThatAreIdleMakeIt() {
        Server one = server("one");
        for (int call = 0; call < 60; call++) {
            one.breaker().spent(TENANT, "agent-" + call, CENT, clock.instant());
        }
        pass(Duration.ofSeconds(1), one);
        pass(Duration.ofSeconds(Exchange.IDLE_SECONDS + 10), one);
        pass(Duration.ofSeconds(1), one);
        one.breaker().spent(TENANT, "new", CENT, clock.instant());
        assertThat(one.breaker().agents(TENANT)).extracting(AgentState::name).contains("new");
    }

    @Test
    void aPersonPausesAndResumesOverHttp() throws Exception {
        Server one = server("one");
        one.breaker()
                .start(TENANT, AGENT, CENT)
                .settle(new SettledCall(clock.instant(), "gpt-5", CENT, 1_000, 200, "req-1", "s-1", "search"));
        pass(Duration.ofMillis(500), one);
        var routes = new RouteTable();
        new BreakerRoutes(one.breaker()).addTo(routes);

        ObjectNode paused = call(routes, "pauseAgent", "{\"reason\": \"It loops.\"}");
        assertThat(paused.path("number").longValue()).isEqualTo(1);
        assertThat(one.isPaused()).isTrue();
        assertThat(call(routes, "listAgents", "")
                        .path("items")
                        .path(0)
                        .path("state")
                        .asString())
                .isEqualTo("paused");
        ObjectNode seen = call(routes, "getAgent", "");
        assertThat(seen.path("trace").path(0).path("requestId").asString()).isEqualTo("req-1");
        assertThat(seen.path("trace").path(0).path("nanoUsd").asString()).isEqualTo(Long.toString(CENT));
        assertThat(seen.path("curve").size()).isEqualTo(168);
        assertRefused(CommonError.INVALID, () -> call(routes, "resumeAgent", "{\"reason\": \"Mended.\"}"));
        assertRefused(
                CommonError.INVALID,
                () -> call(routes, "resumeAgent", "{\"latch\": 1, \"reason\": \"Mended.\", \"force\": true}"));

        ObjectNode resumed = call(routes, "resumeAgent", "{\"latch\": 1, \"reason\": \"Mended.\"}");
        assertThat(resumed.path("resumed").path("by").asString()).isEqualTo("ann");
        assertThat(one.isPaused()).isFalse();
    }

    private static ObjectNode call(RouteTable routes, String operation, String body) throws Exception {
        var route = routes.routes().stream()
                .filter(each -> each.operation().equals(operation))
                .findFirst()
                .orElseThrow();
        Reply reply = ((Handler.Blocking) route.handler())
                .handle(new Call(
                        route.method(),
                        "/",
                        Map.of("name", AGENT),
                        Map.of(),
                        Map.of(),
                        body.getBytes(StandardCharsets.UTF_8),
                        InetAddress.getLoopbackAddress(),
                        APPROVER,
                        "r1"));
        return Json.parseObject(((Reply.Body.Bytes) reply.body()).bytes());
    }
}
