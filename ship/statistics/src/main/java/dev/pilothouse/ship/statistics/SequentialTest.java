package dev.pilothouse.ship.statistics;

import java.util.List;

/**
 * An always-valid test of one outcome (failed, slow, wrong), both ways: is the candidate worse than the stable version by
 * more than {@code tolerance}, and is it shown not to be worse by {@code margin}? Immutable.
 *
 * <p>Guarantees, whatever the number and the times of the looks: a candidate whose rate is at most the stable one's plus
 * {@code tolerance} in every step is ever called {@link Comparison.Verdict#HARMFUL} with probability at most {@code
 * alpha}; a candidate that is worse by {@code margin} or more in every step is ever called {@link
 * Comparison.Verdict#HARMLESS} with probability at most {@code beta}. They rest on requests being independent given the
 * past and the base rate being steady within a step; see {@code EProcess}.
 *
 * @param outcome what is counted, in words after a percentage: {@code errors}, {@code slow answers}
 * @param tolerance difference of rates up to which the candidate is not harmful, in [0, 1)
 * @param margin difference of rates that must be ruled out before the candidate is harmless, in (0, 1), at least {@code
 *     tolerance}
 * @param alpha bound on the chance of a false alarm, in (0, 1)
 * @param beta bound on the chance of a false all-clear, in (0, 1)
 * @param plannedStrata number of steps the rollout has, fixed when it starts; at least 1
 */
public record SequentialTest(
        String outcome, double tolerance, double margin, double alpha, double beta, int plannedStrata) {
    /** Halvings of the bracket when an interval's end is sought: to 1e-7 of all traffic. */
    private static final int HALVINGS = 24;

    public SequentialTest {
        if (!(tolerance >= 0 && tolerance < 1 && margin > 0 && margin < 1 && margin >= tolerance)) {
            throw new IllegalArgumentException(
                    "Tolerance " + tolerance + " and margin " + margin + " must be in [0, 1) and in order");
        }
        if (!(alpha > 0 && alpha < 1 && beta > 0 && beta < 1 && plannedStrata >= 1)) {
            throw new IllegalArgumentException(
                    "Bad levels " + alpha + ", " + beta + " or number of steps " + plannedStrata);
        }
    }

    /**
     * Looks at the counts so far.
     *
     * @param strata the steps begun so far, in order, with cumulative counts each
     */
    public Comparison look(List<Stratum> strata) {
        double logHarm = EProcess.logWorse(strata, plannedStrata, tolerance);
        double logHarmless = EProcess.logNotWorse(strata, plannedStrata, margin);
        Arm candidate = Arm.NONE;
        Arm stable = Arm.NONE;
        for (Stratum s : strata) {
            candidate = candidate.plus(s.candidate());
            stable = stable.plus(s.stable());
        }
        Comparison.Verdict verdict = logHarm >= -Math.log(alpha)
                ? Comparison.Verdict.HARMFUL
                : logHarmless >= -Math.log(beta) ? Comparison.Verdict.HARMLESS : Comparison.Verdict.OPEN;
        return new Comparison(
                outcome, candidate, stable, logHarm, 1 / alpha, logHarmless, 1 / beta, interval(strata), verdict);
    }

    /**
     * The differences that neither one-sided test rejects at {@code alpha / 2}: covers the true one at all times with
     * probability at least 1 - {@code alpha}, where it is the same in all steps.
     */
    private Comparison.Interval interval(List<Stratum> strata) {
        double limit = -Math.log(alpha / 2);
        // Evidence for "worse than δ" falls in δ, so the set of δ it rejects is an interval from -1.
        double low = -1;
        double notRejected = 1;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (low + notRejected) / 2;
            if (EProcess.logWorse(strata, plannedStrata, middle) >= limit) {
                low = middle;
            } else {
                notRejected = middle;
            }
        }
        double high = 1;
        double kept = -1;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (kept + high) / 2;
            if (EProcess.logNotWorse(strata, plannedStrata, middle) >= limit) {
                high = middle;
            } else {
                kept = middle;
            }
        }
        // Steps that contradict each other can leave no common difference; then both ends are told, in order.
        return new Comparison.Interval(Math.min(low, high), Math.max(low, high));
    }
}
