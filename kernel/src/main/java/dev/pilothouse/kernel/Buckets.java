package dev.pilothouse.kernel;

import java.nio.charset.StandardCharsets;

/**
 * Where keys fall when something is split among them: the same key under the same salt always in the same place, and keys spread
 * evenly. Stateless.
 *
 * <p>FNV-1a, then the finalizer of SplitMix64 (Steele, Lea, Flood 2014), because FNV's high bits mix badly on short keys.
 */
public final class Buckets {
    /** Places of {@link #of}. */
    public static final int PER_MILLE = 1000;

    private static final long START = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private Buckets() {}

    /** A place in [0, 1000): a split of so many per mille has the keys below that. */
    public static int of(String key, String salt) {
        long hash = fnv(START, salt);
        hash = (hash ^ 0xff) * PRIME;
        return (int) Long.remainderUnsigned(mix(fnv(hash, key)), PER_MILLE);
    }

    /** A number in [0, 1) that depends on the text only. */
    public static double fraction(String text) {
        return (mix(fnv(0x9e3779b97f4a7c15L, text)) >>> 11) * 0x1.0p-53;
    }

    private static long fnv(long start, String text) {
        long hash = start;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * PRIME;
        }
        return hash;
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
