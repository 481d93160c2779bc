package dev.pilothouse.trust.transparency;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The one way in which exports are written as a tar file (POSIX.1-1988 ustar): plain files, mode 0644, no owner, time 0.
 * Since there is one way only, a reader can check every byte of the headers and of the padding too.
 */
public final class Tar {
    static final int BLOCK = 512;

    /** Where a file's bytes lie. */
    record Extent(long offset, int length) {}

    private Tar() {}

    /** Header, bytes and padding of one file. */
    public static byte[] file(String name, byte[] content) {
        byte[] out = new byte[BLOCK + padded(content.length)];
        System.arraycopy(header(name, content.length), 0, out, 0, BLOCK);
        System.arraycopy(content, 0, out, BLOCK, content.length);
        return out;
    }

    /** The two empty blocks at the end. */
    public static byte[] end() {
        return new byte[2 * BLOCK];
    }

    /**
     * Finds the files.
     *
     * @throws IllegalArgumentException where any header or padding byte is not as {@link #file} writes it
     */
    static Map<String, Extent> index(FileChannel tar) throws IOException {
        var files = new LinkedHashMap<String, Extent>();
        long at = 0;
        while (true) {
            byte[] header = read(tar, at, BLOCK);
            if (header[0] == 0) {
                byte[] rest = read(tar, at, (int) Math.min(4 * BLOCK, tar.size() - at));
                if (Arrays.equals(rest, end())) {
                    return files;
                }
                throw new IllegalArgumentException("the end of the tar file is damaged at byte " + at);
            }
            int nameEnd = 0;
            while (nameEnd < 100 && header[nameEnd] != 0) {
                nameEnd++;
            }
            String name = new String(header, 0, nameEnd, StandardCharsets.UTF_8);
            int length = parseSize(header, at);
            byte[] padding = read(tar, at + BLOCK + length, padded(length) - length);
            if (!Arrays.equals(header, header(name, length)) || !Arrays.equals(padding, new byte[padding.length])) {
                throw new IllegalArgumentException(
                        "the tar header or padding of '" + name + "' at byte " + at + " was changed");
            }
            if (files.put(name, new Extent(at + BLOCK, length)) != null) {
                throw new IllegalArgumentException("'" + name + "' is in the tar file twice");
            }
            at += BLOCK + padded(length);
        }
    }

    static byte[] read(FileChannel tar, long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (tar.read(bytes, offset + bytes.position()) < 0) {
                throw new IllegalArgumentException("the tar file is cut off at byte " + tar.size());
            }
        }
        return bytes.array();
    }

    private static int parseSize(byte[] header, long at) {
        try {
            return Integer.parseInt(new String(header, 124, 11, StandardCharsets.US_ASCII), 8);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the tar header at byte " + at + " was changed", e);
        }
    }

    private static int padded(int length) {
        return (length + BLOCK - 1) / BLOCK * BLOCK;
    }

    private static byte[] header(String name, int length) {
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000644\0");
        put(header, 108, "0000000\0");
        put(header, 116, "0000000\0");
        put(header, 124, String.format("%011o\0", length));
        put(header, 136, "00000000000\0");
        put(header, 148, "        ");
        put(header, 156, "0");
        put(header, 257, "ustar\00000");
        put(header, 329, "0000000\0");
        put(header, 337, "0000000\0");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0 ", sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
