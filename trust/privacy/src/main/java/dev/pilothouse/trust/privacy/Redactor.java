package dev.pilothouse.trust.privacy;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Replaces what was found by names such as {@code [EMAIL_1]}: the same value by the same name in all texts of one request, so that
 * what refers to it still does. It remembers the values, so that they can be put back into an answer to the same request; keep it no
 * longer than that. For one thread.
 */
public final class Redactor {
    /** No name is longer. */
    public static final int LONGEST_NAME = 32;

    private final Map<String, String> names = new HashMap<>();
    private final Map<String, String> values = new HashMap<>();
    private final Map<Kind, Integer> counts = new HashMap<>();
    private boolean sealed;

    /**
     * A text with its findings replaced.
     *
     * @param findings in the text's order, without overlaps, as {@link Detector#find} gives them
     */
    public String redact(String text, List<Finding> findings) {
        if (findings.isEmpty()) {
            return text;
        }
        var redacted = new StringBuilder(text.length());
        int done = 0;
        for (Finding finding : findings) {
            redacted.append(text, done, finding.from()).append(name(text, finding));
            done = finding.to();
        }
        return redacted.append(text, done, text.length()).toString();
    }

    /** The name that stands for what was found. */
    public String name(String text, Finding finding) {
        String value = text.substring(finding.from(), finding.to());
        return names.computeIfAbsent(finding.kind() + " " + value, _ -> {
            String name;
            do {
                int number = counts.merge(finding.kind(), 1, Integer::sum);
                name = "[" + finding.kind().name().toUpperCase(Locale.ROOT) + "_" + number + "]";
                // A name that the text has already is not ours to put back.
            } while (text.contains(name));
            if (!sealed) {
                values.put(name, value);
            }
            return name;
        });
    }

    /** Names given from here on are not put back: what an answer says by itself stays replaced. */
    public void seal() {
        sealed = true;
    }

    /** A text with the values put back in the places of their names. */
    public String restore(String text) {
        return restore(text, UnaryOperator.identity());
    }

    /**
     * A text with the values put back in the places of their names.
     *
     * @param written how a value is written there, such as escaped
     */
    public String restore(String text, UnaryOperator<String> written) {
        if (values.isEmpty() || text.indexOf('[') < 0) {
            return text;
        }
        var restored = new StringBuilder(text.length());
        int done = 0;
        for (int open = text.indexOf('['); open >= 0; open = text.indexOf('[', open + 1)) {
            int close = text.indexOf(']', open, Math.min(text.length(), open + LONGEST_NAME));
            String value = close < 0 ? null : values.get(text.substring(open, close + 1));
            if (value != null) {
                restored.append(text, done, open).append(written.apply(value));
                done = close + 1;
            }
        }
        return restored.append(text, done, text.length()).toString();
    }
}
