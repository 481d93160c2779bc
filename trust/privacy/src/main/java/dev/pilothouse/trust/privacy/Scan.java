package dev.pilothouse.trust.privacy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A text being looked through, and what was found in it so far. Reading outside of it gives NUL. For one thread. */
final class Scan {
    /** How far before a number a word that tells what it is may stand. */
    static final int NEARBY = 48;

    private static final Comparator<Finding> ORDER = Comparator.comparingInt(Finding::from)
            .thenComparing(Finding::confidence, Comparator.reverseOrder())
            .thenComparing(Finding::to, Comparator.reverseOrder());

    private final String text;
    private final Set<Kind> wanted;
    private final int least;
    private final List<Finding> found = new ArrayList<>();

    Scan(String text, Set<Kind> wanted, int least) {
        this.text = text;
        this.wanted = wanted;
        this.least = least;
    }

    int length() {
        return text.length();
    }

    char at(int i) {
        return i >= 0 && i < text.length() ? text.charAt(i) : '\0';
    }

    String part(int from, int to) {
        return text.substring(from, to);
    }

    /** Where a run of characters ends, at most so many characters on. */
    int run(int from, Chars of, int most) {
        int end = Math.min(text.length(), from + most);
        int i = from;
        while (i < end && of.has(text.charAt(i))) {
            i++;
        }
        return i;
    }

    boolean starts(int from, String with) {
        return text.startsWith(with, from);
    }

    boolean startsInAnyCase(int from, String with) {
        return text.regionMatches(true, from, with, 0, with.length());
    }

    int indexOf(String part, int from, int most) {
        int found = text.substring(from, Math.min(text.length(), from + most)).indexOf(part);
        return found < 0 ? -1 : from + found;
    }

    /** Whether a word or a name can begin here: behind no character of one, an escaped line break counting as none. */
    boolean begins(int i) {
        char before = at(i - 1);
        return !Chars.BASE64URL.has(before)
                || ((before == 'n' || before == 'r' || before == 't') && at(i - 2) == '\\')
                || (before == '-' && at(i - 2) == '-');
    }

    /** Whether a number stands alone here: not inside of a name, a longer number, a version, a path or an address. */
    boolean alone(int from, int to) {
        char before = at(from - 1);
        boolean glued = "-./+:".indexOf(before) >= 0 && Chars.ALNUM.has(at(from - 2));
        boolean spelled = before == ':' && !Chars.DIGIT.has(at(from - 2));
        char after = at(to);
        boolean goesOn = ("-./:+".indexOf(after) >= 0 && Chars.ALNUM.has(at(to + 1))) || after == '@' || after == '%';
        return begins(from)
                && (!glued || spelled)
                && before != '#'
                && before != '%'
                && before != '$'
                && !Chars.WORD.has(after)
                && !goesOn;
    }

    /**
     * Where a pattern ends that begins here, or -1: {@code 0} is a digit, a blank also a blank that does not break, all else is
     * itself.
     */
    int matches(int from, String pattern) {
        for (int i = 0; i < pattern.length(); i++) {
            char c = at(from + i);
            char p = pattern.charAt(i);
            boolean fits = p == '0' ? Chars.DIGIT.has(c) : c == p || (p == ' ' && c == '\u00a0');
            if (!fits) {
                return -1;
            }
        }
        return from + pattern.length();
    }

    /** Only the digits of a part. */
    String digits(int from, int to) {
        var digits = new StringBuilder(to - from);
        for (int i = from; i < to; i++) {
            if (Chars.DIGIT.has(text.charAt(i))) {
                digits.append(text.charAt(i));
            }
        }
        return digits.toString();
    }

    /** Whether one of the words stands shortly before. */
    boolean near(int from, List<String> words) {
        String before = text.substring(Math.max(0, from - NEARBY), from).toLowerCase(Locale.ROOT);
        return words.stream().anyMatch(before::contains);
    }

    boolean wants(Kind kind) {
        return wanted.contains(kind);
    }

    void found(Kind kind, int from, int to, int confidence) {
        if (wanted.contains(kind) && confidence >= least) {
            found.add(new Finding(kind, from, to, confidence));
        }
    }

    /** In the text's order, without overlaps: of two that overlap the surer one stays, of equals the longer one. */
    List<Finding> findings() {
        if (found.size() < 2) {
            return List.copyOf(found);
        }
        found.sort(ORDER);
        var kept = new ArrayList<Finding>(found.size());
        for (Finding next : found) {
            Finding last = kept.isEmpty() ? null : kept.getLast();
            if (last == null || next.from() >= last.to()) {
                kept.add(next);
            } else if (next.confidence() > last.confidence()
                    || (next.confidence() == last.confidence() && next.to() - next.from() > last.to() - last.from())) {
                kept.set(kept.size() - 1, next);
            }
        }
        return List.copyOf(kept);
    }
}
