package dev.pilothouse.trust.ledger;

/**
 * Consecutive hashes of one height of the tree (C2SP tlog-tiles): at level 0 leaf hashes, above it each hash is the root
 * of a full tile one level below.
 *
 * @param level height in tiles, from 0
 * @param index position within its level, from 0
 * @param hashes 1 to 256 hashes of 32 bytes, one after another
 */
record Tile(int level, long index, byte[] hashes) {
    /** Number of hashes, 256 when the tile is full. */
    int width() {
        return hashes.length / TreeHasher.HASH;
    }
}
