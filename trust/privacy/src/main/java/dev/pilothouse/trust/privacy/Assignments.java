package dev.pilothouse.trust.privacy;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** Finds what is assigned to names that say it is secret, and passwords in addresses of databases. Stateless. */
final class Assignments {
    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_VALUE = 512;
    private static final Chars NAME = Chars.BASE64URL.or(Chars.of("."));
    private static final Chars QUOTES = Chars.of("\"'`");
    private static final Chars UNQUOTED_END = Chars.of("\"'`,;&<>)]}\\ \t\r\n");
    private static final Chars BEARER = Chars.BASE64.or(Chars.of("-._~"));

    /** Ends of names whose values people choose. */
    private static final List<String> PASSWORDS = List.of(
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
            "motdepasse",
            "wachtwoord",
            "dbpass",
            "userpass",
            "пароль",
            "密码");
    /** Ends of names whose values machines choose. */
    private static final List<String> KEYS = List.of(
            "apikey",
            "secretkey",
            "secretaccesskey",
            "accesskey",
            "accesstoken",
            "authtoken",
            "authkey",
            "bearertoken",
            "refreshtoken",
            "sessiontoken",
            "clientsecret",
            "privatekey",
            "encryptionkey",
            "signingkey",
            "masterkey",
            "secret",
            "token",
            "credential",
            "credentials",
            "accountkey",
            "sharedaccesskey",
            "connectionkey");

    /** What stands where a value would: documentation, templates, code. */
    private static final List<String> STAND_INS = List.of(
            "${",
            "{{",
            "<",
            "%(",
            "***",
            "xxxx",
            "...",
            "your",
            "example",
            "placeholder",
            "change",
            "redacted",
            "process.env",
            "environ",
            "getenv",
            "secrets.",
            "config.",
            "settings.",
            "undefined",
            "string",
            "required",
            "optional",
            "credential");

    private static final List<String> EMPTY =
            List.of("password", "passwd", "secret", "token", "null", "none", "true", "false");
    private static final List<String> SPOKEN = List.of(" is ", " ist ", " est ", " es ", " é ", " = ", ": ");

    /** The first two letters, 26 times the first and the second, of the words that announce; few words of a text pass. */
    private static final BitSet BEGINS = begins();

    private Assignments() {}

    private static BitSet begins() {
        var begins = new BitSet();
        begins.set(pair('b', 'e'));
        PASSWORDS.stream()
                .filter(word -> word.charAt(0) < 128)
                .forEach(word -> begins.set(pair(word.charAt(0), word.charAt(1))));
        return begins;
    }

    private static int pair(char first, char second) {
        return ((first | 0x20) - 'a') * 26 + ((second | 0x20) - 'a');
    }

    /** Looks at an equals sign or a colon. */
    static void look(Scan scan, int sign) {
        char before = scan.at(sign - 1);
        char after = scan.at(sign + 1);
        if (after == '=' || "=!<>:+".indexOf(before) >= 0 || (scan.at(sign) == ':' && (after == ':' || after == '/'))) {
            return;
        }
        int end = sign;
        while (sign - end < 3
                && (scan.at(end - 1) == ' ' || QUOTES.has(scan.at(end - 1)) || scan.at(end - 1) == '\\')) {
            end--;
        }
        int from = end;
        while (end - from < LONGEST_NAME && (NAME.has(scan.at(from - 1)) || scan.at(from - 1) > 127)) {
            from--;
        }
        if (end - from < 3) {
            return;
        }
        String name =
                scan.part(from, end).toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
        boolean chosen = PASSWORDS.stream().anyMatch(name::endsWith);
        if (chosen || KEYS.stream().anyMatch(name::endsWith)) {
            value(scan, sign + 1, chosen, name.endsWith("accountkey") || name.endsWith("sharedaccesskey"));
        }
    }

    private static void value(Scan scan, int behind, boolean chosen, boolean azure) {
        int from = behind + (scan.at(behind) == '>' ? 1 : 0);
        from = Math.min(scan.run(from, Chars.of(" \t"), 3), scan.length());
        from += scan.at(from) == '\\' && QUOTES.has(scan.at(from + 1)) ? 1 : 0;
        boolean quoted = QUOTES.has(scan.at(from));
        int to;
        if (quoted) {
            char quote = scan.at(from++);
            to = from;
            while (to - from <= LONGEST_VALUE && to < scan.length() && scan.at(to) != quote && scan.at(to) > ' ') {
                to++;
            }
            if (scan.at(to) != quote) {
                return;
            }
            to -= scan.at(to - 1) == '\\' ? 1 : 0;
        } else {
            to = from;
            while (to - from <= LONGEST_VALUE && to < scan.length() && !UNQUOTED_END.has(scan.at(to))) {
                to++;
            }
            to = withoutEnd(scan, from, to);
        }
        if (to <= from || to - from > LONGEST_VALUE) {
            return;
        }
        String value = scan.part(from, to);
        if (azure && value.length() >= 43 && scan.run(from, Chars.BASE64, LONGEST_VALUE) >= to) {
            scan.found(Kind.AZURE_KEY, from, to, 95);
        } else if (chosen ? choosable(value, quoted) : random(value, 12)) {
            scan.found(Kind.CREDENTIAL, from, to, quoted ? 85 : 75);
        }
    }

    /** Whether somebody may have chosen it as a password: it is no word, no expression and nothing that stands for one. */
    private static boolean choosable(String value, boolean quoted) {
        if (value.length() < 6 || standsIn(value)) {
            return false;
        }
        boolean letters = false;
        boolean others = false;
        boolean code = true;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            letters |= Character.isLetter(c);
            others |= !Character.isLetter(c);
            code &= Chars.WORD.has(c) || c == '.' || c == '(' || c == ')' || c == '[';
        }
        boolean digits = value.chars().anyMatch(c -> c >= '0' && c <= '9');
        // Names of variables and calls have no digits, as a rule.
        return others
                && (quoted ? letters || value.length() >= 8 : letters && (digits || !code) && value.indexOf('(') < 0);
    }

    /** Whether a machine may have made it: letters and digits without an order. */
    private static boolean random(String value, int least) {
        if (value.length() < least || standsIn(value) || value.indexOf('(') >= 0) {
            return false;
        }
        int digits = 0;
        int letters = 0;
        for (int i = 0; i < value.length(); i++) {
            digits += Chars.DIGIT.has(value.charAt(i)) ? 1 : 0;
            letters += Chars.LETTER.has(value.charAt(i)) ? 1 : 0;
        }
        return digits >= 2 && letters >= 2 && bitsPerCharacter(value) >= 3;
    }

    private static boolean standsIn(String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        return "$[{@*%".indexOf(value.charAt(0)) >= 0
                || EMPTY.contains(lower)
                || STAND_INS.stream().anyMatch(lower::contains)
                || value.chars().distinct().count() < 4;
    }

    /** Shannon's entropy of the characters, in bits. */
    static double bitsPerCharacter(String value) {
        int[] counts = new int[128];
        int others = 0;
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < 128) {
                counts[value.charAt(i)]++;
            } else {
                others++;
            }
        }
        double bits = others == 0 ? 0 : -share(others, value.length());
        for (int count : counts) {
            bits -= count == 0 ? 0 : share(count, value.length());
        }
        return bits;
    }

    private static double share(int count, int of) {
        double p = (double) count / of;
        return p * Math.log(p) / Math.log(2);
    }

    /** Looks at a letter at which a name begins: a word that announces what follows. */
    static void spoken(Scan scan, int from) {
        if (scan.at(from) < 128
                && !(Chars.LETTER.has(scan.at(from + 1)) && BEGINS.get(pair(scan.at(from), scan.at(from + 1))))) {
            return;
        }
        if (scan.startsInAnyCase(from, "bearer ")) {
            int begin = from + 7;
            int to = scan.run(begin, BEARER, LONGEST_VALUE);
            if (to < scan.length() && Chars.WORD.has(scan.at(to))) {
                return;
            }
            to -= scan.at(to - 1) == '.' ? 1 : 0;
            if (to > begin && random(scan.part(begin, to), 16)) {
                scan.found(Kind.CREDENTIAL, begin, to, 85);
            }
            return;
        }
        for (String word : PASSWORDS) {
            if (scan.startsInAnyCase(from, word)) {
                for (String is : SPOKEN) {
                    if (scan.startsInAnyCase(from + word.length(), is)) {
                        told(scan, from + word.length() + is.length());
                        return;
                    }
                }
            }
        }
    }

    private static void told(Scan scan, int from) {
        int to = from;
        while (to - from <= LONGEST_NAME && to < scan.length() && !UNQUOTED_END.has(scan.at(to))) {
            to++;
        }
        to = withoutEnd(scan, from, to);
        if (to - from >= 6 && to - from <= LONGEST_NAME && choosable(scan.part(from, to), false)) {
            scan.found(Kind.CREDENTIAL, from, to, 70);
        }
    }

    /** What ends a sentence is no part of its last word. */
    private static int withoutEnd(Scan scan, int from, int to) {
        int end = to;
        while (end > from && ".!?:".indexOf(scan.at(end - 1)) >= 0) {
            end--;
        }
        return end;
    }

    /** Looks at the colon of {@code scheme://user:password@host}. */
    static void address(Scan scan, int colon) {
        if (!scan.starts(colon, "://") || !Chars.ALNUM.has(scan.at(colon - 1))) {
            return;
        }
        int user = colon + 3;
        int password = -1;
        for (int i = user; i < user + LONGEST_VALUE && i < scan.length(); i++) {
            char c = scan.at(i);
            if (c == ':' && password < 0) {
                password = i + 1;
            } else if (c == '@') {
                if (password > 0 && i - password >= 3 && !standsIn(scan.part(password, i))) {
                    scan.found(Kind.CONNECTION_PASSWORD, password, i, 97);
                }
                return;
            } else if (c <= ' ' || "/?#\"'<>\\`".indexOf(c) >= 0) {
                return;
            }
        }
    }
}
