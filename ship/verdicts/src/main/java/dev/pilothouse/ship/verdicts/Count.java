package dev.pilothouse.ship.verdicts;

import dev.pilothouse.ship.statistics.Arm;
import java.util.Locale;

/**
 * Stored counts of one version in one step, summed over minutes.
 *
 * @param version version label
 * @param step index of the rollout step, {@link #SHADOW_STEP} or {@link #NO_STEP}
 * @param shadow whether it answered as a shadow
 */
public record Count(
        String version,
        int step,
        boolean shadow,
        long requests,
        long errors,
        long slow,
        long labelled,
        long wrong,
        long dear) {
    /** Counted while the candidate answered as a shadow. */
    public static final int SHADOW_STEP = -1;
    /** Counted outside any comparison. */
    public static final int NO_STEP = -2;

    /** Nothing counted. */
    public static Count none(String version, int step, boolean shadow) {
        return new Count(version, step, shadow, 0, 0, 0, 0, 0, 0);
    }

    /** What is compared. */
    public enum Outcome {
        ERRORS("errors"),
        SLOW("slow answers"),
        WRONG("wrong answers"),
        /** Of what is paid for by the request; see {@link Trial#cost}. */
        DEAR("dear answers");

        private final String words;

        Outcome(String words) {
            this.words = words;
        }

        /** In a sentence after a percentage. */
        String words() {
            return words;
        }

        /** Its name in columns and in JSON: {@code errors}, {@code slow}, {@code wrong} or {@code dear}. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        Arm of(Count count) {
            return switch (this) {
                case ERRORS -> arm(count.requests(), count.errors());
                case SLOW -> arm(count.requests(), count.slow());
                case WRONG -> arm(count.labelled(), count.wrong());
                case DEAR -> arm(count.requests(), count.dear());
            };
        }

        private static Arm arm(long trials, long events) {
            // A request counted at the edge of two takings may be slow in one and answered in the next.
            return new Arm(trials, Math.min(trials, events));
        }
    }
}
