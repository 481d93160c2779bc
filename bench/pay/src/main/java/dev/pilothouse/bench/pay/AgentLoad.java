package dev.pilothouse.bench.pay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes calls of agents after real traces: waves of day and week and the coefficient of variation of the time between calls
 * from ServeGen's production models, tokens of calls from Azure's conversations. An agent is a seed.
 */
final class AgentLoad {
    /** Seconds of one value of ServeGen. */
    static final int BLOCK = 600;

    /** Above it, one burst of an agent would be thousands of calls, more than a runaway; such blocks are of whole fleets. */
    private static final double MOST_VARIATION = 8;
    /** Nano-USD per token of input and output. */
    private static final long[][] PRICES = {{150, 600}, {1_100, 4_400}, {2_500, 10_000}, {3_000, 15_000}};

    private final List<double[]> rates = new ArrayList<>();
    private final List<double[]> variations = new ArrayList<>();
    private final List<int[]> tokens = new ArrayList<>();

    private AgentLoad() {}

    /** Reads the traces of a folder of data. */
    static AgentLoad read(Path data) throws IOException {
        var load = new AgentLoad();
        for (String model : List.of("large", "mid", "small")) {
            List<String> lines = Files.readAllLines(data.resolve("load/servegen-m-" + model + "-days1-7.csv"));
            double[] rate = column(lines, 1);
            double[] variation = column(lines, 2);
            double mean = 0;
            for (double each : rate) {
                mean += each / rate.length;
            }
            for (int i = 0; i < rate.length; i++) {
                rate[i] /= mean;
                variation[i] = Math.clamp(variation[i], 1, MOST_VARIATION);
            }
            load.rates.add(rate);
            load.variations.add(variation);
        }
        List<String> lines = Files.readAllLines(data.resolve("load/azure-llm-2023-conv.csv"));
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            load.tokens.add(new int[] {Integer.parseInt(cells[1]), Integer.parseInt(cells[2])});
        }
        return load;
    }

    private static double[] column(List<String> lines, int at) {
        return lines.stream()
                .skip(1)
                .filter(line -> !line.isBlank())
                .mapToDouble(line -> Double.parseDouble(line.split(",", -1)[at]))
                .toArray();
    }

    Agent agent(long seed) {
        return new Agent(seed);
    }

    /** One agent, call by call. For one thread. */
    final class Agent {
        private final SplittableRandom random;
        private final double[] rate;
        private final double[] variation;
        private final long[] price;
        private final int shift;
        private final double weekend;
        private final double perSecond;
        /** The agent's share of a fleet's bursts: of a process of dispersion D, a share p has 1 + p (D - 1). */
        private final double bursts;

        private double at;
        private double dayLevel = 1;
        private double blockLevel = 1;
        private long block = -1;
        private double moreCalls = 1;
        private double dearer = 1;

        private Agent(long seed) {
            random = new SplittableRandom(seed);
            int model = random.nextInt(rates.size());
            rate = rates.get(model);
            variation = variations.get(model);
            price = PRICES[random.nextInt(PRICES.length)];
            shift = random.nextInt(rate.length);
            weekend = random.nextBoolean() ? 1 : random.nextDouble(0.1, 1);
            bursts = random.nextDouble();
            perSecond = Math.clamp(40 * Math.exp(1.5 * random.nextGaussian()), 2, 3_600) / 3_600;
        }

        /** From now on so many times the calls, each so many times as dear. */
        void runAway(double calls, double cost) {
            moreCalls = calls;
            dearer = cost;
        }

        /** Goes on to the next call; its time in seconds from the agent's first Monday, 0:00. */
        double next() {
            // A renewal process in a time that passes as fast as the agent works, by blocks.
            double left = gap(variation[(int) ((Math.floorDiv((long) at, BLOCK) + shift) % variation.length)]);
            while (true) {
                double intensity = intensity();
                double end = (Math.floorDiv((long) at, BLOCK) + 1) * (double) BLOCK;
                if (intensity > 0 && at + left / intensity < end) {
                    at += left / intensity;
                    return at;
                }
                left -= intensity * (end - at);
                at = end;
            }
        }

        /** Calls a second that are expected now. */
        double intensity() {
            long now = Math.floorDiv((long) at, BLOCK);
            while (block < now) {
                block++;
                blockLevel = Math.exp(0.15 * random.nextGaussian());
                if (block % 144 == 0) {
                    dayLevel = Math.exp(0.15 * random.nextGaussian());
                }
            }
            boolean isWeekend = now / 144 % 7 >= 5;
            return perSecond
                    * rate[(int) ((now + shift) % rate.length)]
                    * dayLevel
                    * blockLevel
                    * (isWeekend ? weekend : 1)
                    * moreCalls;
        }

        /** Time between two calls of a mean of 1 and a coefficient of variation. */
        private double gap(double variation) {
            double shape = 1 / (1 + bursts * (variation * variation - 1));
            return gamma(shape) / shape;
        }

        /** Gamma variable of scale 1 by Marsaglia and Tsang (2000). */
        private double gamma(double shape) {
            if (shape < 1) {
                return gamma(shape + 1) * Math.pow(random.nextDouble(), 1 / shape);
            }
            double d = shape - 1.0 / 3;
            double c = 1 / Math.sqrt(9 * d);
            while (true) {
                double x = random.nextGaussian();
                double v = Math.pow(1 + c * x, 3);
                if (v > 0 && Math.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
                    return d * v;
                }
            }
        }

        /** What the call costs, in nano-USD. */
        long cost() {
            int[] call = tokens.get(random.nextInt(tokens.size()));
            return Math.round((call[0] * price[0] + call[1] * price[1]) * dearer);
        }

        /** Mean of {@link #cost} without a runaway. */
        double meanCost() {
            return tokens.stream()
                    .mapToLong(call -> call[0] * price[0] + call[1] * price[1])
                    .average()
                    .orElseThrow();
        }

        /** Nano-USD a minute over a usual week. */
        double usualPerMinute() {
            return perSecond * 60 * meanCost();
        }

        /** Calls a second that would be expected now without a runaway. */
        double usual() {
            return intensity() / moreCalls;
        }
    }
}
