package dev.pilothouse.trust.privacy;

/**
 * Something found in a text. Does not hold what was found.
 *
 * @param kind what it is
 * @param from its first character, in UTF-16
 * @param to behind its last character
 * @param confidence how sure it is, 1 to 100: 90 and more where a checksum or an unmistakable form says so, 60 to 89 where the form
 *     fits, below 50 where only words nearby could tell and none did
 */
public record Finding(Kind kind, int from, int to, int confidence) {
    public Finding {
        if (from < 0 || to <= from || confidence < 1 || confidence > 100) {
            throw new IllegalArgumentException("from " + from + ", to " + to + ", confidence " + confidence);
        }
    }
}
