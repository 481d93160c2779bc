package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.Locale;

/**
 * What a model costs from a moment on.
 *
 * @param provider who is paid, as the source calls it, such as {@code openai}; 1 to 200 characters without spaces
 * @param model the provider's name of the model; as provider
 * @param serviceTier {@link #STANDARD}, or another level of service with prices of its own, such as {@code flex}
 * @param effectiveFrom the first moment at which the price counts; {@link Instant#EPOCH} where the source gives none
 * @param source where the price comes from, as named at import
 * @param sourceDate the day the source is of
 * @param rates what it costs
 * @param maxInputTokens the most that the model takes in; 0 where the source does not say
 * @param maxOutputTokens the most that the model gives out; 0 where the source does not say
 */
public record PriceRow(
        String provider,
        String model,
        String serviceTier,
        Instant effectiveFrom,
        String source,
        LocalDate sourceDate,
        Rates rates,
        long maxInputTokens,
        long maxOutputTokens) {
    /** The usual level of service. */
    public static final String STANDARD = "standard";

    /** The order of tables and pages. */
    static final Comparator<PriceRow> ORDER =
            Comparator.comparing(PriceRow::series).thenComparing(PriceRow::effectiveFrom);

    private static final int LONGEST = 200;

    public PriceRow {
        checkName("provider", provider);
        checkName("model", model);
        checkName("service tier", serviceTier);
        checkName("source", source);
        if (effectiveFrom.isBefore(Instant.EPOCH) || effectiveFrom.getEpochSecond() > 1L << 40) {
            throw CommonError.INVALID.because("A price counts from 1970 on, not from " + effectiveFrom + ".");
        }
        if (maxInputTokens < 0 || maxInputTokens > Usage.MOST || maxOutputTokens < 0 || maxOutputTokens > Usage.MOST) {
            throw CommonError.INVALID.because("A model takes and gives 0 to " + Usage.MOST + " tokens.");
        }
    }

    /** What a row is about, apart from its date. */
    record Series(String provider, String model, String serviceTier) implements Comparable<Series> {
        private static final Comparator<Series> ORDER = Comparator.comparing(Series::provider)
                .thenComparing(Series::model)
                .thenComparing(Series::serviceTier);

        @Override
        public int compareTo(Series other) {
            return ORDER.compare(this, other);
        }
    }

    Series series() {
        return new Series(provider, model, serviceTier);
    }

    /** The level of service that a request or an answer names: {@code default}, {@code auto} and nothing are the usual one. */
    static String serviceTier(String named) {
        String label = named.toLowerCase(Locale.ROOT);
        return switch (label) {
            case "", "default", "auto", STANDARD, "standard_only" -> STANDARD;
            default -> label;
        };
    }

    private static void checkName(String what, String name) {
        if (name.isEmpty() || name.length() > LONGEST || name.chars().anyMatch(c -> c <= ' ' || c == 127)) {
            throw CommonError.INVALID.because(
                    "A " + what + " has 1 to " + LONGEST + " characters and no space, unlike '" + name + "'.");
        }
    }
}
