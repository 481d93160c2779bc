package dev.pilothouse.platform.blobs;

import java.util.SplittableRandom;

/**
 * Cuts bytes where their content says, so that an insertion moves only the cuts around it: FastCDC with normalised
 * chunking of level 2 (Xia et al., USENIX ATC 2016). A Gear hash {@code h = (h << 1) + gear[byte]} sums the last 64
 * bytes; a cut falls where its highest bits are zero: 22 of them before the average length, 18 after it, none asked at
 * the longest.
 */
final class ContentCutter {
    static final int SHORTEST = 256 << 10;
    static final int AVERAGE = 1 << 20;
    static final int LONGEST = 4 << 20;

    private static final long STRICT = -1L << (64 - 22);
    private static final long LOOSE = -1L << (64 - 18);
    /** Fixed for ever: another table would cut the same bytes elsewhere, and versions would share nothing. */
    private static final long[] GEAR =
            new SplittableRandom(0x50696c6f74L).longs(256).toArray();

    private ContentCutter() {}

    /**
     * Length of the first chunk.
     *
     * @param bytes holds at least {@link #LONGEST} bytes from {@code from}, or all that are left
     */
    static int cut(byte[] bytes, int from, int available) {
        if (available <= SHORTEST) {
            return available;
        }
        int end = Math.min(available, LONGEST);
        int average = Math.min(end, AVERAGE);
        long hash = 0;
        int i = SHORTEST;
        for (; i < average; i++) {
            hash = (hash << 1) + GEAR[bytes[from + i] & 0xff];
            if ((hash & STRICT) == 0) {
                return i + 1;
            }
        }
        for (; i < end; i++) {
            hash = (hash << 1) + GEAR[bytes[from + i] & 0xff];
            if ((hash & LOOSE) == 0) {
                return i + 1;
            }
        }
        return end;
    }
}
