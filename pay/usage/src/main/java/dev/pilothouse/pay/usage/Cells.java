package dev.pilothouse.pay.usage;

import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads values of rows that the columns answered. */
final class Cells {
    private Cells() {}

    /** A whole number; 0 for none. */
    static long number(List<? extends @Nullable Object> row, int place) {
        return switch (row.get(place)) {
            case BigInteger large -> large.longValueExact();
            case Number number -> number.longValue();
            case null, default -> 0;
        };
    }

    /** A text; empty for none. */
    static String text(List<? extends @Nullable Object> row, int place) {
        return row.get(place) instanceof String text ? text : "";
    }

    static boolean flag(List<? extends @Nullable Object> row, int place) {
        return Boolean.TRUE.equals(row.get(place));
    }
}
