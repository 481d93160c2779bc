package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.Digest;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The hashes of a Merkle tree (RFC 6962, section 2.1): a leaf is {@code SHA-256(0x00 || data)}, an inner node {@code
 * SHA-256(0x01 || left || right)}, the empty tree {@code SHA-256()}. Keeps one computation for reuse; used by one thread.
 */
public final class TreeHasher {
    /** Bytes of one hash. */
    public static final int HASH = 32;

    private final MessageDigest sha256 = Digest.sha256();
    private final byte[] scratch = new byte[GrowingTree.TILE * HASH];

    byte[] empty() {
        return sha256.digest();
    }

    /** The hash of a leaf. */
    public byte[] leaf(byte[] data) {
        sha256.update((byte) 0);
        return sha256.digest(data);
    }

    byte[] node(byte[] left, byte[] right) {
        sha256.update((byte) 1);
        sha256.update(left);
        return sha256.digest(right);
    }

    /** The root above {@code count} hashes that lie one after another in {@code hashes}; {@code count} is a power of two up to 256. */
    byte[] perfectRoot(byte[] hashes, int first, int count) {
        System.arraycopy(hashes, first * HASH, scratch, 0, count * HASH);
        try {
            for (int width = count; width > 1; width /= 2) {
                for (int i = 0; i < width / 2; i++) {
                    sha256.update((byte) 1);
                    sha256.update(scratch, 2 * i * HASH, 2 * HASH);
                    sha256.digest(scratch, i * HASH, HASH);
                }
            }
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-256 writes 32 bytes", e);
        }
        return Arrays.copyOf(scratch, HASH);
    }
}
