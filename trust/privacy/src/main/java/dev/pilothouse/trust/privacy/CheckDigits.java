package dev.pilothouse.trust.privacy;

/** Check digits of numbers that people and accounts have. Every text given holds digits only, unless said otherwise. Stateless. */
final class CheckDigits {
    private static final String DNI = "TRWAGMYFPDXBNJZSQVHLCKE";
    private static final int[] PESEL = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
    /** What letters and digits at odd places count (decree of 23 December 1976 of the Italian ministry of finance). */
    private static final int[] FISCAL_ODD = {
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23
    };

    private CheckDigits() {}

    private static int digit(String digits, int i) {
        return digits.charAt(i) - '0';
    }

    /** Weighted sum of the first digits, the weight falling by one each, beginning with {@code from}. */
    private static int falling(String digits, int count, int from) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += digit(digits, i) * (from - i);
        }
        return sum;
    }

    /** ISO/IEC 7812-1, annex B. */
    static boolean luhn(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int d = digit(digits, digits.length() - 1 - i);
            int doubled = d * 2 > 9 ? d * 2 - 9 : d * 2;
            sum += i % 2 == 0 ? d : doubled;
        }
        return sum % 10 == 0;
    }

    /** ISO 7064 MOD 97-10 of an account number of letters and digits, its first four characters moved to the end. */
    static boolean iban(String account) {
        String moved = account.substring(4) + account.substring(0, 4);
        int rest = 0;
        for (int i = 0; i < moved.length(); i++) {
            int value = Character.digit(moved.charAt(i), 36);
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
        }
        return rest == 1;
    }

    /** ISO 7064 MOD 11,10 of eleven digits, of whose first ten exactly one value stands two or three times. */
    static boolean germanTaxId(String digits) {
        int[] times = new int[10];
        int product = 10;
        for (int i = 0; i < 10; i++) {
            times[digit(digits, i)]++;
            int sum = (digit(digits, i) + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }
        int repeated = 0;
        for (int count : times) {
            if (count > 3) {
                return false;
            }
            repeated += count > 1 ? 1 : 0;
        }
        return digits.charAt(0) != '0' && repeated == 1 && (11 - product) % 10 == digit(digits, 10);
    }

    /** Modulus 11 of ten digits (NHS data dictionary). */
    static boolean nhs(String digits) {
        int check = 11 - falling(digits, 9, 10) % 11;
        return check != 10 && check % 11 == digit(digits, 9);
    }

    /** Two check digits modulo 11 of eleven digits that are not all the same. */
    static boolean cpf(String digits) {
        return digits.chars().distinct().count() > 1
                && falling(digits, 9, 10) * 10 % 11 % 10 == digit(digits, 9)
                && falling(digits, 10, 11) * 10 % 11 % 10 == digit(digits, 10);
    }

    /** The eleven test of nine digits. */
    static boolean bsn(String digits) {
        return !digits.equals("000000000") && (falling(digits, 8, 9) - digit(digits, 8)) % 11 == 0;
    }

    /** The letter of up to eight digits. */
    static boolean dni(String digits, char letter) {
        return DNI.charAt(Integer.parseInt(digits) % 23) == letter;
    }

    /** The key, 97 less the number modulo 97, of thirteen digits, those of Corsica already made digits. */
    static boolean nir(long number, int key) {
        return key == 97 - number % 97;
    }

    /** Weighted sum of eleven digits that begin with a day of birth. */
    static boolean pesel(String digits) {
        int sum = 0;
        for (int i = 0; i < 10; i++) {
            sum += digit(digits, i) * PESEL[i];
        }
        int month = Integer.parseInt(digits.substring(2, 4)) % 20;
        int day = Integer.parseInt(digits.substring(4, 6));
        return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (10 - sum % 10) % 10 == digit(digits, 10);
    }

    /** The last letter of sixteen letters and digits. */
    static boolean fiscalCode(String code) {
        int sum = 0;
        for (int i = 0; i < 15; i++) {
            char c = code.charAt(i);
            int value = c <= '9' ? c - '0' : c - 'A';
            sum += i % 2 == 0 ? FISCAL_ODD[value] : value;
        }
        return 'A' + sum % 26 == code.charAt(15);
    }

    /** Rules of the Social Security Administration for nine digits: no area 000, 666 or 9xx, no group 00, no serial 0000. */
    static boolean ssn(String digits) {
        String area = digits.substring(0, 3);
        return !area.equals("000")
                && !area.equals("666")
                && area.charAt(0) != '9'
                && !digits.startsWith("00", 3)
                && !digits.endsWith("0000")
                // Printed on specimen cards and in advertisements, and never given out.
                && !digits.equals("078051120")
                && !digits.equals("219099999")
                && !digits.equals("123456789");
    }
}
