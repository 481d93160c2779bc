package dev.pilothouse.trust.privacy;

import java.util.HashMap;
import java.util.Map;

/** Finds numbers that begin with letters: account numbers and numbers of persons. Stateless. */
final class Names {
    private static final String FISCAL_MONTHS = "ABCDEHLMPRST";
    /** Lengths by country: the registry of ISO 13616. */
    private static final Map<String, Integer> IBAN =
            lengths("AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28"
                    + " CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23"
                    + " IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18"
                    + " NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26"
                    + " UA29 VA22 VG24 XK20");

    private Names() {}

    private static Map<String, Integer> lengths(String table) {
        var lengths = new HashMap<String, Integer>();
        for (int i = 0; i < table.length(); i += 5) {
            lengths.put(table.substring(i, i + 2), Integer.valueOf(table.substring(i + 2, i + 4)));
        }
        return Map.copyOf(lengths);
    }

    /** Looks at an upper-case letter at which a name begins. */
    static void look(Scan scan, int from) {
        char second = scan.at(from + 1);
        if (Chars.DIGIT.has(second) || second == '-') {
            nie(scan, from);
        } else if (Chars.UPPER.has(second)
                && Chars.DIGIT.has(scan.at(from + 2))
                && Chars.DIGIT.has(scan.at(from + 3))) {
            iban(scan, from);
        } else if (Chars.UPPER.has(second)) {
            fiscalCode(scan, from);
        }
    }

    private static void iban(Scan scan, int from) {
        Integer length = IBAN.get(scan.part(from, from + 2));
        if (length == null) {
            return;
        }
        var account = new StringBuilder(length);
        int to = from;
        boolean spaced = scan.at(from + 4) == ' ' || scan.at(from + 4) == '\u00a0';
        while (account.length() < length) {
            char c = scan.at(to);
            boolean gap = spaced && account.length() % 4 == 0 && !account.isEmpty() && (c == ' ' || c == '\u00a0');
            if (!gap && !Chars.UPPER.or(Chars.DIGIT).has(c)) {
                return;
            }
            if (!gap) {
                account.append(c);
            } else if (scan.at(to - 1) == c) {
                return;
            }
            to++;
        }
        if (!Chars.WORD.has(scan.at(to)) && CheckDigits.iban(account.toString())) {
            scan.found(Kind.IBAN, from, to, 98);
        }
    }

    /** X, Y or Z, which count as 0, 1 and 2, seven digits and a letter. */
    private static void nie(Scan scan, int from) {
        int sign = "XYZ".indexOf(scan.at(from));
        int digits = from + (scan.at(from + 1) == '-' ? 2 : 1);
        int letter = digits + 7 + (scan.at(digits + 7) == '-' ? 1 : 0);
        if (sign >= 0
                && scan.run(digits, Chars.DIGIT, 8) == digits + 7
                && Chars.UPPER.has(scan.at(letter))
                && scan.alone(from, letter + 1)
                && CheckDigits.dni(sign + scan.part(digits, digits + 7), scan.at(letter))) {
            scan.found(Kind.ES_DNI, from, letter + 1, 85);
        }
    }

    /** Six letters, a year, the letter of a month, a day, a place and a letter that checks them. */
    private static void fiscalCode(Scan scan, int from) {
        int to = from + 16;
        if (scan.run(from, Chars.UPPER, 7) != from + 6
                || scan.matches(from + 6, "00") < 0
                || FISCAL_MONTHS.indexOf(scan.at(from + 8)) < 0
                || scan.matches(from + 9, "00") < 0
                || !Chars.UPPER.has(scan.at(from + 11))
                || scan.matches(from + 12, "000") < 0
                || !Chars.UPPER.has(scan.at(from + 15))
                || !scan.alone(from, to)) {
            return;
        }
        if (CheckDigits.fiscalCode(scan.part(from, to))) {
            scan.found(Kind.IT_FISCAL_CODE, from, to, 95);
        }
    }
}
