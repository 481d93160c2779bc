package dev.pilothouse.run.cache;

import java.time.Duration;
import java.util.Locale;

/**
 * What a request says of caches by {@code cache-control} (RFC 9111, section 5.2.1). Directives that are not known here, or make no
 * sense, count for nothing.
 *
 * @param maxAge the oldest answer that will do; one of no age is never kept already, so that zero means a new one
 * @param noStore whether nothing of the request may be kept, nor looked for
 */
public record Freshness(Duration maxAge, boolean noStore) {
    private static final Duration ANY = Duration.ofDays(365);
    private static final int MOST_DIGITS = 9;

    /** Where nothing is said. */
    public static final Freshness USUAL = new Freshness(ANY, false);

    /**
     * Reads the header.
     *
     * @param control all its values, separated by commas; empty for none
     * @param refresh whether the client asks for a new answer by a header of its own kind
     */
    public static Freshness of(String control, boolean refresh) {
        if (control.isEmpty() && !refresh) {
            return USUAL;
        }
        Duration maxAge = refresh ? Duration.ZERO : ANY;
        boolean noStore = false;
        for (String part : control.split(",", -1)) {
            String directive = part.strip().toLowerCase(Locale.ROOT);
            if (directive.equals("no-store")) {
                noStore = true;
            } else if (directive.equals("no-cache")) {
                maxAge = Duration.ZERO;
            } else if (directive.startsWith("max-age=")) {
                // Of two directives the stricter one counts.
                Duration asked = seconds(directive.substring("max-age=".length()));
                maxAge = asked.compareTo(maxAge) < 0 ? asked : maxAge;
            }
        }
        return new Freshness(maxAge, noStore);
    }

    private static Duration seconds(String text) {
        String digits = text.startsWith("\"") && text.endsWith("\"") && text.length() > 1
                ? text.substring(1, text.length() - 1)
                : text;
        boolean number = !digits.isEmpty()
                && digits.length() <= MOST_DIGITS
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Duration.ofSeconds(Long.parseLong(digits)) : ANY;
    }
}
