package dev.pilothouse.know.mlflow;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One comparison of a filter.
 *
 * @param kind what is compared
 * @param key its key, aliases resolved, such as {@code start_time} or a metric's name
 * @param comparator how
 * @param operand with what
 */
public record SearchClause(Kind kind, String key, Comparator comparator, Operand operand) {
    /** What a clause can be about. */
    public enum Kind {
        METRIC,
        PARAM,
        TAG,
        ATTRIBUTE,
        DATASET;

        String label() {
            return this == PARAM ? "parameter" : name().toLowerCase(Locale.ROOT);
        }
    }

    /** How a clause compares. */
    public enum Comparator {
        EQUAL("="),
        NOT_EQUAL("!="),
        LESS("<"),
        LESS_OR_EQUAL("<="),
        GREATER(">"),
        GREATER_OR_EQUAL(">="),
        LIKE("LIKE"),
        ILIKE("ILIKE"),
        IN("IN"),
        NOT_IN("NOT IN"),
        IS_NULL("IS NULL"),
        IS_NOT_NULL("IS NOT NULL");

        private final String text;

        Comparator(String text) {
            this.text = text;
        }

        /** As written in a filter. */
        public String text() {
            return text;
        }
    }

    /** What a clause compares with. */
    public sealed interface Operand {
        /** A number. */
        record Amount(double value) implements Operand {}

        /** A text. */
        record Text(String value) implements Operand {}

        /** A pattern of LIKE or ILIKE, compiled. */
        record Like(Pattern pattern) implements Operand {}

        /** A list of texts. */
        record Texts(Set<String> values) implements Operand {
            public Texts {
                values = Set.copyOf(values);
            }
        }

        /** IS NULL and IS NOT NULL have none. */
        record Nothing() implements Operand {}
    }

    /** Whether a text, null where the key is not set, passes. */
    public boolean passes(@Nullable String actual) {
        if (comparator == Comparator.IS_NULL) {
            return actual == null;
        }
        if (actual == null) {
            return false;
        }
        return switch (operand) {
            case Operand.Nothing _ -> true;
            case Operand.Amount number -> passes(Double.parseDouble(actual), number.value());
            case Operand.Text text -> passes(actual.compareTo(text.value()));
            case Operand.Like like -> like.pattern().matcher(actual).matches();
            case Operand.Texts texts -> texts.values().contains(actual) == (comparator == Comparator.IN);
        };
    }

    /** Whether a number passes; NaN passes only {@code !=}. */
    public boolean passes(double actual) {
        return operand instanceof Operand.Amount number && passes(actual, number.value());
    }

    private boolean passes(double actual, double expected) {
        return switch (comparator) {
            case EQUAL -> actual == expected;
            case NOT_EQUAL -> actual != expected;
            case LESS -> actual < expected;
            case LESS_OR_EQUAL -> actual <= expected;
            case GREATER -> actual > expected;
            case GREATER_OR_EQUAL -> actual >= expected;
            case LIKE, ILIKE, IN, NOT_IN, IS_NULL, IS_NOT_NULL -> false;
        };
    }

    private boolean passes(int order) {
        return switch (comparator) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case LESS -> order < 0;
            case LESS_OR_EQUAL -> order <= 0;
            case GREATER -> order > 0;
            case GREATER_OR_EQUAL -> order >= 0;
            case LIKE, ILIKE, IN, NOT_IN, IS_NULL, IS_NOT_NULL -> false;
        };
    }

    /** Compiles SQL's LIKE: {@code %} any run of characters, {@code _} any one. */
    static Pattern like(String pattern, boolean ignoreCase) {
        var regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            switch (c) {
                case '%' -> regex.append(".*");
                case '_' -> regex.append('.');
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        int flags = Pattern.DOTALL | (ignoreCase ? Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : 0);
        return Pattern.compile(regex.toString(), flags);
    }
}
