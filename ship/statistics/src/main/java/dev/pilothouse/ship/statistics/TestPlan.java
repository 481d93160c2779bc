package dev.pilothouse.ship.statistics;

/**
 * What a test of one outcome (failed, slow, wrong) is to show, and how surely; fixed before the first request.
 *
 * <p>Both tests of this package guarantee, whatever the number and the times of the looks: a candidate whose rate is at
 * most the stable one's plus {@code tolerance} in every step is ever called {@link Comparison.Verdict#HARMFUL} with
 * probability at most {@code alpha}; a candidate that is worse by {@code margin} or more in every step is ever called
 * {@link Comparison.Verdict#HARMLESS} with probability at most {@code beta}.
 *
 * @param outcome what is counted, in words after a percentage: {@code errors}, {@code slow answers}
 * @param tolerance difference of rates up to which the candidate is not harmful, in [0, 1)
 * @param margin difference of rates that must be ruled out before the candidate is harmless, in (0, 1), at least {@code
 *     tolerance}
 * @param alpha bound on the chance of a false alarm, in (0, 1)
 * @param beta bound on the chance of a false all-clear, in (0, 1)
 * @param plannedSteps number of steps the rollout has, fixed when it starts; at least 1
 */
public record TestPlan(String outcome, double tolerance, double margin, double alpha, double beta, int plannedSteps) {
    public TestPlan {
        if (!(tolerance >= 0 && tolerance < 1 && margin > 0 && margin < 1 && margin >= tolerance)) {
            throw new IllegalArgumentException(
                    "Tolerance " + tolerance + " and margin " + margin + " must be in [0, 1) and in order");
        }
        if (!(alpha > 0 && alpha < 1 && beta > 0 && beta < 1 && plannedSteps >= 1)) {
            throw new IllegalArgumentException(
                    "Bad levels " + alpha + ", " + beta + " or number of steps " + plannedSteps);
        }
    }

    Comparison conclude(Arm candidate, Arm stable, double logHarm, double logHarmless, Comparison.Interval interval) {
        Comparison.Verdict verdict = logHarm >= -Math.log(alpha)
                ? Comparison.Verdict.HARMFUL
                : logHarmless >= -Math.log(beta) ? Comparison.Verdict.HARMLESS : Comparison.Verdict.OPEN;
        return new Comparison(outcome, candidate, stable, logHarm, 1 / alpha, logHarmless, 1 / beta, interval, verdict);
    }
}
