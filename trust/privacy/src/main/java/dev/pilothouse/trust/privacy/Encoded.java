package dev.pilothouse.trust.privacy;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Text that is written in another way inside of a text.
 *
 * @param from where it begins
 * @param to behind its end
 * @param text what it says
 */
record Encoded(int from, int to, String text) {
    private static final int LEAST = 16;
    private static final int LEAST_PERCENTS = 3;
    /** No part is looked into beyond this. */
    private static final int LONGEST = 64 << 10;

    private static final Chars PERCENT = Chars.ALNUM.or(Chars.of("%+-._~"));

    /** The parts of a text that are readable once decoded. */
    static List<Encoded> in(String text) {
        var parts = new ArrayList<Encoded>();
        var scan = new Scan(text, Kind.secrets(), 1);
        for (int i = 0; i < text.length(); i++) {
            if (!Chars.BASE64.or(PERCENT).has(text.charAt(i))) {
                continue;
            }
            int percent = scan.run(i, PERCENT, LONGEST);
            int base64 = scan.run(i, Chars.BASE64.or(Chars.BASE64URL), LONGEST);
            int end = Math.max(percent, base64);
            String readable = percent - i >= LEAST_PERCENTS * 3 ? unescaped(text.substring(i, percent)) : "";
            int to = percent;
            if (readable.isEmpty() && base64 - i >= LEAST) {
                to = base64;
                readable = decoded(text.substring(i, base64));
            }
            if (!readable.isEmpty()) {
                parts.add(new Encoded(i, to, readable));
            }
            i = end - 1;
        }
        return parts;
    }

    private static String decoded(String run) {
        boolean hex = run.length() % 2 == 0 && run.chars().allMatch(c -> Chars.HEX.has((char) c));
        try {
            if (hex) {
                String text = readable(HexFormat.of().parseHex(run));
                if (!text.isEmpty()) {
                    return text;
                }
            }
            String bare = run.replace("=", "").replace('-', '+').replace('_', '/');
            return bare.length() % 4 == 1 ? "" : readable(Base64.getDecoder().decode(bare));
        } catch (IllegalArgumentException _) {
            return "";
        }
    }

    private static String unescaped(String run) {
        byte[] bytes = new byte[run.length()];
        int length = 0;
        int escapes = 0;
        for (int i = 0; i < run.length(); i++) {
            char c = run.charAt(i);
            if (c == '%'
                    && i + 2 < run.length()
                    && Chars.HEX.has(run.charAt(i + 1))
                    && Chars.HEX.has(run.charAt(i + 2))) {
                bytes[length++] = (byte) HexFormat.fromHexDigits(run, i + 1, i + 3);
                escapes++;
                i += 2;
            } else {
                bytes[length++] = (byte) (c == '+' ? ' ' : c);
            }
        }
        return escapes < LEAST_PERCENTS ? "" : readable(Arrays.copyOf(bytes, length));
    }

    /** The text that bytes are, or nothing where they are none that people read. */
    private static String readable(byte[] bytes) {
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            boolean control = text.chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t');
            return control ? "" : text.toString();
        } catch (CharacterCodingException _) {
            return "";
        }
    }
}
