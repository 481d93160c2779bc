package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Digest;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The text of a key: {@code ph_<id>_<secret><checksum>}. The id is 16 hexadecimal digits, the secret 256 random bits in 43
 * digits of base 62, the checksum a CRC-32 of all before it in 6 digits of base 62, so that a typing error, and most of
 * what a scanner for leaked keys might mistake for one, is known without asking the store.
 *
 * <p>A secret of 256 random bits cannot be guessed, so its plain SHA-256 is stored: a slow or salted hash protects
 * passwords that people choose, and would here only slow every call down.
 *
 * @param id the part that may be shown
 * @param text the whole key
 */
record KeyText(String id, String text) {
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int SECRET_DIGITS = 43;
    private static final int CHECKSUM_DIGITS = 6;
    private static final String MARK = "ph_";
    private static final int ID_END = MARK.length() + 16;
    private static final int LENGTH = ID_END + 1 + SECRET_DIGITS + CHECKSUM_DIGITS;

    /** A new key. */
    static KeyText make(SecureRandom random) {
        byte[] id = new byte[8];
        random.nextBytes(id);
        return make(random, HexFormat.of().formatHex(id));
    }

    /** A new key of an id. */
    static KeyText make(SecureRandom random, String hex) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        String head = MARK + hex + "_" + base62(new BigInteger(1, secret), SECRET_DIGITS);
        return new KeyText(hex, head + checksum(head));
    }

    /** Reads a key; empty where it has another form or its checksum does not fit. Every call that brings a key passes here. */
    static Optional<KeyText> parse(String text) {
        if (text.length() != LENGTH || !text.startsWith(MARK) || text.charAt(ID_END) != '_') {
            return Optional.empty();
        }
        for (int i = MARK.length(); i < ID_END; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return Optional.empty();
            }
        }
        for (int i = ID_END + 1; i < LENGTH; i++) {
            if (DIGITS.indexOf(text.charAt(i)) < 0) {
                return Optional.empty();
            }
        }
        String head = text.substring(0, LENGTH - CHECKSUM_DIGITS);
        return text.endsWith(checksum(head))
                ? Optional.of(new KeyText(text.substring(MARK.length(), ID_END), text))
                : Optional.empty();
    }

    /** What is stored of the key. */
    Digest hash() {
        return Digest.of(text);
    }

    @Override
    public String toString() {
        return "KeyText[" + id + "]";
    }

    private static String checksum(String head) {
        var crc = new CRC32();
        crc.update(head.getBytes(StandardCharsets.US_ASCII));
        char[] digits = new char[CHECKSUM_DIGITS];
        long rest = crc.getValue();
        for (int i = CHECKSUM_DIGITS - 1; i >= 0; i--) {
            digits[i] = DIGITS.charAt((int) (rest % DIGITS.length()));
            rest /= DIGITS.length();
        }
        return new String(digits);
    }

    private static String base62(BigInteger number, int digits) {
        BigInteger base = BigInteger.valueOf(DIGITS.length());
        char[] text = new char[digits];
        BigInteger rest = number;
        for (int i = digits - 1; i >= 0; i--) {
            BigInteger[] split = rest.divideAndRemainder(base);
            text[i] = DIGITS.charAt(split[1].intValue());
            rest = split[0];
        }
        return new String(text);
    }
}
