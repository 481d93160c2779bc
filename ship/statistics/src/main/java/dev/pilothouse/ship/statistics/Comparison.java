package dev.pilothouse.ship.statistics;

/**
 * What one look at the counts says about one outcome.
 *
 * @param outcome what is counted, in words after a percentage, such as {@code errors}
 * @param candidate counts of the candidate over all steps
 * @param stable counts of the stable version over the same steps
 * @param logHarm natural logarithm of the e-value against "not worse than the tolerance"
 * @param harmLimit e-value from which on the candidate is harmful: 1/alpha
 * @param logHarmless natural logarithm of the e-value against "worse by at least the margin"
 * @param harmlessLimit e-value from which on the candidate is harmless: 1/beta
 * @param interval time-uniform interval of the difference of rates, candidate less stable
 * @param verdict what follows
 */
public record Comparison(
        String outcome,
        Arm candidate,
        Arm stable,
        double logHarm,
        double harmLimit,
        double logHarmless,
        double harmlessLimit,
        Interval interval,
        Verdict verdict) {

    /** What the evidence says. */
    public enum Verdict {
        /** The candidate is worse than the tolerance. */
        HARMFUL,
        /** The candidate is shown not to be worse by the margin. */
        HARMLESS,
        /** The evidence does not decide. */
        OPEN
    }

    /**
     * An interval of differences of rates.
     *
     * @param low in [-1, 1]
     * @param high in [-1, 1], at least {@code low}
     */
    public record Interval(double low, double high) {}

    /** E-value against "not worse than the tolerance"; infinite where it exceeds what a double holds. */
    public double harm() {
        return Math.exp(logHarm);
    }

    /** E-value against "worse by at least the margin"; infinite where it exceeds what a double holds. */
    public double harmless() {
        return Math.exp(logHarmless);
    }

    /** Observed difference of rates over all steps, candidate less stable. */
    public double difference() {
        return candidate.rate() - stable.rate();
    }

    /** The verdict's numbers: {@code 3.1 % errors against 0.4 % (e = 184, limit 100)}. */
    public String sentence() {
        String rates = Figures.percent(candidate.rate()) + " " + outcome + " against " + Figures.percent(stable.rate());
        return switch (verdict) {
            case HARMFUL, OPEN ->
                rates + " (e = " + Figures.eValue(logHarm) + ", limit " + Figures.eValue(Math.log(harmLimit)) + ")";
            case HARMLESS ->
                rates + " (evidence of no harm e = " + Figures.eValue(logHarmless) + ", needed "
                        + Figures.eValue(Math.log(harmlessLimit)) + ")";
        };
    }
}
