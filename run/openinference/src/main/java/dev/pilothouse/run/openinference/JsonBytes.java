package dev.pilothouse.run.openinference;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing buffer of JSON text in UTF-8. Not thread-safe. */
final class JsonBytes {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes;
    private int length;

    JsonBytes(int capacity) {
        bytes = new byte[Math.max(64, capacity)];
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more), (int)
                    Math.min(Integer.MAX_VALUE - 8, 2L * bytes.length)));
        }
    }

    /** Appends text that is ASCII. */
    @SuppressWarnings("deprecation") // the only copy without an encoder; exact for ASCII
    JsonBytes ascii(String text) {
        int n = text.length();
        reserve(n);
        text.getBytes(0, n, bytes, length);
        length += n;
        return this;
    }

    JsonBytes put(char ascii) {
        reserve(1);
        bytes[length++] = (byte) ascii;
        return this;
    }

    JsonBytes put(byte[] source, int from, int count) {
        reserve(count);
        System.arraycopy(source, from, bytes, length, count);
        length += count;
        return this;
    }

    JsonBytes number(long value) {
        if (value >= 0 && value < 10) {
            return put((char) ('0' + value));
        }
        return ascii(Long.toString(value));
    }

    /** JSON has no NaN and no infinity: those read as null. */
    JsonBytes number(float value) {
        int whole = (int) value;
        if (whole == value && Math.abs(whole) < 10 && (whole != 0 || Float.floatToRawIntBits(value) == 0)) {
            return number(whole).put('.').put('0');
        }
        return Float.isFinite(value) ? ascii(Float.toString(value)) : put(NULL, 0, NULL.length);
    }

    /** As {@link #number(float)}. */
    JsonBytes number(double value) {
        return Double.isFinite(value) ? ascii(Double.toString(value)) : put(NULL, 0, NULL.length);
    }

    /** A JSON string. */
    JsonBytes quote(String text) {
        return quote(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A JSON string of UTF-8 bytes; bytes that are no UTF-8 are replaced by U+FFFD. */
    JsonBytes quote(byte[] text) {
        byte[] utf8 = text;
        if (!isAscii(text)) {
            utf8 = new String(text, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
        }
        put('"');
        reserve(utf8.length + 16);
        for (byte b : utf8) {
            if (b == '"' || b == '\\') {
                put('\\').put((char) b);
            } else if (b >= 0 && b < 0x20) {
                ascii("\\u00").put((char) HEX[b >> 4]).put((char) HEX[b & 15]);
            } else {
                reserve(1);
                bytes[length++] = b;
            }
        }
        return put('"');
    }

    private static boolean isAscii(byte[] text) {
        for (byte b : text) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    int length() {
        return length;
    }

    /** The text; this buffer must not be used any more. */
    byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** The backing array, filled up to {@link #length}. */
    byte[] array() {
        return bytes;
    }
}
