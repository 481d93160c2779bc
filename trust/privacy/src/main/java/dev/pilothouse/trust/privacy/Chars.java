package dev.pilothouse.trust.privacy;

/**
 * A set of ASCII characters.
 *
 * @param low bits of the characters 0 to 63
 * @param high bits of the characters 64 to 127
 */
record Chars(long low, long high) {
    static final Chars DIGIT = range('0', '9');
    static final Chars UPPER = range('A', 'Z');
    static final Chars LETTER = UPPER.or(range('a', 'z'));
    static final Chars ALNUM = LETTER.or(DIGIT);
    static final Chars WORD = ALNUM.or(of("_"));
    static final Chars BASE64URL = WORD.or(of("-"));
    static final Chars BASE64 = ALNUM.or(of("+/="));
    static final Chars HEX = DIGIT.or(range('a', 'f')).or(range('A', 'F'));
    static final Chars BASE32 = UPPER.or(range('2', '7'));

    static Chars of(String characters) {
        long low = 0;
        long high = 0;
        for (int i = 0; i < characters.length(); i++) {
            char c = characters.charAt(i);
            low |= c < 64 ? 1L << c : 0;
            high |= c >= 64 ? 1L << c : 0;
        }
        return new Chars(low, high);
    }

    private static Chars range(char from, char to) {
        var characters = new StringBuilder();
        for (char c = from; c <= to; c++) {
            characters.append(c);
        }
        return of(characters.toString());
    }

    Chars or(Chars other) {
        return new Chars(low | other.low, high | other.high);
    }

    boolean has(char c) {
        return c < 128 && ((c < 64 ? low : high) >>> c & 1) != 0;
    }
}
