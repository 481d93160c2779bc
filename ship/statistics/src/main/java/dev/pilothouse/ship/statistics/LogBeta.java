package dev.pilothouse.ship.statistics;

/**
 * Natural logarithm of the beta function, accurate to about 1e-15 of the larger of 1 and its value.
 *
 * <p>ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a+b). Taken term by term this loses digits when a or b is large, because the
 * three logarithms are of size a ln a while their sum is of size a+b. So each is split into Stirling's leading part and
 * its correction Δ (Abramowitz and Stegun 6.1.40-42), the leading parts are combined analytically, and only the small
 * corrections are added (the method of DiDonato and Morris, ACM TOMS 708, {@code betaln}). Arguments below {@link
 * #STIRLING_FROM} are raised by the recurrence Γ(x+1) = x Γ(x).
 */
final class LogBeta {
    private static final double STIRLING_FROM = 10;
    private static final double HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

    private LogBeta() {}

    /** ln B(a, b) for a, b > 0. */
    static double of(double a, double b) {
        double small = Math.min(a, b);
        double large = Math.max(a, b);
        if (large < STIRLING_FROM) {
            return logGamma(small) + logGamma(large) - logGamma(small + large);
        }
        double ratio = small / large;
        double sum = small + large;
        if (small < STIRLING_FROM) {
            // ln Γ(large) - ln Γ(large + small), both by Stirling, leading parts combined.
            double difference =
                    -(large - 0.5) * Math.log1p(ratio) - small * Math.log(sum) + small + delta(large) - delta(sum);
            return logGamma(small) + difference;
        }
        double corrections = delta(small) + delta(large) - delta(sum);
        return HALF_LOG_2PI
                - 0.5 * Math.log(large)
                + (small - 0.5) * Math.log(small / sum)
                - large * Math.log1p(ratio)
                + corrections;
    }

    /** ln Γ(x) for x > 0. */
    static double logGamma(double x) {
        double product = 1;
        double y = x;
        while (y < STIRLING_FROM) {
            product *= y;
            y++;
        }
        return HALF_LOG_2PI + (y - 0.5) * Math.log(y) - y + delta(y) - Math.log(product);
    }

    /** Stirling's correction: the asymptotic series B_2n / (2n (2n-1) x^(2n-1)), to below 1e-16 for x of at least 10. */
    private static double delta(double x) {
        double r = 1 / (x * x);
        return (1.0 / 12
                        + r
                                * (-1.0 / 360
                                        + r
                                                * (1.0 / 1260
                                                        + r
                                                                * (-1.0 / 1680
                                                                        + r
                                                                                * (1.0 / 1188
                                                                                        + r
                                                                                                * (-691.0 / 360360
                                                                                                        + r
                                                                                                                * (1.0
                                                                                                                        / 156)))))))
                / x;
    }
}
