package dev.pilothouse.trust.transparency;

/**
 * Consecutive hashes of one height of the tree (C2SP tlog-tiles): at level 0 leaf hashes, above it each hash is the root
 * of a full tile one level below.
 *
 * @param level height in tiles, from 0
 * @param index position within its level, from 0
 * @param hashes 1 to 256 hashes of 32 bytes, one after another
 */
public record Tile(int level, long index, byte[] hashes) {
    /** Number of hashes, 256 when the tile is full. */
    public int width() {
        return hashes.length / TreeHasher.HASH;
    }
}
