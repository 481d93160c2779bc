package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.CommonError;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether answers of an alias are kept, and for whom. Immutable.
 *
 * @param mode what a request must have in common with an earlier one to get its answer
 * @param ttl how long an answer is kept, 1 second to 30 days
 * @param scope who shares answers
 * @param embedding the alias that embeds texts in {@link Mode#SEMANTIC}; empty in other modes
 * @param threshold the least cosine of two texts that may mean the same, 0.5 to 1; {@link #USUAL_THRESHOLD} unless said
 */
public record CacheRule(Mode mode, Duration ttl, Scope scope, String embedding, double threshold) {
    /** What a request must have in common with an earlier one. */
    public enum Mode {
        /** Nothing is kept. */
        OFF,
        /** All that can change an answer. */
        EXACT,
        /** All that can change an answer, or all but the wording of the last message. */
        SEMANTIC;

        /** The name in requests and answers: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Who shares answers. */
    public enum Scope {
        /** All callers of the organisation. */
        TENANT,
        /** Each key has its own. */
        KEY;

        /** The name in requests and answers: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final Duration LONGEST = Duration.ofDays(30);
    private static final Pattern TIME = Pattern.compile("(\\d{1,7})([smhd])");

    /** A cosine that rewordings reach with the usual models of embeddings, and few other texts do. */
    public static final double USUAL_THRESHOLD = 0.97;

    /** Nothing is kept, which is so unless it is declared otherwise. */
    public static final CacheRule OFF = new CacheRule(Mode.OFF, Duration.ofHours(1), Scope.TENANT, "", USUAL_THRESHOLD);

    public CacheRule {
        if (ttl.compareTo(Duration.ofSeconds(1)) < 0 || ttl.compareTo(LONGEST) > 0) {
            throw CommonError.INVALID.because("A cache's 'ttl' is from 1s to 30d, unlike " + text(ttl) + ".");
        }
        if (mode == Mode.SEMANTIC && embedding.isEmpty()) {
            throw CommonError.INVALID.because(
                    "A semantic cache needs an alias that embeds texts, such as \"embedding\": \"vectors\".");
        }
        if (mode != Mode.SEMANTIC && !embedding.isEmpty()) {
            throw CommonError.INVALID.because("'embedding' has a meaning with the mode 'semantic' only.");
        }
        if (!(threshold >= 0.5 && threshold <= 1)) {
            throw CommonError.INVALID.because("A cache's 'threshold' is from 0.5 to 1, unlike " + threshold + ".");
        }
    }

    /** Whether anything is kept. */
    public boolean isOn() {
        return mode != Mode.OFF;
    }

    /** A length of time as {@link #time} reads it, in the largest unit that says it exactly. */
    static String text(Duration time) {
        long seconds = time.toSeconds();
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    /** Reads a length of time, such as {@code 90s}, {@code 10m}, {@code 1h} or {@code 7d}. */
    static Duration time(String text) {
        Matcher parts = TIME.matcher(text);
        if (!parts.matches()) {
            throw CommonError.INVALID.because(
                    "A cache's 'ttl' is a time such as 90s, 10m, 1h or 7d, unlike '" + text + "'.");
        }
        long count = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }
}
