package dev.pilothouse.trust.privacy;

import java.util.List;

/** Finds numbers of persons and cards by their form, their check digits and, where these are weak, words nearby. Stateless. */
final class Numbers {
    private static final List<String> CARDS = List.of(
            "0000 0000 0000 0000",
            "0000-0000-0000-0000",
            "0000 000000 00000",
            "0000-000000-00000",
            "0000 000000 0000",
            "0000 0000 0000 0000 000");
    private static final List<String> CARD_WORDS =
            List.of("card", "visa", "master", "amex", "karte", "carte", "tarjeta", "cartão", "carta", "pan", "kaart");
    private static final List<String> SSN_WORDS = List.of("ssn", "social security", "soc sec");
    private static final List<String> TAX_WORDS =
            List.of("steuer", "idnr", "id-nr", "tax id", "tax-id", "taxid", "tax number", "tin");
    private static final List<String> NHS_WORDS = List.of("nhs", "patient");
    private static final List<String> CPF_WORDS = List.of("cpf", "cadastro");
    private static final List<String> BSN_WORDS = List.of("bsn", "burgerservice", "sofi", "citizen service");
    private static final List<String> DNI_WORDS = List.of("dni", "nif", "documento", "identi");
    private static final List<String> PESEL_WORDS = List.of("pesel");
    /** Sure where words tell, below what is told where none does. */
    private static final int TOLD = 90;

    private static final int UNTOLD = 40;

    private Numbers() {}

    /** Looks at a digit that no digit or letter precedes. */
    static void look(Scan scan, int from) {
        int run = scan.run(from, Chars.DIGIT, 20) - from;
        switch (run) {
            case 1 -> nir(scan, from, "0 00 00 00 000 000 00");
            case 2 -> taxId(scan, from, from + 14, scan.matches(from, "00 000 000 000") > 0);
            case 3 -> threes(scan, from);
            case 4 -> CARDS.forEach(pattern -> card(scan, from, scan.matches(from, pattern), 95));
            case 8 -> dni(scan, from);
            case 9 -> nine(scan, from);
            case 10 -> nhs(scan, from, from + 10, UNTOLD);
            case 11 -> eleven(scan, from);
            case 13, 14, 15, 16, 17, 18, 19 -> {
                card(scan, from, from + run, 75);
                nir(scan, from, "000000000000000");
            }
            default -> {}
        }
        corsica(scan, from);
    }

    private static void threes(Scan scan, int from) {
        int ssn = Math.max(scan.matches(from, "000-00-0000"), scan.matches(from, "000 00 0000"));
        if (ssn > 0 && scan.alone(from, ssn) && CheckDigits.ssn(scan.digits(from, ssn))) {
            boolean told = scan.near(from, SSN_WORDS);
            scan.found(Kind.US_SSN, from, ssn, told ? 95 : scan.at(from + 3) == '-' ? 80 : UNTOLD);
        }
        int cpf = scan.matches(from, "000.000.000-00");
        if (cpf > 0 && scan.alone(from, cpf) && CheckDigits.cpf(scan.digits(from, cpf))) {
            scan.found(Kind.BR_CPF, from, cpf, 98);
        }
        int nhs = Math.max(scan.matches(from, "000 000 0000"), scan.matches(from, "000-000-0000"));
        if (nhs > 0) {
            nhs(scan, from, nhs, UNTOLD);
        }
    }

    private static void card(Scan scan, int from, int to, int confidence) {
        if (to < 0 || !scan.alone(from, to)) {
            return;
        }
        String digits = scan.digits(from, to);
        if (issued(digits) && CheckDigits.luhn(digits)) {
            boolean told = confidence < TOLD && scan.near(from, CARD_WORDS);
            scan.found(Kind.PAYMENT_CARD, from, to, told ? TOLD : confidence);
        }
    }

    /** Whether an issuer gives out numbers that begin like this and have this length. */
    private static boolean issued(String digits) {
        int two = Integer.parseInt(digits.substring(0, 2));
        int four = Integer.parseInt(digits.substring(0, 4));
        int length = digits.length();
        if (digits.charAt(0) == '4') {
            return length == 13 || length == 16 || length == 19;
        }
        if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) || (four >= 2200 && four <= 2204)) {
            return length == 16;
        }
        if (two == 34 || two == 37) {
            return length == 15;
        }
        if (two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059)) {
            return length == 14 || length == 16;
        }
        boolean discover = four == 6011 || (four >= 6440 && four <= 6499) || two == 65;
        boolean jcb = four >= 3528 && four <= 3589;
        boolean maestro = four == 5018 || four == 5020 || four == 5038 || four == 6304 || four == 6759 || two == 67;
        return (discover || jcb || two == 62 || maestro) && length >= 16;
    }

    private static void taxId(Scan scan, int from, int to, boolean fits) {
        if (fits && scan.alone(from, to) && CheckDigits.germanTaxId(scan.digits(from, to))) {
            scan.found(Kind.DE_TAX_ID, from, to, scan.near(from, TAX_WORDS) ? 95 : UNTOLD);
        }
    }

    private static void nhs(Scan scan, int from, int to, int untold) {
        if (scan.alone(from, to) && CheckDigits.nhs(scan.digits(from, to))) {
            scan.found(Kind.UK_NHS, from, to, scan.near(from, NHS_WORDS) ? 95 : untold);
        }
    }

    private static void nine(Scan scan, int from) {
        int to = from + 9;
        if (!scan.alone(from, to)) {
            return;
        }
        String digits = scan.part(from, to);
        if (CheckDigits.bsn(digits) && scan.near(from, BSN_WORDS)) {
            scan.found(Kind.NL_BSN, from, to, TOLD);
        } else if (CheckDigits.ssn(digits) && scan.near(from, SSN_WORDS)) {
            scan.found(Kind.US_SSN, from, to, TOLD);
        }
    }

    private static void eleven(Scan scan, int from) {
        int to = from + 11;
        if (!scan.alone(from, to)) {
            return;
        }
        String digits = scan.part(from, to);
        taxId(scan, from, to, true);
        if (CheckDigits.cpf(digits)) {
            scan.found(Kind.BR_CPF, from, to, scan.near(from, CPF_WORDS) ? 95 : UNTOLD);
        }
        if (CheckDigits.pesel(digits)) {
            scan.found(Kind.PL_PESEL, from, to, scan.near(from, PESEL_WORDS) ? 95 : UNTOLD);
        }
    }

    /** Eight digits and the letter of a DNI. */
    private static void dni(Scan scan, int from) {
        int letter = from + 8 + (scan.at(from + 8) == '-' ? 1 : 0);
        if (scan.wants(Kind.ES_DNI)
                && Chars.UPPER.has(scan.at(letter))
                && scan.alone(from, letter + 1)
                && CheckDigits.dni(scan.part(from, from + 8), scan.at(letter))) {
            boolean told = letter == from + 8 || scan.near(from, DNI_WORDS);
            scan.found(Kind.ES_DNI, from, letter + 1, told ? 80 : UNTOLD);
        }
    }

    private static void nir(Scan scan, int from, String pattern) {
        int to = scan.matches(from, pattern);
        if (to > 0 && scan.alone(from, to)) {
            String digits = scan.digits(from, to);
            nir(scan, from, to, digits, Long.parseLong(digits.substring(0, 13)));
        }
    }

    /** A number of Corsica: its department is 2A or 2B, which count as 19 and 18. */
    private static void corsica(Scan scan, int from) {
        char letter = scan.at(from + 6);
        boolean compact = scan.at(from + 5) == '2' && (letter == 'A' || letter == 'B');
        if (compact && scan.run(from, Chars.DIGIT, 7) == from + 6) {
            int to = from + 15;
            if (scan.run(from + 7, Chars.DIGIT, 9) == to && scan.alone(from, to)) {
                String digits = scan.part(from, from + 5) + (letter == 'A' ? "19" : "18") + scan.part(from + 7, to);
                nir(scan, from, to, digits, Long.parseLong(digits.substring(0, 13)));
            }
        }
    }

    private static void nir(Scan scan, int from, int to, String digits, long number) {
        int month = Integer.parseInt(digits.substring(3, 5));
        boolean sex = digits.charAt(0) == '1' || digits.charAt(0) == '2';
        // Where the month is not known, it is 20 or more.
        boolean born = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
        if (sex && born && CheckDigits.nir(number, Integer.parseInt(digits.substring(13)))) {
            scan.found(Kind.FR_NIR, from, to, 88);
        }
    }
}
