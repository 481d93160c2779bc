package dev.pilothouse.ship.statistics;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** How counts, shares and e-values are written for people: the same everywhere in a release's words. */
public final class Figures {
    private Figures() {}

    /** A share of 1 as a percentage with two significant digits, one decimal from 10 % on: {@code 3.1 %}. */
    public static String percent(double share) {
        double value = share * 100;
        if (value == 0) {
            return "0 %";
        }
        String text = Math.abs(value) >= 10
                ? String.format(Locale.ROOT, "%.1f", value)
                : new BigDecimal(value).round(new MathContext(2)).toPlainString();
        if (text.contains(".")) {
            text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
        }
        return text + " %";
    }

    /** A count with thousands separated: {@code 4,212}. */
    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** An e-value from its natural logarithm: {@code 0.031}, {@code 184}, {@code 2.1e+09}. */
    public static String eValue(double log) {
        double base10 = log / Math.log(10);
        if (base10 >= 6) {
            int exponent = (int) Math.floor(base10);
            // Cut, not rounded: what is printed never claims more evidence than there is.
            double digits = Math.floor(Math.pow(10, base10 - exponent) * 10 + 1e-9) / 10;
            return String.format(Locale.ROOT, "%.1fe+%02d", digits, exponent);
        }
        double value = Math.exp(log);
        if (value >= 10) {
            return count((long) Math.floor(value + 1e-6));
        }
        if (value >= 0.01) {
            return new BigDecimal(value)
                    .round(new MathContext(2))
                    .stripTrailingZeros()
                    .toPlainString();
        }
        return "below 0.01";
    }
}
