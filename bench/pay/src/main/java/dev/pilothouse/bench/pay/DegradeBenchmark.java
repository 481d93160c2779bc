package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.pay.pacing.BurnForecast;
import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.pay.pacing.Pace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/**
 * Months of calls at one and a half times a budget's plan, with a fallback at a tenth of the price, paced by the forecast that the
 * gateway uses. Each call holds three times what it costs while it is under way. The clairvoyant knows all calls and serves with the
 * preferred model the share of the demand D that the limit L buys when the rest costs a tenth: (L - D/10) / (D - D/10). {@code
 * --seeds N} (200) months of each shape of demand.
 */
final class DegradeBenchmark implements Benchmark {
    private static final double TIMES_PLAN = 1.5;
    private static final int CEILING = 3;
    private static final int CALLS = 6_000;
    private static final int LOOKS = 3_600;
    private static final long MONTH = Duration.ofDays(30).toMillis();
    private static final Ladder TENTH = new Ladder(List.of(new Ladder.Rung("small", 100, 10)));

    /** How demand goes over a month, by the part of the month that has passed, at most 1. */
    private enum Shape {
        FLAT {
            @Override
            DoubleUnaryOperator of(SplittableRandom random) {
                return _ -> 1;
            }
        },
        DAYS {
            @Override
            DoubleUnaryOperator of(SplittableRandom random) {
                double phase = random.nextDouble();
                return part -> (1 + 0.8 * Math.sin(2 * Math.PI * (30 * part + phase))) / 1.8;
            }
        },
        GROWING {
            @Override
            DoubleUnaryOperator of(SplittableRandom random) {
                return part -> 0.2 + 0.8 * part;
            }
        },
        BURSTS {
            @Override
            DoubleUnaryOperator of(SplittableRandom random) {
                double[] begins = random.doubles(8).toArray();
                double length = 0.005 + 0.015 * random.nextDouble();
                return part -> Arrays.stream(begins).anyMatch(at -> part >= at && part < at + length) ? 1 : 0.125;
            }
        };

        abstract DoubleUnaryOperator of(SplittableRandom random);
    }

    private record Asked(long at, long cost) {}

    private record Live(long until, long held, long cost) {}

    /** A month's budget, and what was made of it. */
    private static final class Month {
        private final long limit;
        private final PriorityQueue<Live> live = new PriorityQueue<>(Comparator.comparingLong(Live::until));
        private long settled;
        private long held;
        private long preferred;
        private int refused;

        Month(long limit) {
            this.limit = limit;
        }

        void settleUntil(long at) {
            while (!live.isEmpty() && live.element().until <= at) {
                Live ended = live.remove();
                held -= ended.held;
                settled += ended.cost;
            }
        }

        /** Serves a call with the model of a level, or a cheaper one where that does not fit. */
        void serve(Asked call, int wished, long until) {
            for (int level = wished; level <= TENTH.rungs().size(); level++) {
                long cost = call.cost * price(level) / 100;
                if (settled + held + cost * CEILING <= limit) {
                    held += cost * CEILING;
                    live.add(new Live(until, cost * CEILING, cost));
                    preferred += level == 0 ? call.cost : 0;
                    return;
                }
            }
            refused++;
        }
    }

    private static int price(int level) {
        return level == 0 ? 100 : TENTH.rungs().get(level - 1).price();
    }

    @Override
    public String name() {
        return "degrade";
    }

    @Override
    public String about() {
        return "months at 1.5 times the plan: refusals, spend, and the preferred model's share beside a clairvoyant's";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) {
        int seeds = Arguments.number(arguments, "--seeds", 200);
        long refused = 0;
        double most = 0;
        double least = Double.POSITIVE_INFINITY;
        report.say("%-8s %8s %12s %22s", "demand", "refused", "most spent %", "least share of best %");
        for (Shape shape : Shape.values()) {
            long refusedOf = 0;
            double mostOf = 0;
            double leastOf = Double.POSITIVE_INFINITY;
            for (int seed = 0; seed < seeds; seed++) {
                var random = new SplittableRandom(seed);
                List<Asked> calls = calls(shape.of(random), random);
                long demand = calls.stream().mapToLong(Asked::cost).sum();
                Month month = play(calls, (long) (demand / TIMES_PLAN), random);
                double fallback = demand * price(1) / 100.0;
                double clairvoyant = (month.limit - fallback) / (demand - fallback);
                refusedOf += month.refused;
                mostOf = Math.max(mostOf, 100.0 * month.settled / month.limit);
                leastOf = Math.min(leastOf, 100.0 * month.preferred / demand / clairvoyant);
            }
            report.say("%-8s %8d %12.3f %22.1f", shape, refusedOf, mostOf, leastOf);
            refused += refusedOf;
            most = Math.max(most, mostOf);
            least = Math.min(least, leastOf);
        }
        report.atMost("degrade-refusals", (double) refused, "calls", 0);
        report.atMost("degrade-spend", most, "%", 100);
        report.atLeast("degrade-preferred-share", least, "%", 90);
    }

    private static Month play(List<Asked> calls, long limit, SplittableRandom random) {
        var month = new Month(limit);
        BurnForecast forecast = BurnForecast.begin(0, MONTH, limit);
        Pace pace = forecast.pace(TENTH, limit, 0, 0);
        long asked = 0;
        long largest = 0;
        long looked = 0;
        for (Asked call : calls) {
            month.settleUntil(call.at);
            if (call.at - looked >= MONTH / LOOKS) {
                looked = call.at;
                forecast = forecast.observe(call.at, asked);
                pace = forecast.pace(TENTH, limit, month.settled + month.held, largest);
            }
            asked += call.cost;
            largest = Math.max(largest, call.cost * CEILING);
            long took = (long) (-Math.log1p(-random.nextDouble()) * MONTH / LOOKS);
            month.serve(call, pace.level(random.nextInt(Pace.POSITIONS)), call.at + took);
        }
        month.settleUntil(Long.MAX_VALUE);
        return month;
    }

    /** Calls as a shape has them (von Neumann's rejection), their costs spread as logarithms are normal. */
    private static List<Asked> calls(DoubleUnaryOperator shape, SplittableRandom random) {
        var calls = new Asked[CALLS];
        for (int i = 0; i < CALLS; i++) {
            double part = random.nextDouble();
            while (random.nextDouble() > shape.applyAsDouble(part)) {
                part = random.nextDouble();
            }
            calls[i] = new Asked((long) (part * MONTH), (long) (2_000_000 * Math.exp(0.8 * random.nextGaussian())));
        }
        Arrays.sort(calls, Comparator.comparingLong(Asked::at));
        return List.of(calls);
    }
}
