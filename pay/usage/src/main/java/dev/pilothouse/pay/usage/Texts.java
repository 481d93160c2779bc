package dev.pilothouse.pay.usage;

import java.util.List;

/** Brings what clients name to what a record keeps, since a name must never be the reason for which a call fails. */
final class Texts {
    /** Characters of a text that are kept. */
    static final int LONGEST = 256;
    /** Texts of a list that are kept. */
    static final int MOST = 16;

    private Texts() {}

    /** The text's beginning, with spaces for control characters and question marks for halves of characters. */
    static String kept(String text) {
        int end = Math.min(text.length(), LONGEST);
        if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == 0x7f || Character.isSurrogate(c)) {
                return cleaned(text, end);
            }
        }
        return end == text.length() ? text : text.substring(0, end);
    }

    private static String cleaned(String text, int end) {
        var kept = new StringBuilder(end);
        int i = 0;
        while (i < end) {
            int point = text.codePointAt(i);
            boolean half = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
            kept.appendCodePoint(half ? '?' : Character.isISOControl(point) ? ' ' : point);
            i += Character.charCount(point);
        }
        return kept.toString();
    }

    /** The first {@link #MOST} different texts that are not empty, each as {@link #kept(String)}. */
    static List<String> kept(List<String> texts) {
        return texts.isEmpty()
                ? List.of()
                : texts.stream()
                        .map(Texts::kept)
                        .filter(text -> !text.isEmpty())
                        .distinct()
                        .limit(MOST)
                        .toList();
    }
}
