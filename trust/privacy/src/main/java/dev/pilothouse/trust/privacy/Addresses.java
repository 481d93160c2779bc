package dev.pilothouse.trust.privacy;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Finds addresses of mail and of the internet protocol. Stateless. */
final class Addresses {
    private static final int LONGEST_LOCAL = 64;
    private static final int LONGEST_DOMAIN = 253;
    private static final Chars LOCAL = Chars.ALNUM.or(Chars.of("!#$%&'*+/=?^_`{|}~.-"));
    /** What a name begins and ends with; quotes and signs around it are not part of it. */
    private static final Chars LOCAL_EDGE = Chars.ALNUM.or(Chars.of("_+"));

    /** Ends of file names that look like ends of domains: {@code icon@2x.png}. */
    private static final Set<String> FILES = Set.of(
            "png",
            "jpg",
            "jpeg",
            "gif",
            "svg",
            "webp",
            "ico",
            "css",
            "js",
            "ts",
            "json",
            "html",
            "xml",
            "yml",
            "yaml",
            "java",
            "class",
            "jar",
            "tgz",
            "gz",
            "zip",
            "txt",
            "service",
            "target",
            "local",
            "localdomain",
            "localhost",
            "invalid");

    private static final List<String> VERSIONS = List.of("version", "release", "firmware", "build", "ver.", "rev.");

    private Addresses() {}

    private static boolean latin(char c) {
        return c >= '\u00c0' && c <= '\u024f' && c != '\u00d7' && c != '\u00f7';
    }

    /** Looks at an at sign. */
    static void mail(Scan scan, int at) {
        int from = at;
        while (from > 0 && at - from <= LONGEST_LOCAL && (LOCAL.has(scan.at(from - 1)) || latin(scan.at(from - 1)))) {
            from--;
        }
        if (at - from > LONGEST_LOCAL) {
            return;
        }
        // A character that escapes write with a letter belongs to the line before.
        from += from > 0 && scan.at(from - 1) == '\\' && "nrt".indexOf(scan.at(from)) >= 0 ? 1 : 0;
        from = Math.max(from, behind(scan, from, at));
        while (from < at && !LOCAL_EDGE.has(scan.at(from)) && !latin(scan.at(from))) {
            from++;
        }
        int to = domain(scan, at + 1);
        boolean path = scan.at(to) == ':' && (Chars.LETTER.has(scan.at(to + 1)) || scan.at(to + 1) == '~');
        if (from == at || to < 0 || path || login(scan, from) || scan.at(at - 1) == '.' || scan.at(to) == '@') {
            return;
        }
        scan.found(Kind.EMAIL, from, to, 95);
    }

    /** Whether it is the login of an address: {@code ssh://user@host}. */
    private static boolean login(Scan scan, int from) {
        int i = from;
        while (from - i <= LONGEST_LOCAL && scan.at(i - 1) > ' ' && scan.at(i - 1) != '/') {
            i--;
        }
        return scan.at(i - 1) == '/' && scan.at(i - 2) == '/' && scan.at(i - 3) == ':';
    }

    /** Behind the last character before the at sign that separates, where a name holds one: {@code to=a@b.example}. */
    private static int behind(Scan scan, int from, int at) {
        int behind = from;
        for (int i = from; i < at; i++) {
            char c = scan.at(i);
            behind = c == '=' || c == '/' || c == '|' || c == '`' ? i + 1 : behind;
        }
        return behind;
    }

    /** Where a domain of at least two labels ends, the last of them letters; -1 where there is none. */
    private static int domain(Scan scan, int from) {
        int end = Math.min(scan.length(), from + LONGEST_DOMAIN + 1);
        int i = from;
        int label = from;
        int to = -1;
        while (i <= end) {
            char c = scan.at(i);
            if (Chars.ALNUM.has(c) || latin(c) || (c == '-' && i > label)) {
                i++;
                continue;
            }
            if (i == label || scan.at(i - 1) == '-') {
                break;
            }
            if (label > from && top(scan, label, i)) {
                to = i;
            }
            if (c != '.') {
                break;
            }
            label = ++i;
        }
        boolean cut = to >= 0 && (scan.at(to) == '_' || (scan.at(to) == '.' && Chars.DIGIT.has(scan.at(to + 1))));
        return cut ? -1 : to;
    }

    private static boolean top(Scan scan, int from, int to) {
        if (scan.starts(from, "xn--")) {
            return to - from <= 63;
        }
        if (to - from < 2 || to - from > 24) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (!Chars.LETTER.has(scan.at(i)) && !latin(scan.at(i))) {
                return false;
            }
        }
        return !FILES.contains(scan.part(from, to).toLowerCase(Locale.ROOT));
    }

    /** Looks at a digit that no digit or letter precedes: four numbers up to 255. */
    static void ipv4(Scan scan, int from) {
        int to = from;
        int[] parts = new int[4];
        for (int part = 0; part < 4; part++) {
            int end = scan.run(to, Chars.DIGIT, 4);
            boolean zeros = end - to > 1 && scan.at(to) == '0';
            if (end == to || end - to > 3 || zeros || (part < 3 && scan.at(end) != '.')) {
                return;
            }
            parts[part] = Integer.parseInt(scan.part(to, end));
            if (parts[part] > 255) {
                return;
            }
            to = end + (part < 3 ? 1 : 0);
        }
        char after = scan.at(to);
        char before = scan.at(from - 1);
        boolean version = Chars.WORD.has(after)
                || ((after == '.' || after == '-') && Chars.ALNUM.has(scan.at(to + 1)))
                || before == '.'
                || before == '-'
                || before == '^'
                || before == '~'
                || (before == '=' && scan.at(from - 2) == '=')
                || scan.near(from, VERSIONS);
        boolean own = parts[0] == 0 || parts[0] == 127 || parts[0] >= 224;
        if (!version && !own) {
            boolean inside = parts[0] == 10
                    || (parts[0] == 192 && parts[1] == 168)
                    || (parts[0] == 172 && parts[1] >= 16 && parts[1] <= 31)
                    || (parts[0] == 169 && parts[1] == 254);
            // Names of sections look like small numbers.
            boolean section = parts[0] < 10 && parts[1] < 20 && parts[2] < 20 && parts[3] < 20;
            scan.found(Kind.IP_ADDRESS, from, to, section ? 40 : inside ? 65 : 80);
        }
    }

    /** Looks at a hexadecimal digit that begins a name: groups of RFC 4291, section 2.2. */
    static void ipv6(Scan scan, int from) {
        int groups = 0;
        int i = from;
        boolean gap = false;
        boolean digit = false;
        while (groups < 8) {
            int end = scan.run(i, Chars.HEX, 5);
            if (end == i || end - i > 4) {
                return;
            }
            for (int k = i; k < end; k++) {
                digit |= Chars.DIGIT.has(scan.at(k));
            }
            groups++;
            i = end;
            boolean doubled = scan.at(i) == ':' && scan.at(i + 1) == ':';
            if (doubled && gap) {
                return;
            }
            gap |= doubled;
            int next = i + (doubled ? 2 : 1);
            if (scan.at(i) != ':' || !Chars.HEX.has(scan.at(next))) {
                i += doubled ? 2 : 0;
                break;
            }
            i = next;
        }
        boolean whole = groups == 8 ? !gap : gap && scan.run(from, Chars.HEX, 5) == from + 4;
        if (whole && digit && !Chars.WORD.has(scan.at(i)) && scan.at(i) != ':' && scan.at(i) != '(') {
            scan.found(Kind.IP_ADDRESS, from, i, 85);
        }
    }
}
