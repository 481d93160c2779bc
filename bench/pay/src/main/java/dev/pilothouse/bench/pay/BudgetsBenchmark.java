package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.testkit.TestPostgres;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.opentest4j.TestAbortedException;
import tools.jackson.databind.JsonNode;

/**
 * Budgets under abuse: three servers on one PostgreSQL, budgets of nine kinds of nested scopes that run out, parallel calls of
 * which 30 % are left by their clients, and a server killed with -9 every ten seconds and started again. {@code --seeds N} (5, or
 * 100 with {@code --full}), {@code --from N}, {@code --calls N}, {@code --clients N} and {@code --kill-every SECONDS} change it.
 * As {@code sums} it is a million calls that no budget refuses, with a kill each minute.
 */
final class BudgetsBenchmark implements Benchmark {
    private static final int REPLICAS = 3;
    /** After the last call, so that whatever is still held is held for nothing. */
    private static final int SECONDS_AFTER = 30;
    /** What a call of this load costs on average. */
    private static final long USUAL_COST = 1_500;

    private static final String ORGANISATION = "organisation:default";
    private static final String CONTROLS =
            "{\"output-tokens\": \"uniform:1-60\", \"first-byte-ms\": \"uniform:0-30\", \"token-ms\": \"uniform:0-2\"}";

    /** From the narrowest; each seed has another of them run out first. */
    private static final List<String> NESTED = List.of("key", "project", "team", "department", "organisation");

    /**
     * What is asked of the servers.
     *
     * @param clients that call at once
     * @param killEvery seconds
     * @param limits percent of what limits usually are
     */
    private record Load(int calls, int clients, int killEvery, int limits) {}

    private final Map<String, Long> sums = new LinkedHashMap<>();
    private final String name;
    private final String about;
    private final Load usual;
    private final int usualSeeds;

    private BudgetsBenchmark(String name, String about, Load usual, int usualSeeds) {
        this.name = name;
        this.about = about;
        this.usual = usual;
        this.usualSeeds = usualSeeds;
    }

    static BudgetsBenchmark budgets() {
        return new BudgetsBenchmark(
                "budgets",
                "overspend, false refusals, phantom holds and sums with three servers, aborts and kills",
                new Load(10_000, 32, 10, 100),
                5);
    }

    static BudgetsBenchmark sums() {
        return new BudgetsBenchmark(
                "sums",
                "records, settlements, answers and the provider's invoice over a million calls with three servers, aborts and kills",
                new Load(1_000_000, 160, 60, 1_000),
                1);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String about() {
        return about;
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        int seeds = Arguments.number(arguments, "--seeds", arguments.contains("--full") ? 20 * usualSeeds : usualSeeds);
        int from = Arguments.number(arguments, "--from", 1);
        var load = new Load(
                Arguments.number(arguments, "--calls", usual.calls),
                Arguments.number(arguments, "--clients", usual.clients),
                Arguments.number(arguments, "--kill-every", usual.killEvery),
                usual.limits);
        TestPostgres postgres;
        try {
            postgres = TestPostgres.start();
        } catch (TestAbortedException e) {
            report.note(String.valueOf(e.getMessage()));
            report.atMost("budgets-overspend", Double.NaN, "nano-USD", 0);
            return;
        }
        report.note("PostgreSQL with fsync off: processes are killed, the machine is not");
        report.say(
                "%6s %7s %7s %7s %6s %6s %5s %6s",
                "seed", "ended", "left", "refused", "lost", "failed", "kills", "bound");
        try (postgres) {
            for (int seed = from; seed < from + seeds; seed++) {
                Path folder = Files.createDirectories(scratch.resolve("seed-" + seed));
                run(folder, postgres.newDatabase(), seed, load, report);
            }
        }
        report.atMost("budgets-overspend", sum("overspend"), "nano-USD", 0);
        report.atMost("budgets-false-refusals", sum("false refusals"), "calls", 0);
        report.atMost("budgets-phantom-holds", sum("phantom holds"), "nano-USD", 0);
        report.atMost("sums-records-and-invoice", sum("difference"), "nano-USD", 0);
        report.atMost("sums-records-and-answers", sum("difference told"), "nano-USD", 0);
        report.atMost("sums-records-and-settled", sum("difference settled"), "nano-USD", 0);
        report.atMost("sums-records-twice", sum("twice"), "records", 0);
        report.atMost("sums-calls-without-record", sum("without record"), "calls", 0);
        report.atMost("sums-bounded-out-of-bounds", sum("out of bounds"), "calls", 0);
        report.note("%.0f calls cut by a kill or a drain, charged %.0f nano-USD beyond their invoice"
                .formatted(sum("bounded"), sum("excess")));
    }

    private double sum(String of) {
        return sums.getOrDefault(of, 0L);
    }

    private void add(String of, long more) {
        sums.merge(of, more, Math::addExact);
    }

    private void run(Path folder, String database, int seed, Load load, Report report) throws Exception {
        try (var simulator = Simulator.start(folder, 2 * load.calls, CONTROLS);
                var program = new Program(folder)) {
            var replicas = Replicas.start(program, folder, database, REPLICAS);
            var setup = new GatewaySetup(replicas.api(0));
            setup.provider(simulator, List.of(Simulator.MINI, Simulator.LARGE));
            List<GatewaySetup.AppKey> keys = setup.keysOfProjects("bench");
            Map<String, Long> limits = limits(seed, keys, load);
            int number = 0;
            for (var limit : limits.entrySet()) {
                setup.budget("b" + number++, limit.getKey(), "total", limit.getValue());
            }
            // Others know a declaration within a second.
            TimeUnit.SECONDS.sleep(2);
            List<MixedCall.Seen> seen = Collections.synchronizedList(new ArrayList<>());
            var over = new CountDownLatch(1);
            Thread killer = Thread.ofPlatform().start(() -> {
                try {
                    replicas.killAndStartAgain(new Random(seed), load.killEvery, over);
                } catch (IOException | IllegalStateException e) {
                    report.note("a server did not start again: " + e.getMessage());
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
            });
            ask(replicas, seed, load, keys, seen);
            over.countDown();
            killer.join();
            TimeUnit.SECONDS.sleep(SECONDS_AFTER);
            judge(new Audit(limits, seen), replicas, simulator);
            say(seed, seen, replicas.outages().size(), report);
            replicas.end();
        }
    }

    /** Limits that together let through some two thirds of the load, some scopes running out long before others. */
    private static Map<String, Long> limits(int seed, List<GatewaySetup.AppKey> keys, Load load) {
        long all = load.calls * USUAL_COST * load.limits / 100;
        Map<String, Long> limits = new LinkedHashMap<>();
        limits.put(ORGANISATION, all * percent(ORGANISATION, seed) / 100);
        for (GatewaySetup.AppKey key : keys) {
            for (String scope : key.scopes()) {
                limits.put(scope, all * percent(scope, seed) / 100);
            }
        }
        share(limits, "agent:a", MixedCall.AGENTS, all * 70 / 100);
        share(limits, "session:s" + seed + ".", MixedCall.SESSIONS, all * 75 / 100);
        share(limits, "user:u", MixedCall.USERS, all * 80 / 100);
        share(limits, "tag:t", MixedCall.TAGS, all * 70 / 100);
        return limits;
    }

    /** How much of what the whole load would cost a scope may spend. */
    private static int percent(String scope, int seed) {
        int place = NESTED.indexOf(scope.substring(0, scope.indexOf(':')));
        boolean first = place == seed % NESTED.size();
        if (place <= NESTED.indexOf("project")) {
            // Of which there are two.
            return first ? 25 : 33;
        }
        return first ? 55 : 62 + place;
    }

    private static void share(Map<String, Long> limits, String prefix, int count, long together) {
        for (int i = 0; i < count; i++) {
            // The first has half of what the last has.
            limits.put(prefix + i, together * (count + i) / ((3L * count - 1) * count / 2));
        }
    }

    private static void ask(
            Replicas replicas, int seed, Load load, List<GatewaySetup.AppKey> keys, List<MixedCall.Seen> seen)
            throws InterruptedException {
        var next = new AtomicInteger();
        List<Thread> clients = new ArrayList<>();
        for (int client = 0; client < load.clients; client++) {
            clients.add(Thread.ofVirtual().start(() -> {
                for (int number = next.getAndIncrement(); number < load.calls; number = next.getAndIncrement()) {
                    call(replicas, MixedCall.of(seed, number, keys), number, seen);
                }
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
    }

    /** Goes to the next server where one does not listen. */
    private static void call(Replicas replicas, MixedCall call, int first, List<MixedCall.Seen> seen) {
        for (int which = first; ; which++) {
            try {
                seen.add(call.ask(replicas.address(which % replicas.count())));
                return;
            } catch (ConnectException _) {
                Thread.onSpinWait();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private void judge(Audit audit, Replicas replicas, Simulator simulator) throws IOException, InterruptedException {
        simulator.closedInvoice(SECONDS_AFTER);
        simulator.lines(audit::bill);
        for (int i = 0; i < replicas.count(); i++) {
            audit.read(replicas.api(i));
        }
        long settled = 0;
        long held = 0;
        Api api = replicas.api(0);
        for (JsonNode budget : api.call("GET", "/api/v1/budgets?limit=1000", "").path("items")) {
            held += budget.path("heldNanoUsd").longValue();
            if (budget.path("scope").stringValue().startsWith("organisation:")) {
                settled = budget.path("settledNanoUsd").longValue();
            }
        }
        add("overspend", audit.overspend());
        add("false refusals", audit.falseRefusals(replicas.outages(), TimeUnit.SECONDS.toMicros(2)));
        add("phantom holds", held);
        add("difference", audit.difference());
        add("difference told", audit.differenceTold());
        add("difference settled", Math.abs(settled - audit.recorded()));
        add("twice", audit.twice());
        add("without record", audit.withoutRecord());
        add("bounded", audit.bounded());
        add("excess", audit.excess());
        add("out of bounds", audit.outOfBounds());
    }

    private void say(int seed, List<MixedCall.Seen> seen, int kills, Report report) {
        report.say(
                "%6d %7d %7d %7d %6d %6d %5d %6.0f",
                seed,
                count(seen, MixedCall.Fate.ENDED),
                count(seen, MixedCall.Fate.LEFT),
                count(seen, MixedCall.Fate.REFUSED),
                count(seen, MixedCall.Fate.LOST),
                count(seen, MixedCall.Fate.FAILED),
                kills,
                sum("bounded"));
        sums.forEach((what, amount) -> report.say("       %s so far: %d", what, amount));
    }

    private static long count(List<MixedCall.Seen> seen, MixedCall.Fate fate) {
        return seen.stream().filter(call -> call.fate() == fate).count();
    }
}
