package dev.pilothouse.trust.privacy;

import java.util.List;

/**
 * How much a text looks like an attempt to override a model's instructions: a signal, and no proof.
 *
 * @param score 0 to 100: one less the product of one less the weights of the phrases, a family counted once
 * @param hits the phrases, in the order in which they were found
 */
public record Injection(int score, List<Hit> hits) {
    /** Nothing was found. */
    public static final Injection NONE = new Injection(0, List.of());

    /** How a phrase was hidden. */
    public enum Disguise {
        NONE,
        /** Letters of other scripts that look Latin. */
        LOOK_ALIKE,
        /** Invisible characters between its letters, or letters written one by one. */
        BROKEN_UP,
        /** Tag characters, which no reader sees. */
        INVISIBLE,
        /** Base 64, hexadecimal digits or percent signs. */
        ENCODED
    }

    /**
     * A phrase.
     *
     * @param family what it tries: {@code override}, {@code reveal}, {@code role}, {@code limits}, {@code conceal}, {@code new-task} or
     *     {@code delimiter}
     * @param phrase the known phrase, by its first words
     * @param from where it begins in the text given, in UTF-16; the encoded part where it was encoded
     * @param to behind its end
     */
    public record Hit(String family, String phrase, int from, int to, Disguise disguise) {}

    public Injection {
        hits = List.copyOf(hits);
    }
}
