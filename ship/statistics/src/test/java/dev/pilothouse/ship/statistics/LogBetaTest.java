package dev.pilothouse.ship.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.junit.jupiter.api.Test;

class LogBetaTest {
    private static final MathContext DIGITS = new MathContext(60);

    @Test
    void agreesWithExactValuesForSmallCounts() {
        for (int n = 1; n <= 120; n++) {
            for (int k = 0; k <= n; k += 1 + n / 12) {
                double exact = logOf(mixtureExactly(n, k));
                double computed = EProcess.logMixture(new Arm(n, k));
                assertThat(computed)
                        .as("n=%d k=%d", n, k)
                        .isCloseTo(exact, within(4e-15 * Math.max(1, Math.abs(exact))));
            }
        }
    }

    @Test
    void isContinuousWhereItsMethodChangesAndSymmetric() {
        for (double x = 9.5; x < 10.5; x += 0.01) {
            double above = LogBeta.of(x + 1e-9, 3.5) - LogBeta.of(x, 3.5);
            assertThat(Math.abs(above)).isLessThan(1e-8);
            assertThat(LogBeta.of(x, 1e6)).isEqualTo(LogBeta.of(1e6, x));
        }
    }

    @Test
    void keepsItsDigitsForBillionsOfTrials() {
        // B(a, b) = B(a, b+1) (a+b)/b relates neighbours exactly; the difference is far below the values' size.
        double a = 1_000_000.5;
        double b = 2_999_000_000.5;
        double step = LogBeta.of(a, b) - LogBeta.of(a, b + 1);
        assertThat(step).isCloseTo(Math.log1p(a / b), within(3e-8));
    }

    /** B(k+½, n-k+½)/B(½, ½) = (2k)! (2(n-k))! / (4^n k! (n-k)! n!), a rational number. */
    private static BigDecimal mixtureExactly(int n, int k) {
        BigInteger numerator = factorial(2 * k).multiply(factorial(2 * (n - k)));
        BigInteger denominator = BigInteger.valueOf(4)
                .pow(n)
                .multiply(factorial(k))
                .multiply(factorial(n - k))
                .multiply(factorial(n));
        return new BigDecimal(numerator).divide(new BigDecimal(denominator), DIGITS);
    }

    private static BigInteger factorial(int n) {
        BigInteger product = BigInteger.ONE;
        for (int i = 2; i <= n; i++) {
            product = product.multiply(BigInteger.valueOf(i));
        }
        return product;
    }

    /** ln of a decimal, correctly rounded: the exponent of ten apart, the rest by series in exact arithmetic. */
    private static double logOf(BigDecimal x) {
        int exponent = x.precision() - x.scale() - 1;
        BigDecimal mantissa = x.movePointLeft(exponent);
        return lnNear1(mantissa)
                .add(lnNear1(BigDecimal.TEN).multiply(BigDecimal.valueOf(exponent)))
                .doubleValue();
    }

    /** ln m = 2 atanh((m-1)/(m+1)). */
    private static BigDecimal lnNear1(BigDecimal m) {
        BigDecimal z = m.subtract(BigDecimal.ONE).divide(m.add(BigDecimal.ONE), DIGITS);
        BigDecimal square = z.multiply(z, DIGITS);
        BigDecimal power = z;
        BigDecimal sum = BigDecimal.ZERO;
        for (int i = 1; i < 1200; i += 2) {
            sum = sum.add(power.divide(BigDecimal.valueOf(i), DIGITS));
            power = power.multiply(square, DIGITS);
        }
        return sum.multiply(BigDecimal.TWO);
    }
}
