package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.CommonError;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads cells of datasets and models' outputs as labels and numbers, and writes numbers for evidence. */
final class Values {
    private Values() {}

    /** A label's text, so that 1, 1.0, "1" and " 1 " are one class and a boolean is {@code true} or {@code false}. */
    static String label(Object value) {
        if (value instanceof String text) {
            String trimmed = text.strip();
            if (!trimmed.isEmpty() && "+-.0123456789".indexOf(trimmed.charAt(0)) >= 0) {
                try {
                    return plain(new BigDecimal(trimmed));
                } catch (NumberFormatException e) {
                    return trimmed;
                }
            }
            return trimmed;
        }
        if (value instanceof Number number) {
            double d = number.doubleValue();
            return Double.isNaN(d) || Double.isInfinite(d)
                    ? Double.toString(d)
                    : plain(new BigDecimal(number.toString()));
        }
        return String.valueOf(value);
    }

    private static String plain(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }

    /** A number, or NaN where the value is none. */
    static double number(@Nullable Object value) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        if (value instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        try {
            return value == null
                    ? Double.NaN
                    : Double.parseDouble(value.toString().strip());
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** Classes of a target, in numeric order where all are numbers, else in the text's; and the rows' indexes. */
    static Answers.Truth classes(List<Object> target, Optional<String> positive) {
        var counts = new HashMap<String, Integer>();
        var labels = new ArrayList<String>(target.size());
        for (Object cell : target) {
            String label = label(cell);
            labels.add(label);
            counts.merge(label, 1, Integer::sum);
        }
        if (counts.size() > 1_000) {
            throw CommonError.UNPROCESSABLE.because("The target has " + counts.size()
                    + " different values, too many for classes; use rmse or mae for a numeric target.");
        }
        var classes = new ArrayList<>(counts.keySet());
        boolean numeric = classes.stream().noneMatch(c -> Double.isNaN(number(c)));
        classes.sort(numeric ? Comparator.comparingDouble(Values::number) : Comparator.naturalOrder());
        Map<String, Integer> index = new HashMap<>();
        for (int i = 0; i < classes.size(); i++) {
            index.put(classes.get(i), i);
        }
        int[] rows = labels.stream().mapToInt(l -> index.getOrDefault(l, -1)).toArray();
        int chosen;
        if (positive.isPresent()) {
            Integer found = index.get(label(positive.get()));
            if (found == null) {
                throw CommonError.UNPROCESSABLE.because("The target never is '" + positive.get()
                        + "', which the gate names as positive; it is one of " + classes + ".");
            }
            chosen = found;
        } else {
            // The rarer class is what such models look for; of equals the later one, as 1 of 0 and 1.
            chosen = classes.size() - 1;
            for (int i = classes.size() - 2; i >= 0; i--) {
                boolean rarer = counts.getOrDefault(classes.get(i), 0) < counts.getOrDefault(classes.get(chosen), 0);
                chosen = rarer ? i : chosen;
            }
        }
        return new Answers.Truth(List.copyOf(classes), rows, new double[0], chosen);
    }

    /** A number for evidence and sentences: at most six significant digits, no exponent. */
    static String text(double value) {
        return rounded(value, 6);
    }

    /** A difference for sentences, of which no more than two digits are known: at most three significant ones. */
    static String brief(double value) {
        return rounded(value, 3);
    }

    private static String rounded(double value, int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return "not defined";
        }
        String text = new BigDecimal(value)
                .round(new MathContext(digits))
                .stripTrailingZeros()
                .toPlainString();
        return text.equals("-0") ? "0" : text;
    }
}
