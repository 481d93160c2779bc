package dev.pilothouse.run.serving;

import java.util.OptionalDouble;

/**
 * Counts one variant's predictions as right or wrong once their labels come.
 *
 * @param counts where they are counted
 * @param misses the version's last misses of numeric labels
 * @param limit what may be missed by, the same for all variants of the endpoint
 */
record Labels(OutcomeCounter.Variant counts, RecentValues misses, MissLimit limit) {
    void count(Object prediction, String label) {
        OptionalDouble miss = miss(prediction, label);
        if (miss.isEmpty()) {
            counts.labelled(matches(prediction, label));
            return;
        }
        OptionalDouble allowed = limit.now();
        // Before enough labels are known, none is judged: with a limit of 0 every number would be wrong.
        if (allowed.isPresent()) {
            counts.labelled(miss.getAsDouble() <= allowed.getAsDouble());
        }
        if (!Double.isNaN(miss.getAsDouble())) {
            misses.add(MissLimit.coded(miss.getAsDouble()));
        }
    }

    /** The distance of a floating-point prediction from a label that is a number; NaN where the prediction is none. */
    private static OptionalDouble miss(Object prediction, String label) {
        try {
            return switch (prediction) {
                // In the prediction's own precision, so that 0.1 is met by the nearest float.
                case Float single -> OptionalDouble.of(Math.abs(single - Float.parseFloat(label.strip())));
                case Double number -> OptionalDouble.of(Math.abs(number - Double.parseDouble(label.strip())));
                default -> OptionalDouble.empty();
            };
        } catch (NumberFormatException _) {
            return OptionalDouble.empty();
        }
    }

    /** Whether a prediction is what the label says: as text, or as numbers, so that {@code 1} is {@code 1.0}. */
    private static boolean matches(Object prediction, String label) {
        String said = label.strip();
        if (prediction.toString().equals(said)) {
            return true;
        }
        if (prediction instanceof Boolean yes) {
            return yes
                    ? said.equalsIgnoreCase("true") || said.equals("1")
                    : said.equalsIgnoreCase("false") || said.equals("0");
        }
        try {
            return Double.parseDouble(prediction.toString()) == Double.parseDouble(said);
        } catch (NumberFormatException e) {
            return prediction.toString().strip().equals(said);
        }
    }
}
