package dev.pilothouse.ship.statistics;

import java.util.List;

/**
 * An always-valid test of an outcome that each request has by itself (failed, answered wrongly), both ways: is the candidate
 * worse than the stable version, and is it shown not to be? Immutable.
 *
 * <p>The guarantees of the plan rest on requests being independent given the past and on a base rate that is steady within
 * a step; see {@code EProcess}. For outcomes that come in bursts, take {@link BlockTest}.
 *
 * @param plan what is to be shown
 */
public record SequentialTest(TestPlan plan) {
    /** Halvings of the bracket when an interval's end is sought: to 1e-7 of all traffic. */
    private static final int HALVINGS = 24;

    /**
     * Looks at the counts so far.
     *
     * @param strata the steps begun so far, in order, with cumulative counts each
     */
    public Comparison look(List<Stratum> strata) {
        double logHarm = EProcess.logWorse(strata, plan.plannedSteps(), plan.tolerance());
        double logHarmless = EProcess.logNotWorse(strata, plan.plannedSteps(), plan.margin());
        Arm candidate = Arm.NONE;
        Arm stable = Arm.NONE;
        for (Stratum s : strata) {
            candidate = candidate.plus(s.candidate());
            stable = stable.plus(s.stable());
        }
        return plan.conclude(candidate, stable, logHarm, logHarmless, interval(strata));
    }

    /**
     * The differences that neither one-sided test rejects at {@code alpha / 2}: covers the true one at all times with
     * probability at least 1 - {@code alpha}, where it is the same in all steps.
     */
    private Comparison.Interval interval(List<Stratum> strata) {
        double limit = -Math.log(plan.alpha() / 2);
        // Evidence for "worse than δ" falls in δ, so the set of δ it rejects is an interval from -1.
        double low = -1;
        double notRejected = 1;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (low + notRejected) / 2;
            if (EProcess.logWorse(strata, plan.plannedSteps(), middle) >= limit) {
                low = middle;
            } else {
                notRejected = middle;
            }
        }
        double high = 1;
        double kept = -1;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (kept + high) / 2;
            if (EProcess.logNotWorse(strata, plan.plannedSteps(), middle) >= limit) {
                high = middle;
            } else {
                kept = middle;
            }
        }
        // Steps that contradict each other can leave no common difference; then both ends are told, in order.
        return new Comparison.Interval(Math.min(low, high), Math.max(low, high));
    }
}
