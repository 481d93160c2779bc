package dev.pilothouse.trust.privacy;

import java.util.List;

/**
 * Finds telephone numbers: international ones (ITU-T E.164) by country code and length, those of North America by their plan, and
 * others only where a word says so. Stateless.
 */
final class Phones {
    private static final int LONGEST = 28;
    private static final List<String> WORDS = List.of(
            "phone",
            "tel",
            "mobil",
            "cell",
            "call",
            "fax",
            "handy",
            "whatsapp",
            "sms",
            "móvil",
            "celular",
            "电话",
            "手机",
            "電話");

    /** A country code, and how many digits numbers have at least and at most with it. */
    private record Plan(String code, int least, int most) {}

    private static final List<Plan> PLANS = List.of(
            new Plan("1", 11, 11),
            new Plan("20", 11, 12),
            new Plan("27", 11, 11),
            new Plan("30", 12, 12),
            new Plan("31", 11, 11),
            new Plan("32", 10, 11),
            new Plan("33", 11, 11),
            new Plan("34", 11, 11),
            new Plan("351", 12, 12),
            new Plan("352", 9, 12),
            new Plan("353", 11, 12),
            new Plan("358", 9, 13),
            new Plan("36", 10, 11),
            new Plan("380", 12, 12),
            new Plan("39", 10, 13),
            new Plan("40", 11, 11),
            new Plan("41", 11, 11),
            new Plan("420", 12, 12),
            new Plan("43", 10, 14),
            new Plan("44", 11, 12),
            new Plan("45", 10, 10),
            new Plan("46", 10, 12),
            new Plan("47", 10, 10),
            new Plan("48", 11, 11),
            new Plan("49", 10, 13),
            new Plan("52", 12, 13),
            new Plan("54", 12, 13),
            new Plan("55", 12, 13),
            new Plan("61", 11, 11),
            new Plan("62", 10, 14),
            new Plan("63", 11, 12),
            new Plan("64", 10, 12),
            new Plan("65", 10, 10),
            new Plan("66", 10, 11),
            new Plan("7", 11, 11),
            new Plan("81", 11, 12),
            new Plan("82", 11, 12),
            new Plan("84", 11, 12),
            new Plan("852", 11, 11),
            new Plan("86", 12, 13),
            new Plan("90", 12, 12),
            new Plan("91", 12, 12),
            new Plan("92", 12, 12),
            new Plan("966", 12, 12),
            new Plan("971", 11, 12),
            new Plan("972", 11, 12));

    private static final Plan OTHERS = new Plan("", 9, 13);

    private Phones() {}

    /** Looks at a plus. */
    static void international(Scan scan, int from) {
        char before = scan.at(from - 1);
        if (!Chars.DIGIT.has(scan.at(from + 1)) || scan.at(from + 1) == '0' || !scan.begins(from) || before == ')') {
            return;
        }
        Plan plan = OTHERS;
        for (Plan other : PLANS) {
            plan = scan.starts(from + 1, other.code) ? other : plan;
        }
        int digits = 0;
        int to = from + 1;
        int end = Math.min(scan.length(), from + LONGEST);
        int open = 0;
        for (int i = from + 1; i < end && digits < plan.most; i++) {
            char c = scan.at(i);
            if (Chars.DIGIT.has(c)) {
                digits++;
                to = i + 1;
            } else if (c == '(') {
                open++;
            } else if (c == ')' && open > 0) {
                open--;
            } else if (" -./\u00a0".indexOf(c) < 0 || (!Chars.DIGIT.has(scan.at(i + 1)) && scan.at(i + 1) != '(')) {
                break;
            }
        }
        if (digits >= plan.least
                && ends(scan, to)
                && (plan.code.equals("1") ? northAmerican(scan, from + 1, to) : true)) {
            scan.found(Kind.PHONE, from, to, scan.run(from + 1, Chars.DIGIT, LONGEST) == to ? 85 : 90);
        }
    }

    private static boolean ends(Scan scan, int to) {
        char after = scan.at(to);
        boolean goesOn = "-./".indexOf(after) >= 0 && Chars.DIGIT.has(scan.at(to + 1));
        return !Chars.WORD.has(after) && !goesOn;
    }

    private static boolean northAmerican(Scan scan, int from, int to) {
        String digits = scan.digits(from, to);
        String number = digits.substring(digits.length() - 10);
        return "01".indexOf(number.charAt(0)) < 0
                && "01".indexOf(number.charAt(3)) < 0
                && !number.startsWith("11", 1)
                && !number.startsWith("11", 4);
    }

    /** Looks at a digit or an opening bracket that no digit or letter precedes. */
    static void national(Scan scan, int from) {
        for (String pattern : List.of("(000) 000-0000", "000-000-0000", "000.000.0000", "1-000-000-0000")) {
            int to = scan.matches(from, pattern);
            if (to > 0 && ends(scan, to) && scan.alone(from, to) && northAmerican(scan, from, to)) {
                scan.found(Kind.PHONE, from, to, 75);
                return;
            }
        }
        if (Chars.DIGIT.has(scan.at(from)) && scan.wants(Kind.PHONE)) {
            told(scan, from);
        }
    }

    /** A number of another form, of which a word says that it is one. */
    private static void told(Scan scan, int from) {
        int digits = 0;
        int to = from;
        int end = Math.min(scan.length(), from + LONGEST);
        for (int i = from; i < end; i++) {
            char c = scan.at(i);
            if (Chars.DIGIT.has(c)) {
                digits++;
                to = i + 1;
            } else if (" -/\u00a0".indexOf(c) < 0 || !Chars.DIGIT.has(scan.at(i + 1))) {
                break;
            }
        }
        boolean national = scan.at(from) == '0' || digits == 10 || digits == 11;
        if (national
                && digits >= 7
                && digits <= 13
                && ends(scan, to)
                && scan.alone(from, to)
                && scan.near(from, WORDS)) {
            scan.found(Kind.PHONE, from, to, 70);
        }
    }
}
