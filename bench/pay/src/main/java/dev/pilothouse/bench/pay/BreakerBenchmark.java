package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.pay.breaker.Admission;
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.breaker.BreakerConfig;
import dev.pilothouse.pay.breaker.Burn;
import dev.pilothouse.pay.breaker.BurnModel;
import dev.pilothouse.pay.breaker.Excess;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.notify.NotifyConfig;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Whether the economic circuit breaker is right: agents in simulated time, each learnt for a week, then judged for twenty days
 * in which every latch is false; a fifth of them run away on the day after, with more calls or dearer ones. The model that
 * judges is the server's own; the way from there to all replicas is tested with the module.
 *
 * <p>Options: {@code --agents N} (default 500), {@code --seed N} (default 1), {@code --verbose}.
 */
final class BreakerBenchmark implements Benchmark {
    private static final int DAY = 86_400;
    private static final int LEARNING_DAYS = 7;
    private static final int JUDGED_DAYS = 20;
    /** A runaway that nothing has stopped by then was missed. */
    private static final int GIVEN_DAYS = 7;

    private static final int ASKED = 2_000_000;
    private static final int ASKED_AGENTS = 1_000;
    private static final double LEAST = 4.5;
    private static final double MOST = 100;

    /**
     * What became of one agent.
     *
     * @param early latches in the week of learning
     * @param latches false ones
     * @param above days on which the stated window was above the factor without a runaway: what the factor alone would latch
     */
    private record Fate(int early, int latches, int above, Optional<Runaway> runaway) {}

    /**
     * What became of a runaway.
     *
     * @param seconds from its first moment to the latch; NaN where there was none
     * @param requests in this time
     * @param late seconds from the moment at which its window's spend was above the factor to the latch
     * @param lateRequests in this time
     */
    private record Runaway(double factor, boolean calls, double seconds, int requests, double late, int lateRequests) {
        boolean inTime() {
            return late <= 2 || lateRequests <= 3;
        }
    }

    @Override
    public String name() {
        return "breaker";
    }

    @Override
    public String about() {
        return "false latches of 10,000 agent-days, and 100 runaways of 4.5 to 100 times the usual, in simulated time";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        int agents = Arguments.number(arguments, "--agents", 500);
        int seed = Arguments.number(arguments, "--seed", 1);
        AgentLoad load = AgentLoad.read(Path.of(System.getenv("PILOTHOUSE_DATA")));
        List<Fate> fates = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            List<Callable<Fate>> lives = new ArrayList<>();
            for (int i = 0; i < agents; i++) {
                int number = i;
                lives.add(() -> live(load, 1_000_003L * seed + number, number, agents / 5));
            }
            for (Future<Fate> fate : threads.invokeAll(lives)) {
                fates.add(fate.get());
            }
        }
        tell(fates, agents, report);
        report.atMost("admit", admit(scratch), "ns", 1_000);
        if (arguments.contains("--verbose")) {
            fates.stream().flatMap(fate -> fate.runaway.stream()).forEach(one -> report.say("%s", one));
        }
    }

    /** Nanoseconds that asking takes, on one thread, of a thousand agents of a breaker that ticks. */
    private static double admit(Path scratch) {
        InstantSource clock = InstantSource.system();
        Ids ids = Ids.secure(clock);
        try (Store store = TestStore.sqlite(
                        scratch,
                        Breaker.MIGRATIONS,
                        Ledger.MIGRATIONS,
                        Journal.MIGRATIONS,
                        Jobs.MIGRATIONS,
                        Notifications.MIGRATIONS);
                Journal journal = new Journal(store);
                Ledger ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(scratch), clock);
                Replica replica = new Replica(store, new Leases(store), ids.next());
                Jobs jobs = new Jobs(store, clock, ids, new Random(1), JobsConfig.STANDARD);
                Notifications notifications = new Notifications(
                        store,
                        jobs,
                        (_, _) -> new byte[32],
                        (_, _, _) -> Optional.empty(),
                        NotifyConfig.STANDARD,
                        Optional.empty(),
                        clock);
                Breaker breaker = new Breaker(
                        store,
                        replica,
                        new Leases(store),
                        ledger,
                        notifications,
                        _ -> List.of(),
                        Breaker.Ceilings.NONE,
                        BreakerConfig.STANDARD,
                        clock)) {
            String[] names = new String[ASKED_AGENTS];
            for (int i = 0; i < names.length; i++) {
                names[i] = "agent-" + i;
                breaker.spent("acme", names[i], 1_000_000, clock.instant());
            }
            double nanos = Double.NaN;
            long allowed = 0;
            // The first rounds warm up.
            for (int round = 0; round < 5; round++) {
                long start = System.nanoTime();
                for (int i = 0; i < ASKED; i++) {
                    if (breaker.admit("acme", names[i % names.length]) instanceof Admission.Allowed) {
                        allowed++;
                    }
                }
                nanos = (System.nanoTime() - start) / (double) ASKED;
            }
            if (allowed != 5L * ASKED) {
                throw new IllegalStateException("Of " + 5L * ASKED + " calls, only " + allowed + " were allowed");
            }
            return nanos;
        }
    }

    private static Fate live(AgentLoad load, long seed, int number, int runaways) {
        boolean runsAway = number % 5 == 0;
        AgentLoad.Agent agent = load.agent(seed);
        // Those that run away spend more than the floor from the beginning: below it nothing is to be paused.
        for (long other = 1;
                runsAway && agent.usualPerMinute() < BreakerConfig.STANDARD.floorNanoUsdPerMinute();
                other++) {
            agent = load.agent(seed + other * 500_009L);
        }
        var model = new BurnModel(BreakerConfig.STANDARD, 0, local(0));
        long ceiling = BreakerConfig.STANDARD.learningCeilingNanoUsdPerMinute();
        long end = (LEARNING_DAYS + JUDGED_DAYS) * (long) DAY;
        int early = 0;
        int latches = 0;
        int above = 0;
        long lastAbove = -1;
        var stated = new StatedWindow(agent);
        long hour = 0;
        double at = agent.next();
        while (at < end) {
            for (; hour <= (long) at / 3_600; hour++) {
                model.advance(hour * 3_600, local(hour * 3_600));
            }
            long cost = agent.cost();
            long day = (long) at / DAY;
            if (stated.isAbove(at, cost) && day >= LEARNING_DAYS && day > lastAbove) {
                above++;
                lastAbove = day;
            }
            if (step(model, at, cost, ceiling).isPresent()) {
                // A person looks and lets it go on.
                model.pause();
                model.resume();
                if (at < LEARNING_DAYS * (double) DAY) {
                    early++;
                } else {
                    latches++;
                }
            }
            at = agent.next();
        }
        return new Fate(
                early,
                latches,
                above,
                runsAway ? Optional.of(runAway(agent, model, ceiling, at, number / 5, runaways)) : Optional.empty());
    }

    /** Local time: the first of all days is a Monday. */
    private static long local(long second) {
        return 4L * DAY + second;
    }

    private static Optional<Excess> step(BurnModel model, double at, long cost, long ceiling) {
        model.advance((long) at, local((long) at));
        model.add(Burn.of(cost));
        return model.judge(0, 0, ceiling);
    }

    /** The shortest window of at least 10 s in which the generator itself, which knows it, expects 20 calls. For one thread. */
    private static final class StatedWindow {
        private record Call(double at, long cost) {}

        private final AgentLoad.Agent agent;
        private final double meanCost;
        private final Deque<Call> calls = new ArrayDeque<>();
        private long spent;

        StatedWindow(AgentLoad.Agent agent) {
            this.agent = agent;
            this.meanCost = agent.meanCost();
        }

        /** Whether a call brings the window's spend above the factor. */
        boolean isAbove(double at, long cost) {
            calls.addLast(new Call(at, cost));
            spent += cost;
            double usual = agent.usual();
            double length = Math.max(10, 20 / usual);
            while (calls.getFirst().at < at - length) {
                spent -= calls.removeFirst().cost;
            }
            return spent > BreakerConfig.STANDARD.factor() * length * usual * meanCost;
        }
    }

    private static Runaway runAway(
            AgentLoad.Agent agent, BurnModel model, long ceiling, double start, int number, int runaways) {
        double factor = LEAST * Math.pow(MOST / LEAST, number / Math.max(1.0, runaways - 1.0));
        boolean more = number % 2 == 0;
        agent.runAway(more ? factor : 1, more ? 1 : factor);
        var stated = new StatedWindow(agent);
        double crossed = Double.NaN;
        int crossedRequests = 0;
        long hour = (long) start / 3_600 + 1;
        double at = start;
        for (int requests = 1; at < start + GIVEN_DAYS * (double) DAY; requests++) {
            for (; hour <= (long) at / 3_600; hour++) {
                model.advance(hour * 3_600, local(hour * 3_600));
            }
            long cost = agent.cost();
            if (Double.isNaN(crossed) && stated.isAbove(at, cost)) {
                crossed = at;
                crossedRequests = requests;
            }
            if (step(model, at, cost, ceiling).isPresent()) {
                return new Runaway(
                        factor,
                        more,
                        at - start,
                        requests,
                        Double.isNaN(crossed) ? 0 : at - crossed,
                        Double.isNaN(crossed) ? 0 : requests - crossedRequests);
            }
            at = agent.next();
        }
        return new Runaway(factor, more, Double.NaN, 0, Double.NaN, 0);
    }

    private static void tell(List<Fate> fates, int agents, Report report) {
        List<Runaway> runaways =
                fates.stream().flatMap(fate -> fate.runaway.stream()).toList();
        List<Runaway> latched =
                runaways.stream().filter(one -> !Double.isNaN(one.seconds)).toList();
        report.say(
                "%-16s %7s %8s %14s %14s %14s %14s",
                "factor", "number", "latched", "s, median", "s, most", "calls, median", "calls, most");
        double[] bounds = {LEAST, 6, 10, 25, MOST + 1};
        for (int i = 0; i + 1 < bounds.length; i++) {
            double from = bounds[i];
            double to = bounds[i + 1];
            List<Runaway> all = runaways.stream()
                    .filter(one -> one.factor >= from && one.factor < to)
                    .toList();
            List<Runaway> caught =
                    all.stream().filter(one -> !Double.isNaN(one.seconds)).toList();
            List<Double> seconds =
                    caught.stream().map(Runaway::seconds).sorted().toList();
            List<Double> calls =
                    caught.stream().map(one -> (double) one.requests).sorted().toList();
            report.say(
                    "%6.1f to %-6.1f %7d %8d %14.0f %14.0f %14.0f %14.0f",
                    from,
                    Math.min(MOST, to),
                    all.size(),
                    caught.size(),
                    Percentiles.median(seconds),
                    most(seconds),
                    Percentiles.median(calls),
                    most(calls));
        }
        int days = agents * JUDGED_DAYS;
        report.atLeast("agent-days", days, "days", 10_000);
        report.atMost("false-latches", fates.stream().mapToInt(Fate::latches).sum(), "of-" + days + "-agent-days", 10);
        report.atMost(
                "false-latches-while-learning",
                fates.stream().mapToInt(Fate::early).sum(),
                "of-" + agents * LEARNING_DAYS + "-agent-days",
                10);
        report.atLeast("runaways-latched", latched.size(), "of-" + runaways.size(), runaways.size());
        report.atLeast(
                "latched-within-2s-or-3-requests",
                (double) latched.stream().filter(Runaway::inTime).count(),
                "of-" + runaways.size(),
                runaways.size());
        report.note("On " + fates.stream().mapToInt(Fate::above).sum() + " of these " + days
                + " agent-days that window was above the factor without a runaway, by bursts alone");
        report.note(
                "Within 2 s or 3 requests of the moment at which the spend of the shortest window of at least 10 s and 20"
                        + " expected calls is above four times what the generator, not the baseline, expects of it");
        report.note(
                "Agents that run away usually spend at least the floor of $0.001 a minute; of the others, half spend less");
        report.note("Coefficients of variation of ServeGen above 8 are taken as 8: they are of whole fleets");
    }

    private static double most(List<Double> sorted) {
        return sorted.isEmpty() ? Double.NaN : sorted.getLast();
    }
}
