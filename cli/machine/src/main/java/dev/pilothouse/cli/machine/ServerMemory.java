package dev.pilothouse.cli.machine;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory that a server may take for itself. What Java needs beside its heap (classes, compiled code, stacks, buffers) was
 * measured for the gateway under load, with DuckDB loaded. On top come models that are served, and up to 100 MiB of pages of the
 * program's own files, which the system drops where it needs the room and a container's limit does count.
 *
 * @param bytes at least {@link #LEAST}
 */
public record ServerMemory(long bytes) {
    private static final long MIB = 1 << 20;
    /** The least a server runs in: 240 MiB. */
    public static final long LEAST = 240 * MIB;

    private static final long BESIDE_HEAP = 176 * MIB;
    /** Up to which the collector with the least memory of its own is the best. */
    private static final long SMALL = 1024 * MIB;

    /** The least that queries over signals run in. */
    private static final long COLUMNS = 64 * MIB;

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([mg])(?:i?b)?");

    public ServerMemory {
        if (bytes < LEAST) {
            throw new IllegalArgumentException("A server needs at least 240m of memory, not " + bytes / MIB + "m.");
        }
    }

    /**
     * Reads a size such as {@code 256m} or {@code 2g}, in powers of 1024.
     *
     * @throws IllegalArgumentException in words for people, where it is none or too small
     */
    public static ServerMemory parse(String text) {
        Matcher size = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        if (!size.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no size of memory; write 256m or 2g.");
        }
        long unit = size.group(2).equals("m") ? MIB : MIB << 10;
        return new ServerMemory(Math.multiplyExact(Long.parseLong(size.group(1)), unit));
    }

    /**
     * Variables of its process, where they are not set: without the first each thread gets an arena of its own from the C library,
     * which never shrinks; the second is the setting {@code columns.memory}.
     */
    public Map<String, String> environment() {
        long columns = Math.max(COLUMNS, bytes / 8);
        return bytes > SMALL
                ? Map.of("MALLOC_ARENA_MAX", "2")
                : Map.of("MALLOC_ARENA_MAX", "2", "PILOTHOUSE_COLUMNS_MEMORY", columns / MIB + "MiB");
    }

    /** Arguments for Java that keep a server within it. */
    public List<String> flags() {
        if (bytes > SMALL) {
            return List.of("-XX:+UseG1GC", "-Xmx" + bytes / MIB * 3 / 4 + "m");
        }
        long heap = (bytes - BESIDE_HEAP) / MIB;
        return List.of(
                "-XX:+UseSerialGC",
                "-Xmx" + heap + "m",
                // Nearly all that calls allocate is garbage soon; what is not fits into the other half.
                "-Xmn" + heap / 2 + "m",
                "-XX:ReservedCodeCacheSize=64m",
                "-Xss512k",
                // The start cache is mapped where it was recorded for: mapped elsewhere, half of its pages are
                // patched, and 33 MiB more are this process' own.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:ArchiveRelocationMode=0");
    }
}
