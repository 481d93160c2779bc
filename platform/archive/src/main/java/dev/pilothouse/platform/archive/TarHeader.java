package dev.pilothouse.platform.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The header block of a plain file (POSIX.1-1988 ustar, mode 0600, no owner, time 0). There is one way to write it, so that
 * each of its bytes can be checked.
 *
 * @param length at most 2^33 - 1, what eleven octal digits hold
 */
record TarHeader(String name, long length) {
    static final int BLOCK = 512;
    static final long LONGEST = (1L << 33) - 1;

    byte[] bytes() {
        if (length < 0 || length > LONGEST) {
            throw new IllegalArgumentException("A part of a tar file has at most 8 GiB: " + name);
        }
        byte[] block = new byte[BLOCK];
        put(block, 0, name);
        put(block, 100, "0000600\0");
        put(block, 108, "0000000\0");
        put(block, 116, "0000000\0");
        put(block, 124, String.format(Locale.ROOT, "%011o\0", length));
        put(block, 136, "00000000000\0");
        put(block, 148, "        ");
        put(block, 156, "0");
        put(block, 257, "ustar\00000");
        put(block, 329, "0000000\0");
        put(block, 337, "0000000\0");
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        put(block, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
        return block;
    }

    /** @throws IllegalArgumentException where a byte is not as {@link #bytes} writes it */
    static TarHeader parse(byte[] block) {
        int end = 0;
        while (end < 100 && block[end] != 0) {
            end++;
        }
        String name = new String(block, 0, end, StandardCharsets.US_ASCII);
        var header = new TarHeader(name, Long.parseLong(new String(block, 124, 11, StandardCharsets.US_ASCII), 8));
        if (!Arrays.equals(block, header.bytes())) {
            throw new IllegalArgumentException(name);
        }
        return header;
    }

    /** Zero bytes that follow a content of this length. */
    static int padding(long length) {
        return (int) (-length & (BLOCK - 1));
    }

    private static void put(byte[] block, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }
}
