package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What holds on every store: nothing is overspent, nothing is refused that fits, nothing is counted twice. */
@Timeout(120)
abstract class BudgetsContract {
    private static final String TENANT = "acme";
    private static final Scope TEAM = new Scope(Scope.Kind.TEAM, "research");
    private static final Scope AGENT = new Scope(Scope.Kind.AGENT, "crawler");

    @TempDir
    Path logs;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** A connection of another server to the same database. */
    abstract Store connect();

    /** How many servers one database may have. */
    abstract int servers();

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    private record Server(Store store, Replica replica, Budgets budgets) {
        /** Reserves so much of one call for a scope; whether it is held. */
        boolean reserve(String name, long nanoUsd, Scope scope) {
            return reservations()
                    .hold(TENANT, name, List.of(part(nanoUsd, 1, scope)), _ -> {})
                    .isEmpty();
        }

        boolean settle(String name, Reservations.Part... spent) {
            return store.writeAndWait(tx -> reservations().settle(tx, name, List.of(spent)));
        }

        Reservations reservations() {
            return new Reservations(store, budgets, replica, InstantSource.system());
        }

        Answer hold(Ceiling ceiling, Scope... scopes) {
            return budgets.hold(TENANT, Set.of(scopes), ceiling).join();
        }

        void settle(Answer held, long nanoUsd) {
            budgets.settle(((Answer.Held) held).hold(), new Amounts(nanoUsd, 1, 1), new byte[0])
                    .join();
        }
    }

    private Server server(String id) {
        return server(id, id);
    }

    private Server server(String id, String log) {
        Store store = open(connect());
        Replica replica = open(new Replica(store, new Leases(store), id));
        return new Server(store, replica, open(new Budgets(store, replica, logs.resolve(log), InstantSource.system())));
    }

    private <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }

    private static Budget budget(String id, Scope scope, Unit unit, long limit) {
        return new Budget(id, TENANT, id, scope, Window.MONTH, ZoneOffset.UTC, unit, limit);
    }

    private static Ceiling nanoUsd(long amount) {
        return Ceiling.of(new Amounts(amount, 1, 1));
    }

    @Test
    void aCallThatFitsExactlyIsHeldAndTheNextIsRefusedWithWhatIsLeft() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));

        Answer first = one.hold(nanoUsd(1_000), TEAM, AGENT);
        Answer second = one.hold(nanoUsd(1), TEAM);

        assertThat(first).isInstanceOf(Answer.Held.class);
        assertThat(second).isInstanceOfSatisfying(Answer.Refused.class, refused -> {
            assertThat(refused.budget().name()).isEqualTo("team");
            assertThat(refused.needed()).isEqualTo(1);
            assertThat(refused.remaining()).isEqualTo(1_000);
        });
        one.settle(first, 400);
        assertThat(one.hold(nanoUsd(600), TEAM)).isInstanceOf(Answer.Held.class);
        assertThat(one.hold(nanoUsd(1), TEAM)).isInstanceOf(Answer.Refused.class);
    }

    @Test
    void whereNoBudgetAppliesACallIsHeldOnNothing() {
        assertThat(server("one").hold(nanoUsd(Long.MAX_VALUE), AGENT)).isInstanceOf(Answer.Held.class);
    }

    @Test
    void theOutputIsCutToTheNarrowestOfSeveralBudgets() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 10_000));
        one.budgets.put(budget("agent", AGENT, Unit.OUTPUT_TOKENS, 70));

        Answer answer = one.hold(new Ceiling(10, 500, output -> new Amounts(100 * output, 5, output)), TEAM, AGENT);

        assertThat(answer).isInstanceOfSatisfying(Answer.Held.class, held -> {
            assertThat(held.hold().outputTokens()).isEqualTo(70);
            assertThat(held.hold().ceiling().nanoUsd()).isEqualTo(7_000);
        });
    }

    @Test
    void whatAnotherServerHasLeasedAndDoesNotHoldIsGivenBack() {
        Server one = server("one");
        Server other = servers() > 1 ? server("other") : one;
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        one.settle(one.hold(nanoUsd(900), TEAM), 100);
        other.budgets.of(TENANT, Set.of(TEAM));
        other.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));

        assertThat(other.hold(nanoUsd(900), TEAM)).isInstanceOf(Answer.Held.class);
        assertThat(one.hold(nanoUsd(1), TEAM)).isInstanceOf(Answer.Refused.class);
    }

    private static Reservations.Part part(long nanoUsd, long calls, Scope... scopes) {
        return new Reservations.Part(Set.of(scopes), new Amounts(nanoUsd, 0, 0), calls);
    }

    @Test
    void aReservationOutlivesItsServerAndIsSettledOnceByAnother() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        assertThat(one.reserve("work", 600, TEAM)).isTrue();
        one.budgets.crash();
        one.store.close();

        Server two = server("two");
        assertThat(two.hold(nanoUsd(401), TEAM)).isInstanceOf(Answer.Refused.class);
        assertThat(standing(two).held()).isEqualTo(600);
        assertThat(two.settle("work", part(250, 1, TEAM))).isTrue();
        assertThat(two.settle("work", part(250, 1, TEAM))).isFalse();

        assertThat(row(two, "team").settled()).isEqualTo(250);
        assertThat(two.hold(nanoUsd(751), TEAM)).isInstanceOf(Answer.Refused.class);
        assertThat(two.hold(nanoUsd(750), TEAM)).isInstanceOf(Answer.Held.class);
    }

    @Test
    void aReservationTakesBackWhatNoCallHoldsAndNothingThatOneDoes() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        one.settle(one.hold(nanoUsd(900), TEAM), 100);
        Answer open = one.hold(nanoUsd(50), TEAM);

        assertThat(one.reserve("too-much", 851, TEAM)).isFalse();
        assertThat(one.reserve("all", 850, TEAM)).isTrue();
        assertThat(one.hold(nanoUsd(1), TEAM)).isInstanceOf(Answer.Refused.class);
        one.settle(open, 50);
        assertThat(one.settle("all")).isTrue();
        await().untilAsserted(() -> assertThat(row(one, "team").settled()).isEqualTo(150));
        assertThat(one.reserve("again", 850, TEAM)).isTrue();
    }

    @Test
    void aBudgetThatWasRemovedDecidesOnNoReservationAnyMore() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 100));
        one.budgets.put(budget("agent", AGENT, Unit.NANO_USD, 1_000));
        one.store.writeAndWait(tx -> SqlBudgets.delete(tx, "team"));

        assertThat(one.reservations().hold(TENANT, "work", List.of(part(600, 1, TEAM, AGENT)), _ -> {}))
                .isEmpty();
        assertThat(row(one, "agent").leased()).isEqualTo(600);
        one.store.writeAndWait(tx -> SqlBudgets.delete(tx, "agent"));
        assertThat(one.settle("work", part(600, 1, TEAM, AGENT))).isTrue();
    }

    @Test
    void eachPartOfAReservationCountsOnItsOwnBudgetsAndEachOfItsCalls() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.REQUESTS, 10));
        one.budgets.put(budget("agent", AGENT, Unit.NANO_USD, 500));
        List<Reservations.Part> parts = List.of(part(400, 4, TEAM, AGENT), part(900, 6, TEAM));

        assertThat(one.reservations().hold(TENANT, "work", parts, _ -> {})).isEmpty();
        assertThat(one.hold(nanoUsd(1), TEAM)).isInstanceOf(Answer.Refused.class);
        assertThat(one.reservations().hold(TENANT, "more", List.of(part(101, 0, AGENT)), _ -> {}))
                .hasValueSatisfying(refused -> {
                    assertThat(refused.budget().name()).isEqualTo("agent");
                    assertThat(refused.needed()).isEqualTo(101);
                });
        assertThat(one.settle("work", part(70, 4, TEAM, AGENT), part(5, 1, TEAM)))
                .isTrue();

        assertThat(row(one, "team").settled()).isEqualTo(5);
        assertThat(row(one, "agent").settled()).isEqualTo(70);
        assertThat(row(one, "team").leased()).isZero();
    }

    @Test
    void aReportThatComesTwiceIsCountedOnce() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        var key = new Account.Key("team", 0);
        one.store.writeAndWait(tx -> SqlTreasury.draw(tx, "x", List.of(SqlTreasury.Draw.exactly(key, 100))));
        for (int i = 0; i < 2; i++) {
            one.store.writeAndWait(tx -> {
                SqlTreasury.report(tx, "x", 1, List.of(new Book.Line(key, 30, 20, 0)));
                return "";
            });
        }

        SqlTreasury.Row row = one.store.read(tx -> SqlTreasury.find(tx, key)).orElseThrow();
        assertThat(row.settled()).isEqualTo(30);
        assertThat(row.leased()).isEqualTo(50);
    }

    @Test
    void aServerThatIsOverIsChargedOnceAndItsLeaseIsFree() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        var key = new Account.Key("team", 0);
        one.store.writeAndWait(tx -> SqlTreasury.draw(tx, "dead", List.of(SqlTreasury.Draw.exactly(key, 700))));
        for (int i = 0; i < 2; i++) {
            one.store.writeAndWait(tx -> {
                SqlTreasury.end(tx, "dead", List.of(new SqlTreasury.Charge(key, 250)));
                return "";
            });
        }

        SqlTreasury.Row row = one.store.read(tx -> SqlTreasury.find(tx, key)).orElseThrow();
        assertThat(row.settled()).isEqualTo(250);
        assertThat(row.leased()).isZero();
    }

    @Test
    void aLoweredLimitTakesBackWhatIsFreeAndLetsWhatIsHeldEnd() {
        Server one = server("one");
        Server other = servers() > 1 ? server("other") : one;
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000_000));
        other.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000_000));
        Answer first = one.hold(nanoUsd(400_000), TEAM);
        one.settle(one.hold(nanoUsd(300_000), TEAM), 100_000);
        other.settle(other.hold(nanoUsd(200_000), TEAM), 50_000);

        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 200_000));

        // 150,000 are settled and 400,000 held; the 350,000 that were leased beside come back unasked.
        await().untilAsserted(() -> {
            SqlTreasury.Row row = row(one, "team");
            assertThat(row.settled()).isEqualTo(150_000);
            assertThat(row.leased()).isEqualTo(400_000);
        });
        assertThat(one.hold(nanoUsd(1), TEAM)).isInstanceOf(Answer.Refused.class);
        assertThat(other.hold(nanoUsd(1), TEAM)).isInstanceOf(Answer.Refused.class);
        one.settle(first, 10_000);
        // What that call did not cost is free again, but not beyond the limit.
        assertThat(other.hold(nanoUsd(40_001), TEAM)).isInstanceOf(Answer.Refused.class);
        assertThat(other.hold(nanoUsd(40_000), TEAM)).isInstanceOf(Answer.Held.class);
    }

    @Test
    void whatBecomesFreeOfAnOverdrawnBudgetIsNotHeldAgain() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        Answer first = one.hold(nanoUsd(400), TEAM);
        Answer second = one.hold(nanoUsd(400), TEAM);
        one.settle(one.hold(nanoUsd(100), TEAM), 0);
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 300));
        // That the third call's lease is back shows that the server has seen it.
        await().untilAsserted(() -> assertThat(row(one, "team").leased()).isEqualTo(800));
        assertThat(one.hold(nanoUsd(1), TEAM)).isInstanceOf(Answer.Refused.class);

        one.settle(first, 0);

        assertThat(one.hold(nanoUsd(100), TEAM)).isInstanceOf(Answer.Refused.class);
        one.settle(second, 250);
        assertThat(one.hold(nanoUsd(51), TEAM)).isInstanceOf(Answer.Refused.class);
        assertThat(one.hold(nanoUsd(50), TEAM)).isInstanceOf(Answer.Held.class);
    }

    @Test
    void aRemovedBudgetLetsItsCallsEndAndLeavesTheOthersToDecide() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        one.budgets.put(budget("agent", AGENT, Unit.NANO_USD, 10_000));
        Answer open = one.hold(nanoUsd(900), TEAM, AGENT);

        // As another server would: this one still believes in the budget, and must ask the database for the next call.
        one.store.writeAndWait(tx -> SqlBudgets.delete(tx, "team"));

        assertThat(one.hold(nanoUsd(5_000), TEAM, AGENT)).isInstanceOf(Answer.Held.class);
        assertThat(one.budgets.of(TENANT, Set.of(TEAM, AGENT)))
                .extracting(Budget::name)
                .containsExactly("agent");
        one.settle(open, 300);
        await().untilAsserted(() -> assertThat(row(one, "agent").settled()).isEqualTo(300));
        Optional<SqlTreasury.Row> gone = one.store.read(tx -> SqlTreasury.find(tx, new Account.Key("team", month())));
        assertThat(gone).isEmpty();
    }

    @Test
    void whatCallsHoldIsToldWithinSeconds() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        Answer open = one.hold(nanoUsd(600), TEAM);
        await().untilAsserted(() -> assertThat(standing(one).held()).isEqualTo(600));
        assertThat(standing(one).remaining()).isEqualTo(400);

        one.settle(open, 250);

        await().untilAsserted(() -> {
            assertThat(standing(one).held()).isZero();
            assertThat(standing(one).settled()).isEqualTo(250);
        });
    }

    private static Standing standing(Server server) {
        return server.store
                .read(tx -> SqlBudgets.standings(
                        tx, SqlBudgets.all(tx), InstantSource.system().instant()))
                .getFirst();
    }

    private static SqlTreasury.Row row(Server server, String budget) {
        return server.store
                .read(tx -> SqlTreasury.find(tx, new Account.Key(budget, month())))
                .orElseThrow();
    }

    private static long month() {
        return Window.MONTH
                .start(InstantSource.system().instant(), ZoneOffset.UTC)
                .toEpochMilli();
    }

    /** After a crash at any moment: what was settled is charged once, what was not at its ceiling, the rest is free. */
    @Test
    void nothingIsLostOrCountedTwiceOverCrashes() throws Exception {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        long limit = 1_000_000_000;
        long expected = 0;
        for (int run = 0; run < 8; run++) {
            Server server = server("run-" + run, "log");
            server.budgets.put(budget("team", TEAM, Unit.NANO_USD, limit));
            int bounded = run == 0 ? 0 : 1;
            assertThat(server.budgets.bounded()).as("seed %d", seed).isEqualTo(bounded);
            for (int call = 0; call < 200; call++) {
                Answer held = server.hold(nanoUsd(1_000), TEAM);
                long cost = random.nextLong(1_001);
                server.settle(held, cost);
                expected += cost;
                if (random.nextInt(20) == 0) {
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
                }
            }
            assertThat(server.hold(nanoUsd(777), TEAM)).isInstanceOf(Answer.Held.class);
            expected += 777;
            server.budgets.crash();
            server.store.close();
        }

        Server last = server("last", "log");
        long left = limit - expected;
        assertThat(last.hold(nanoUsd(left + 1), TEAM)).as("seed %d", seed).isInstanceOf(Answer.Refused.class);
        assertThat(last.hold(nanoUsd(left), TEAM)).as("seed %d", seed).isInstanceOf(Answer.Held.class);
    }

    /**
     * Calls of random ceilings and costs from many threads at all servers until both budgets are used up. The truth is kept
     * beside: at no moment may what is spent and held exceed a limit, nor may a call be refused while more is left.
     */
    @Test
    void onceAnAccountWasRecalledLittleIsDrawnAheadAndAskedBackWhoeverAsks() {
        Server one = server("one");
        one.budgets.put(budget("team", TEAM, Unit.NANO_USD, 1_000));
        var key = new Account.Key("team", month());
        var greedy = new SqlTreasury.Draw(key, 10, 10, 5_000);
        assertThat(drawn(one, "x", greedy)).as("nobody was short").isEqualTo(1_000);
        SqlTreasury.Recall recall = one.store.writeAndWait(tx -> {
            SqlTreasury.Recall asked = SqlTreasury.recall(tx, List.of(key)).getFirst();
            SqlTreasury.report(tx, "x", 1, List.of(new Book.Line(key, 0, 1_000, asked.number())));
            return asked;
        });
        assertThat(isAwaited(one, recall)).as("all is given back").isFalse();
        assertThat(drawn(one, "x", greedy)).as("a tenth of what is free").isEqualTo(110);
        assertThat(isAwaited(one, recall)).as("that is asked back").isTrue();
    }

    private static boolean isAwaited(Server server, SqlTreasury.Recall recall) {
        return !server.store
                .writeAndWait(tx -> SqlTreasury.awaited(tx, List.of(recall), (_, _) -> false))
                .isEmpty();
    }

    private static long drawn(Server server, String by, SqlTreasury.Draw draw) {
        return server.store.writeAndWait(
                tx -> SqlTreasury.draw(tx, by, List.of(draw)).getFirst().amount());
    }

    @Test
    void nothingIsOverspentAndNothingIsRefusedThatFits() throws Exception {
        long seed = new Random().nextLong();
        long limit = 1_000_000;
        List<Server> all = new ArrayList<>();
        for (int i = 0; i < servers(); i++) {
            all.add(server("server-" + i));
        }
        all.getFirst().budgets.put(budget("team", TEAM, Unit.NANO_USD, limit));
        all.getFirst().budgets.put(budget("agent", AGENT, Unit.NANO_USD, limit));
        for (Server server : all) {
            server.budgets.put(budget("team", TEAM, Unit.NANO_USD, limit));
        }
        var spentAndHeld = new AtomicLong();
        var spent = new AtomicLong();
        var faults = new ConcurrentLinkedQueue<String>();
        try (var threads = Executors.newFixedThreadPool(12)) {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < 12; t++) {
                var random = new Random(seed + t);
                Server server = all.get(t % all.size());
                running.add(threads.submit(() -> {
                    int refusals = 0;
                    while (refusals < 3) {
                        long ceiling = random.nextLong(1, 3_001);
                        Answer answer = server.hold(nanoUsd(ceiling), TEAM, AGENT);
                        if (answer instanceof Answer.Held held) {
                            long now = spentAndHeld.addAndGet(ceiling);
                            if (now > limit) {
                                faults.add("spent and held " + now);
                            }
                            long cost = random.nextInt(4) == 0 ? ceiling : random.nextLong(ceiling + 1);
                            if (random.nextInt(8) == 0) {
                                TimeUnit.MICROSECONDS.sleep(random.nextInt(500));
                            }
                            spent.addAndGet(cost);
                            spentAndHeld.addAndGet(cost - ceiling);
                            server.settle(held, cost);
                        } else {
                            refusals++;
                            // Each thread may have a hold that it has not counted yet.
                            long left = limit - spentAndHeld.get();
                            if (left > ceiling + 12 * 3_000) {
                                faults.add("refused " + ceiling + " where " + left + " were left");
                            }
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        }

        assertThat(faults).as("seed %d", seed).isEmpty();
        assertThat(spent.get()).as("seed %d", seed).isBetween(limit - 3_000, limit);
        // All is given back where it is asked for: what is left can be held to the last nano-USD by any server.
        long left = limit - spent.get();
        assertThat(all.getLast().hold(nanoUsd(left + 1), TEAM))
                .as("seed %d", seed)
                .isInstanceOf(Answer.Refused.class);
        if (left > 0) {
            assertThat(all.getLast().hold(nanoUsd(left), TEAM))
                    .as("seed %d", seed)
                    .isInstanceOf(Answer.Held.class);
        }
    }
}
