package dev.pilothouse.trust.privacy;

import java.text.Normalizer;
import java.util.Arrays;

/**
 * A text as a reader sees it: compatibility forms decomposed (Unicode Standard Annex 15, NFKD), accents and invisible characters
 * dropped, lower-case, and where asked the letters of other scripts that look Latin made Latin (Unicode Technical Standard 39,
 * confusables, those of Cyrillic, Greek and Armenian). Immutable.
 */
final class Folded {
    private static final String LOOK_ALIKES =
            "аaеeоoрpсcуyхxіiјjѕsԁdһhԛqԝwӏlкkмmтtвbнhгrпnѵvαaβbγyεeιiκkνvοoρpτtυuχxηnωwϲcϳjսuոnօoհhցgզqѡwσo";
    private static final int NO_LETTER = 0;

    private final StringBuilder text;
    private int[] origins;
    private int concealed;
    private boolean foreign;
    private final StringBuilder tags = new StringBuilder();
    private int firstTag = -1;
    private int lastTag = -1;

    private Folded(int length) {
        this.text = new StringBuilder(length);
        this.origins = new int[length + 16];
    }

    /**
     * Folds a text.
     *
     * @param latin whether letters that look Latin become Latin
     */
    static Folded of(String text, boolean latin) {
        var folded = new Folded(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            folded.take(text, c, i, latin);
            i += Character.charCount(c);
        }
        return folded;
    }

    private void take(String whole, int c, int at, boolean latin) {
        if (c < 128) {
            add(Character.toLowerCase((char) c), at);
        } else if (c >= 0xE0020 && c <= 0xE007E) {
            tags.append((char) (c - 0xE0000));
            firstTag = firstTag < 0 ? at : firstTag;
            lastTag = at + 2;
        } else if (invisible(c)) {
            boolean inside =
                    at > 0 && at + 1 < whole.length() && latin(whole.charAt(at - 1)) && latin(whole.charAt(at + 1));
            concealed += inside ? 1 : 0;
        } else {
            String parts = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKD);
            for (int k = 0; k < parts.length(); k++) {
                char part = Character.toLowerCase(parts.charAt(k));
                if (Character.getType(part) != Character.NON_SPACING_MARK) {
                    int like = part < 128 ? NO_LETTER : lookAlike(part);
                    foreign |= like != NO_LETTER;
                    add(latin && like != NO_LETTER ? (char) like : part, at);
                }
            }
        }
    }

    private static boolean latin(char c) {
        return c < 0x250 && Character.isLetter(c);
    }

    private static int lookAlike(char c) {
        for (int i = 0; i < LOOK_ALIKES.length(); i += 2) {
            if (LOOK_ALIKES.charAt(i) == c) {
                return LOOK_ALIKES.charAt(i + 1);
            }
        }
        return NO_LETTER;
    }

    /** Of no width, or turning the direction of writing. */
    private static boolean invisible(int c) {
        return (c >= 0x200B && c <= 0x200F)
                || (c >= 0x202A && c <= 0x202E)
                || (c >= 0x2060 && c <= 0x206F)
                || (c >= 0xFE00 && c <= 0xFE0F)
                || (c >= 0xE0000 && c <= 0xE01EF)
                || c == 0xFEFF
                || c == 0xAD
                || c == 0x34F
                || c == 0x180E
                || c == 0x115F
                || c == 0x3164;
    }

    private void add(char c, int at) {
        if (text.length() == origins.length) {
            origins = Arrays.copyOf(origins, origins.length * 2);
        }
        origins[text.length()] = at;
        text.append(c);
    }

    String text() {
        return text.toString();
    }

    /** Where a character comes from. */
    int origin(int i) {
        return origins[i];
    }

    /** Invisible characters between Latin letters, where no language needs one. */
    int concealed() {
        return concealed;
    }

    /** Whether there are letters of other scripts that look Latin. */
    boolean isForeign() {
        return foreign;
    }

    /** What is written in tag characters, which no reader sees. */
    String tags() {
        return tags.toString();
    }

    int firstTag() {
        return firstTag;
    }

    /** Behind the last tag character. */
    int lastTag() {
        return lastTag;
    }
}
