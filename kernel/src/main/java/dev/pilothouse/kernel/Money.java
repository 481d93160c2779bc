package dev.pilothouse.kernel;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.regex.Pattern;

/**
 * Amounts of US dollars: a {@code long} of nano-USD (10^-9 USD), within ±9,223,372,036.854775807 USD. Names of such values
 * end in {@code NanoUsd}. No amount is ever a floating-point number.
 *
 * <p>Prices of single tokens are smaller than that: $0.0375 for a million is 37.5 nano-USD for one. Rates are therefore
 * integers of nano-USD for a <em>million</em> units, and what a call costs is summed exactly ({@link ExactSum}) in
 * femto-USD (10^-15 USD) and rounded once, up, to a whole nano-USD. Rounding up makes a ceiling that is computed in the
 * same way a true bound, and costs nobody more than a nano-USD a call.
 */
public final class Money {
    /** Nano-USD in one dollar. */
    public static final long NANO_PER_USD = 1_000_000_000L;

    /** Units that a rate is for. */
    public static final long MILLION = 1_000_000L;

    private static final int DECIMALS = 9;
    private static final Pattern AMOUNT = Pattern.compile("-?\\d{1,10}(\\.\\d{1,9})?");

    private Money() {}

    /**
     * Reads an exact amount of dollars, such as {@code 12.5} or {@code -0.000000001}: no exponent, sign of plus, currency
     * or more than nine decimals.
     *
     * @throws PilothouseException {@link CommonError#INVALID} where it is none, or beyond what a long holds
     */
    public static long parseNanoUsd(String usd) {
        if (AMOUNT.matcher(usd).matches()) {
            try {
                return new BigDecimal(usd).movePointRight(DECIMALS).longValueExact();
            } catch (ArithmeticException _) {
                throw tooLarge();
            }
        }
        throw CommonError.INVALID.because("'" + brief(usd)
                + "' is no amount of US dollars. Write a decimal with at most nine decimals, such as 12.5.");
    }

    /** The exact amount in dollars without needless zeros, such as {@code 12.5}; {@link #parseNanoUsd} reads it back. */
    public static String usd(long nanoUsd) {
        BigDecimal amount = BigDecimal.valueOf(nanoUsd, DECIMALS).stripTrailingZeros();
        return amount.setScale(Math.max(0, amount.scale()), RoundingMode.UNNECESSARY)
                .toPlainString();
    }

    /**
     * The sum of two amounts.
     *
     * @throws PilothouseException {@link CommonError#UNPROCESSABLE} where a long does not hold it
     */
    public static long add(long aNanoUsd, long bNanoUsd) {
        try {
            return Math.addExact(aNanoUsd, bNanoUsd);
        } catch (ArithmeticException _) {
            throw tooLarge();
        }
    }

    private static PilothouseException tooLarge() {
        return CommonError.UNPROCESSABLE.because("The amount is beyond " + usd(Long.MAX_VALUE)
                + " US dollars, which is the largest that can be counted.");
    }

    private static String brief(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    /**
     * Adds up what one call costs, exactly. For one thread; counts and rates are not negative.
     *
     * <p>With {@code rate = q·10^6 + r}, {@code units · rate / 10^6} is {@code units·q} whole nano-USD and {@code units·r}
     * millionths of one; both are kept as longs, the second below a million, so that nothing is lost and nothing allocated.
     */
    public static final class ExactSum {
        private long nanoUsd;
        /** Femto-USD beyond {@link #nanoUsd}: 0 to 999,999. */
        private long femtoUsd;

        /**
         * Adds units at a rate for a million of them.
         *
         * @throws PilothouseException {@link CommonError#UNPROCESSABLE} where a long does not hold the sum
         */
        public ExactSum addPerMillion(long units, long nanoUsdPerMillion) {
            checkCounts(units, nanoUsdPerMillion);
            try {
                long whole = Math.multiplyExact(units, nanoUsdPerMillion / MILLION);
                long parts = Math.addExact(Math.multiplyExact(units, nanoUsdPerMillion % MILLION), femtoUsd);
                nanoUsd = Math.addExact(Math.addExact(nanoUsd, whole), parts / MILLION);
                femtoUsd = parts % MILLION;
                return this;
            } catch (ArithmeticException _) {
                throw tooLarge();
            }
        }

        /**
         * Adds units at a price for each.
         *
         * @throws PilothouseException {@link CommonError#UNPROCESSABLE} where a long does not hold the sum
         */
        public ExactSum addEach(long units, long nanoUsdEach) {
            checkCounts(units, nanoUsdEach);
            try {
                nanoUsd = Math.addExact(nanoUsd, Math.multiplyExact(units, nanoUsdEach));
                return this;
            } catch (ArithmeticException _) {
                throw tooLarge();
            }
        }

        /**
         * The sum, rounded up to a whole nano-USD.
         *
         * @throws PilothouseException {@link CommonError#UNPROCESSABLE} where a long does not hold it
         */
        public long roundedUpNanoUsd() {
            return femtoUsd == 0 ? nanoUsd : add(nanoUsd, 1);
        }

        private static void checkCounts(long units, long rate) {
            if (units < 0 || rate < 0) {
                throw new IllegalArgumentException("Units and rates are not negative: " + units + " at " + rate);
            }
        }
    }
}
