package dev.pilothouse.cli.litellm;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Optional;

/** Names, amounts and times of LiteLLM as they are written here. Stateless. */
final class Words {
    private static final int LONGEST = 63;
    private static final int DECIMALS = 9;
    /** Digits and places of numbers that mean anything here; others would only take time and memory. */
    private static final int MOST_PLACES = 40;

    private Words() {}

    /** A name of lower-case letters, digits and dashes that begins with a letter. */
    static String slug(String text) {
        String bare =
                text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
        String named = bare.isEmpty() || !Character.isLetter(bare.charAt(0)) ? ("x-" + bare) : bare;
        return named.substring(0, Math.min(LONGEST, named.length())).replaceAll("-+$", "");
    }

    /** A decimal number of a file, exact; empty where it is none, or of no use. */
    static Optional<BigDecimal> number(String text) {
        try {
            return Optional.of(new BigDecimal(text.strip()))
                    .filter(number -> number.precision() <= MOST_PLACES && Math.abs(number.scale()) <= MOST_PLACES);
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** Dollars as the API takes them: at most nine decimals, rounded down, which binary fractions of exports make needful. */
    static String usd(BigDecimal amount) {
        BigDecimal cut = amount.setScale(DECIMALS, RoundingMode.DOWN).stripTrailingZeros();
        return cut.setScale(Math.max(0, cut.scale())).toPlainString();
    }

    /** The window that begins as often as a duration of LiteLLM; empty where there is none such. */
    static Optional<String> window(String duration) {
        return switch (duration.strip().toLowerCase(Locale.ROOT)) {
            case "" -> Optional.of("total");
            case "hourly", "1h", "60m", "3600s" -> Optional.of("hour");
            case "daily", "1d", "24h" -> Optional.of("day");
            case "weekly", "7d", "1w" -> Optional.of("week");
            case "monthly", "30d", "1mo" -> Optional.of("month");
            default -> Optional.empty();
        };
    }
}
