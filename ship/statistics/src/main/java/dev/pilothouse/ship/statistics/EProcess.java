package dev.pilothouse.ship.statistics;

import java.util.List;

/**
 * Evidence against "arm a's rate is at most arm b's rate plus δ", as the logarithm of an e-process.
 *
 * <p><b>One arm.</b> With n trials and k events and the prior Beta(½, ½) (Jeffreys), Robbins' mixture
 *
 * <pre>R(θ) = B(k+½, n-k+½) / B(½, ½)  /  (θ^k (1-θ)^(n-k))</pre>
 *
 * is a martingale with start 1 at the true θ: the prior-posterior ratio of Waudby-Smith and Ramdas, "Confidence sequences
 * for sampling without replacement" (2020), after Robbins, "Statistical methods related to the law of the iterated
 * logarithm" (1970).
 *
 * <p><b>Two arms.</b> Which arm a request goes to may depend on the past in any way; given the past, its outcome is
 * Bernoulli with its arm's rate. So at the true pair the product R_a(θ_a) R_b(θ_b) is a martingale too. The truth under
 * H0 is some pair with θ_a ≤ θ_b + δ, hence
 *
 * <pre>E = inf over H0 of R_a(θ_a) R_b(θ_b)</pre>
 *
 * never exceeds a martingale of start 1: an e-process (universal inference: Wasserman, Ramdas and Balakrishnan, PNAS 2020;
 * Ramdas, Grünwald, Vovk and Shafer, "Game-theoretic statistics and safe anytime-valid inference", 2023). By Ville's
 * inequality the chance that E ever reaches 1/α under H0 is at most α, however often one looks.
 *
 * <p>Where both arms answer the very same requests (shadow) their outcomes are dependent and the product is no martingale,
 * but the mean ½ R_a + ½ R_b is under any dependence, and its infimum is again an e-process.
 *
 * <p><b>Infimum.</b> ln R is convex in θ. If the pair of observed rates lies in H0 it is the minimum; otherwise the minimum
 * of a convex function over a convex set lies on the edge θ_a = θ_b + δ, where a one-dimensional convex problem remains.
 *
 * <p><b>Strata.</b> Base rates drift over a day and the traffic weight changes between rollout steps, which would confound
 * pooled counts (Simpson's paradox). H0 is therefore stated per step. Consecutive e-processes multiply to an e-process. A
 * plain product lets many healthy early steps, whose factors are below 1, bury late evidence; so
 *
 * <pre>E_total = Σ_j (1/J) Π_{i≥j} E_i</pre>
 *
 * over all J planned steps, where factors of steps not begun are 1: a mixture over the step at which harm began. With a
 * fixed J this is an e-process, and at most a factor J below the best of its members.
 */
final class EProcess {
    private static final double LOG_PRIOR = LogBeta.of(0.5, 0.5);
    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    private EProcess() {}

    /** ln E of H0: θ_candidate ≤ θ_stable + δ. Large values show that the candidate is worse by more than δ. */
    static double logWorse(List<Stratum> strata, int planned, double delta) {
        double[] factors = new double[strata.size()];
        for (int i = 0; i < factors.length; i++) {
            Stratum s = strata.get(i);
            factors[i] = s.paired()
                    ? logPaired(s.candidate(), s.stable(), delta)
                    : logSplit(s.candidate(), s.stable(), delta);
        }
        return mixOverStarts(factors, planned);
    }

    /** ln E of H0: θ_candidate ≥ θ_stable + margin. Large values show that the candidate is not worse by the margin. */
    static double logNotWorse(List<Stratum> strata, int planned, double margin) {
        double[] factors = new double[strata.size()];
        for (int i = 0; i < factors.length; i++) {
            Stratum s = strata.get(i);
            factors[i] = s.paired()
                    ? logPaired(s.stable(), s.candidate(), -margin)
                    : logSplit(s.stable(), s.candidate(), -margin);
        }
        return mixOverStarts(factors, planned);
    }

    static double mixOverStarts(double[] logFactors, int planned) {
        int steps = Math.max(planned, logFactors.length);
        if (steps == 0) {
            return 0;
        }
        int notBegun = steps - logFactors.length;
        double max = 0;
        double tail = 0;
        double[] tails = new double[logFactors.length];
        for (int i = logFactors.length - 1; i >= 0; i--) {
            tail += logFactors[i];
            tails[i] = tail;
            max = Math.max(max, tail);
        }
        double sum = notBegun * Math.exp(-max);
        for (double t : tails) {
            sum += Math.exp(t - max);
        }
        return max + Math.log(sum / steps);
    }

    /** ln of inf R_a R_b over θ_a ≤ θ_b + δ, for independent arms; δ in (-1, 1). */
    static double logSplit(Arm a, Arm b, double delta) {
        double mixtures = logMixture(a) + logMixture(b);
        // An arm without trials fits any rate, so it takes the one that suits H0 best.
        double rateA = a.rate();
        double rateB = b.trials() == 0 ? 1 : b.rate();
        if (rateA <= rateB + delta) {
            return mixtures - logLikelihood(a, rateA) - logLikelihood(b, rateB);
        }
        double theta = mostLikelyOnEdge(a, b, delta);
        return mixtures - logLikelihood(a, theta + delta) - logLikelihood(b, theta);
    }

    /** ln of inf ½ R_a + ½ R_b over θ_a ≤ θ_b + δ, for arms that depend on each other; δ in (-1, 1). */
    static double logPaired(Arm a, Arm b, double delta) {
        double mixtureA = logMixture(a);
        double mixtureB = logMixture(b);
        double rateA = a.rate();
        double rateB = b.trials() == 0 ? 1 : b.rate();
        if (rateA <= rateB + delta) {
            return logMean(mixtureA - logLikelihood(a, rateA), mixtureB - logLikelihood(b, rateB));
        }
        double low = Math.max(Math.max(0, -delta), Math.min(rateB, rateA - delta));
        double high = Math.min(Math.min(1, 1 - delta), Math.max(rateB, rateA - delta));
        // Golden section: the logarithm of a sum of exponentials of convex functions is convex.
        double left = high - GOLDEN * (high - low);
        double right = low + GOLDEN * (high - low);
        double atLeft = pairedAt(a, b, mixtureA, mixtureB, left, delta);
        double atRight = pairedAt(a, b, mixtureA, mixtureB, right, delta);
        double best = Math.min(
                pairedAt(a, b, mixtureA, mixtureB, low, delta), pairedAt(a, b, mixtureA, mixtureB, high, delta));
        for (int i = 0; i < 100 && high - low > 1e-15; i++) {
            if (atLeft <= atRight) {
                high = right;
                right = left;
                atRight = atLeft;
                left = high - GOLDEN * (high - low);
                atLeft = pairedAt(a, b, mixtureA, mixtureB, left, delta);
            } else {
                low = left;
                left = right;
                atLeft = atRight;
                right = low + GOLDEN * (high - low);
                atRight = pairedAt(a, b, mixtureA, mixtureB, right, delta);
            }
        }
        return Math.min(best, Math.min(atLeft, atRight));
    }

    private static double pairedAt(Arm a, Arm b, double mixtureA, double mixtureB, double theta, double delta) {
        return logMean(mixtureA - logLikelihood(a, theta + delta), mixtureB - logLikelihood(b, theta));
    }

    private static double logMean(double x, double y) {
        double max = Math.max(x, y);
        if (max == Double.POSITIVE_INFINITY) {
            return max;
        }
        return max + Math.log(0.5 * (Math.exp(x - max) + Math.exp(y - max)));
    }

    /** ln of the arm's mean likelihood under the prior. */
    static double logMixture(Arm arm) {
        return arm.trials() == 0 ? 0 : LogBeta.of(arm.events() + 0.5, arm.trials() - arm.events() + 0.5) - LOG_PRIOR;
    }

    /** k ln θ + (n-k) ln(1-θ), with 0 ln 0 = 0. */
    static double logLikelihood(Arm arm, double theta) {
        double p = Math.min(1, Math.max(0, theta));
        long others = arm.trials() - arm.events();
        return (arm.events() == 0 ? 0 : arm.events() * Math.log(p)) + (others == 0 ? 0 : others * Math.log1p(-p));
    }

    /**
     * The θ_b at which (θ_b + δ, θ_b) is most likely. The log-likelihood is concave there, so its slope falls and has one
     * zero, found by Newton's method kept inside a shrinking bracket.
     */
    private static double mostLikelyOnEdge(Arm a, Arm b, double delta) {
        // The optimum lies between the two observed rates, both seen from b, and inside the unit square.
        double low = Math.max(Math.max(0, -delta), b.trials() == 0 ? 0 : Math.min(b.rate(), a.rate() - delta));
        double high = Math.min(Math.min(1, 1 - delta), a.trials() == 0 ? 1 : Math.max(b.rate(), a.rate() - delta));
        if (low >= high) {
            return Math.min(Math.max(low, Math.max(0, -delta)), Math.min(1, 1 - delta));
        }
        double x = (low + high) / 2;
        for (int i = 0; i < 200 && high - low > 1e-16 * high; i++) {
            double slope = slope(a, x + delta) + slope(b, x);
            if (slope == 0) {
                return x;
            }
            if (slope > 0) {
                low = x;
            } else {
                high = x;
            }
            double next = x - slope / (curvature(a, x + delta) + curvature(b, x));
            // Newton's steps near a pole of the logarithm are tiny or wild; halve the bracket instead then.
            double fallback = (low + high) / 2;
            double chosen = next > low && next < high && i % 3 != 2 ? next : fallback;
            if (Math.abs(chosen - x) <= 1e-15 * x) {
                return chosen;
            }
            x = chosen;
        }
        return x;
    }

    private static double slope(Arm arm, double theta) {
        long others = arm.trials() - arm.events();
        return (arm.events() == 0 ? 0 : arm.events() / theta) - (others == 0 ? 0 : others / (1 - theta));
    }

    private static double curvature(Arm arm, double theta) {
        long others = arm.trials() - arm.events();
        return -(arm.events() == 0 ? 0 : arm.events() / (theta * theta))
                - (others == 0 ? 0 : others / ((1 - theta) * (1 - theta)));
    }
}
