package dev.pilothouse.trust.transparency;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Up to 256 leaves, each after its length as two big-endian bytes (C2SP tlog-tiles, entry bundles). A leaf that the
 * reader may not see has length 0; no real leaf is empty.
 */
public final class Bundle {
    private Bundle() {}

    /** Writes leaves, withheld ones as empty. */
    public static byte[] write(List<byte[]> leaves) {
        var out = new ByteArrayOutputStream();
        for (byte[] leaf : leaves) {
            out.write(leaf.length >> 8);
            out.write(leaf.length);
            out.writeBytes(leaf);
        }
        return out.toByteArray();
    }

    /**
     * Reads a bundle.
     *
     * @throws IllegalArgumentException where the lengths do not add up
     */
    static List<byte[]> read(byte[] bundle) {
        var leaves = new ArrayList<byte[]>();
        int at = 0;
        while (at < bundle.length) {
            int length = at + 2 > bundle.length ? -1 : ((bundle[at] & 0xff) << 8) | (bundle[at + 1] & 0xff);
            if (length < 0 || at + 2 + length > bundle.length) {
                throw new IllegalArgumentException("the bundle ends inside entry " + leaves.size() + " of it");
            }
            leaves.add(Arrays.copyOfRange(bundle, at + 2, at + 2 + length));
            at += 2 + length;
        }
        return leaves;
    }
}
