package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Dollar prices of price files as integer rates. Numbers are read as decimals, never as floating point. */
final class PriceNumbers {
    /** USD for one token, as nano-USD for a million. */
    static final int PER_TOKEN = 15;
    /** USD for a million, as nano-USD for a million; also USD for one piece as nano-USD for it. */
    static final int PER_MILLION = 9;
    /** USD for a thousand pieces, as nano-USD for one. */
    static final int PER_THOUSAND = 6;

    private static final Pattern DECIMAL = Pattern.compile("\\d{1,20}(\\.\\d{1,40})?([eE][+-]?\\d{1,2})?");
    /** More digits than any price has, and few enough to compute with. */
    private static final int MOST_DIGITS = 60;

    private PriceNumbers() {}

    /**
     * A price that may not fit the unit. Files hold traces of floating point such as 5.0000000000000004e-08; what is finer
     * than a nano-USD for a million is none of a price, so it is rounded to the nearest, and said.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID where it is no price
     */
    static long nearest(JsonNode value, int pointRight, String where, List<Problem> notes) {
        BigDecimal rate = decimal(value).movePointRight(pointRight);
        BigDecimal whole = rate.setScale(0, RoundingMode.HALF_UP);
        if (whole.compareTo(rate) != 0) {
            notes.add(new Problem(
                    where, "The price " + value.asString() + " is finer than can be counted, and rounded."));
        }
        return checked(whole);
    }

    /**
     * A price that must fit the unit.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID where it is no price, or too fine
     */
    static long exact(JsonNode value, int pointRight) {
        try {
            return checked(decimal(value).movePointRight(pointRight).setScale(0, RoundingMode.UNNECESSARY));
        } catch (ArithmeticException _) {
            throw CommonError.INVALID.because("The price " + value.asString() + " is finer than can be counted.");
        }
    }

    /** A number of tokens; 0 where it is none, as files have texts in such fields. */
    static long tokens(JsonNode value) {
        if (value.isNumber() && fits(value.decimalValue())) {
            BigDecimal tokens = value.decimalValue();
            if (tokens.signum() > 0 && tokens.compareTo(BigDecimal.valueOf(Usage.MOST)) <= 0) {
                return tokens.longValue();
            }
        }
        return 0;
    }

    private static long checked(BigDecimal rate) {
        if (rate.signum() < 0 || rate.compareTo(BigDecimal.valueOf(Rates.HIGHEST)) > 0) {
            throw CommonError.INVALID.because("A price is not negative and at most a million US dollars.");
        }
        return rate.longValueExact();
    }

    private static BigDecimal decimal(JsonNode value) {
        if (value.isNumber() && !value.isDouble() && !value.isFloat() && fits(value.decimalValue())) {
            return value.decimalValue();
        }
        if (value.isString() && DECIMAL.matcher(value.stringValue()).matches()) {
            return new BigDecimal(value.stringValue());
        }
        throw CommonError.INVALID.because("The price must be a decimal number of US dollars.");
    }

    private static boolean fits(BigDecimal number) {
        return number.precision() <= MOST_DIGITS && Math.abs((long) number.scale()) <= MOST_DIGITS;
    }
}
