package dev.pilothouse.trust.privacy;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Finds secrets and personal data in text. It walks over the text once; at each character that can begin something, or stand in the
 * middle of it (an at sign, a colon), it looks at a bounded part around. Immutable and thread-safe.
 */
public final class Detector {
    /** No finding is longer, in UTF-16 characters, and none depends on more text than this and {@link #CONTEXT} before it. */
    public static final int LONGEST = 8_192;

    /** How much of the text before it can decide what something is. */
    public static final int CONTEXT = 128;

    /** Findings below this confidence are not told, unless asked for. */
    public static final int USUAL_CONFIDENCE = 50;

    private static final Chars BREAKS = Chars.of(" \n\r\t");
    /** What can be in the middle of a number that blanks divide, or announce that something follows. */
    private static final Chars GOES_ON = Chars.DIGIT.or(Chars.of("+(=:"));

    private static final List<String> ANNOUNCING = List.of(
            "bearer",
            "password",
            "passwd",
            "passphrase",
            "passcode",
            "pwd",
            "passwort",
            "kennwort",
            "contrasena",
            "contraseña",
            "senha",
            "passe",
            "wachtwoord",
            "key",
            "token",
            "secret",
            "pass",
            "credential",
            "credentials",
            "пароль",
            "密码",
            "is",
            "ist",
            "est",
            "es",
            "é");

    private final Set<Kind> kinds;
    private final int least;

    private Detector(Set<Kind> kinds, int least) {
        this.kinds = kinds.isEmpty() ? Set.of() : EnumSet.copyOf(kinds);
        this.least = least;
    }

    /** A detector of some kinds. */
    public static Detector of(Set<Kind> kinds) {
        return of(kinds, USUAL_CONFIDENCE);
    }

    /**
     * A detector of some kinds.
     *
     * @param leastConfidence findings below it are not told, 1 to 100
     */
    public static Detector of(Set<Kind> kinds, int leastConfidence) {
        return new Detector(kinds, leastConfidence);
    }

    /** What is in a text, in its order and without overlaps. Takes time linear in the text's length. */
    public List<Finding> find(String text) {
        var scan = new Scan(text, kinds, least);
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 128) {
                if (scan.at(i - 1) < 128) {
                    Assignments.spoken(scan, i);
                }
            } else if (Chars.ALNUM.has(c)) {
                if (scan.begins(i)) {
                    name(scan, i, c);
                }
            } else {
                sign(scan, i, c);
            }
        }
        return scan.findings();
    }

    private static void name(Scan scan, int i, char c) {
        if (Chars.DIGIT.has(c)) {
            Numbers.look(scan, i);
            Phones.national(scan, i);
            Addresses.ipv4(scan, i);
        } else {
            Keys.look(scan, i);
            Assignments.spoken(scan, i);
            if (Chars.UPPER.has(c)) {
                Names.look(scan, i);
            }
        }
        Keys.cask(scan, i);
        if (Chars.HEX.has(c) && scan.at(i - 1) != ':') {
            Addresses.ipv6(scan, i);
        }
    }

    private static void sign(Scan scan, int i, char c) {
        switch (c) {
            case '@' -> Addresses.mail(scan, i);
            case '+' -> Phones.international(scan, i);
            case '(' -> Phones.national(scan, i);
            case '-' -> {
                if (scan.at(i - 1) != '-') {
                    Keys.pem(scan, i);
                }
            }
            case '=' -> Assignments.look(scan, i);
            case ':' -> {
                Assignments.look(scan, i);
                Assignments.address(scan, i);
            }
            default -> {}
        }
    }

    /**
     * How much of a text that is still growing is decided: whatever follows, no finding will begin before this position and end behind
     * it, and the findings before it stay as they are. At most {@link #LONGEST} characters are undecided.
     */
    public static int settled(String text) {
        int least = Math.max(0, text.length() - LONGEST);
        int open = text.lastIndexOf("-----BEGIN ");
        int closing = open < least ? -1 : text.indexOf("-----END ", open);
        int closed = closing < 0 ? -1 : text.indexOf("-----", closing + 9);
        if (open >= least && closed < 0) {
            return open;
        }
        for (int i = text.length() - 1; i >= least; i--) {
            if (BREAKS.has(text.charAt(i)) && i > 0 && !BREAKS.has(text.charAt(i - 1)) && divides(text, i)) {
                // A blank in the last line of a key divides nothing.
                return open >= least && i < closed + 5 && i > open ? open : i + 1;
            }
        }
        return least;
    }

    /** Whether nothing goes on over the blank at a position: the word before it is neither part of a number nor announces a value. */
    private static boolean divides(String text, int blank) {
        int from = blank;
        boolean upper = true;
        while (from > 0 && !BREAKS.has(text.charAt(from - 1)) && blank - from <= LONGEST) {
            char c = text.charAt(--from);
            upper &= Chars.UPPER.has(c);
            if (GOES_ON.has(c)) {
                return false;
            }
        }
        // Four letters may be a part of an account number.
        if (upper && blank - from <= 4) {
            return false;
        }
        int to = blank;
        while (to > from && "\"'`\\.".indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        String word = text.substring(Math.max(from, to - 16), to).toLowerCase(Locale.ROOT);
        return ANNOUNCING.stream().noneMatch(word::endsWith);
    }
}
