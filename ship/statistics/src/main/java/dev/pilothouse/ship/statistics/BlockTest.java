package dev.pilothouse.ship.statistics;

import java.util.ArrayList;
import java.util.List;

/**
 * An always-valid test of an outcome that comes in bursts, such as slow answers: a garbage collection, a busy neighbour or
 * a thread that waits for its turn slows dozens of requests at once, so they are not independent, and a test that takes them
 * to be raises false alarms. Immutable.
 *
 * <p><b>Blocks.</b> Time is cut into short blocks in each of which both versions answered. Which version answers a request
 * is decided by a hash of its key, so what slows the machine meets both in the same proportion, whatever its cause and
 * length; what slows one version alone for a moment is as likely to meet the other. (A version with little traffic is idle
 * more often and wakes later, so compare it with one that has as little.) So, given the past, the difference of
 * rates in block b, d_b = k_c/n_c - k_s/n_s in [-1, 1], has a mean of at most δ where the candidate adds at most δ. Nothing
 * is assumed of how requests within a block hang together, nor of how blocks differ.
 *
 * <p><b>Bets.</b> Against H0 "mean of d_b ≤ δ" a gambler who stakes a fixed part λ in [0, 1/(1+δ)) of the capital in each
 * block holds K = Π (1 + λ (d_b - δ)), which is never negative and does not grow in the mean under H0. The mean of such
 * capitals over a grid of stakes is an e-process, so by Ville's inequality the chance that it ever reaches 1/α under H0 is
 * at most α (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024, section 4;
 * the grid is their "diversified Kelly betting"). Steps are mixed over the step at which harm began, as in {@code EProcess}.
 * This holds for any number of blocks.
 *
 * <p><b>No harm</b> would take hundreds of blocks to show by bets, since they must allow for differences of 1. The evidence
 * against "mean ≥ margin" is therefore Robbins' normal mixture of S = Σ (margin - d_b) / σ over n blocks,
 *
 * <pre>E = exp(ρ S² / 2(nρ + 1)) / √(nρ + 1)   for S &gt; 0,</pre>
 *
 * tightest at {@value #TIGHTEST_AT} blocks, which is valid as the number of blocks grows (Waudby-Smith, Arbour, Sinha,
 * Kennedy and Ramdas, "Time-uniform central limit theory", Annals of Statistics 2024, theorem 2.2); the interval is its
 * inversion. σ² is the variance of d_b, but never less than independent requests would have with two more of them slow and
 * two more quick (Agresti and Coull 1998), so that a few requests without a slow one prove nothing.
 *
 * @param plan what is to be shown
 */
public record BlockTest(TestPlan plan) {
    /** Stakes as shares of the largest one allowed. */
    static final List<Double> STAKES = List.of(0.1, 0.3, 0.6, 0.95);

    private static final int TIGHTEST_AT = 50;

    /** Fewer blocks have no variance to speak of. */
    private static final int ENOUGH_BLOCKS = 20;

    /**
     * Counts the requests of a short time, a second at most. They make a block of their own if both versions answered,
     * else one with those that follow.
     *
     * @param before the step so far
     * @param candidate what the candidate answered
     * @param stable what the stable version, or its control, answered in the same time
     */
    public Blocks add(Blocks before, Arm candidate, Arm stable) {
        Blocks step = before.count(candidate, stable);
        if (step.openCandidate().trials() == 0 || step.openStable().trials() == 0) {
            return step;
        }
        double difference = step.openCandidate().rate() - step.openStable().rate();
        var gains = new ArrayList<Double>(STAKES.size());
        for (double share : STAKES) {
            double stake = share / (1 + plan.tolerance());
            gains.add(Math.log1p(stake * (difference - plan.tolerance())));
        }
        return step.close(difference, gains);
    }

    /**
     * Looks at the blocks so far.
     *
     * @param steps the steps begun so far, in order
     */
    public Comparison look(List<Blocks> steps) {
        Arm candidate = Arm.NONE;
        Arm stable = Arm.NONE;
        long n = 0;
        double sum = 0;
        double squares = 0;
        for (Blocks step : steps) {
            candidate = candidate.plus(step.candidate());
            stable = stable.plus(step.stable());
            n += step.closed();
            sum += step.sum();
            squares += step.squares();
        }
        double logHarm = logCapital(steps);
        if (n < ENOUGH_BLOCKS) {
            return plan.conclude(candidate, stable, logHarm, 0, new Comparison.Interval(-1, 1));
        }
        double mean = sum / n;
        double variance = Math.max(squares / n - mean * mean, leastVariance(candidate, n) + leastVariance(stable, n));
        double spread = n * rho(plan.beta()) + 1;
        double score = n * (plan.margin() - mean);
        double logHarmless =
                (score > 0 ? score * score * rho(plan.beta()) / (2 * spread * variance) : 0) - 0.5 * Math.log(spread);
        double width = width(n, variance);
        var interval = new Comparison.Interval(Math.max(-1, mean - width), Math.min(1, mean + width));
        return plan.conclude(candidate, stable, logHarm, logHarmless, interval);
    }

    /** Variance of an arm's rate in one of n blocks, were its requests independent and two more slow, two more quick. */
    private static double leastVariance(Arm arm, long n) {
        double rate = (arm.events() + 2.0) / (arm.trials() + 4.0);
        return rate * (1 - rate) * n / Math.max(1, arm.trials());
    }

    /** Variance of the mixture that makes evidence of level {@code level} cheapest at {@value #TIGHTEST_AT} blocks. */
    private static double rho(double level) {
        double reach = -2 * Math.log(level);
        return (reach + Math.log1p(reach)) / TIGHTEST_AT;
    }

    private double width(long n, double variance) {
        double rho = rho(plan.alpha());
        double spread = n * rho + 1;
        return Math.sqrt(
                variance * 2 * spread / ((double) n * n * rho) * (0.5 * Math.log(spread) - Math.log(plan.alpha())));
    }

    /** ln of the mean over stakes of each stake's capital, mixed over the step at which it began to bet. */
    private double logCapital(List<Blocks> steps) {
        double[] capitals = new double[STAKES.size()];
        double most = Double.NEGATIVE_INFINITY;
        for (int stake = 0; stake < capitals.length; stake++) {
            double[] factors = new double[steps.size()];
            for (int i = 0; i < factors.length; i++) {
                factors[i] = steps.get(i).harm().get(stake);
            }
            capitals[stake] = EProcess.mixOverStarts(factors, plan.plannedSteps());
            most = Math.max(most, capitals[stake]);
        }
        double sum = 0;
        for (double capital : capitals) {
            sum += Math.exp(capital - most);
        }
        return most + Math.log(sum / capitals.length);
    }
}
