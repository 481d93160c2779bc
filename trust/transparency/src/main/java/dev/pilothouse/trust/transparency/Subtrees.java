package dev.pilothouse.trust.transparency;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Roots of subtrees of a tree, read from its tiles; keeps the tiles it has read. Used by one thread. */
final class Subtrees {
    private static final int TILE = GrowingTree.TILE;

    private final GrowingTree.TileSource tiles;
    private final long size;
    private final TreeHasher hasher = new TreeHasher();
    private final Map<Integer, Map<Long, byte[]>> read = new HashMap<>();

    Subtrees(GrowingTree.TileSource tiles, long size) {
        this.tiles = tiles;
        this.size = size;
    }

    /** Root of the leaves from {@code from} to before {@code to}, where {@code from} is a multiple of the subtree's span. */
    byte[] root(long from, long to) {
        long count = to - from;
        if (Long.bitCount(count) == 1) {
            return perfect(from, count);
        }
        long left = Long.highestOneBit(count);
        return hasher.node(root(from, from + left), root(from + left, to));
    }

    private byte[] perfect(long from, long count) {
        int level = Long.numberOfTrailingZeros(count) / 8;
        long span = 1L << (8 * level);
        long first = from / span;
        int inTile = (int) (count / span);
        return hasher.perfectRoot(tile(level, first / TILE), (int) (first % TILE), inTile);
    }

    private byte[] tile(int level, long index) {
        return read.computeIfAbsent(level, _ -> new HashMap<>()).computeIfAbsent(index, _ -> {
            long hashes = size >> (8 * level);
            int width = (int) Math.min(TILE, hashes - index * TILE);
            byte[] stored = tiles.hashes(level, index, width);
            return Arrays.copyOf(stored, width * TreeHasher.HASH);
        });
    }
}
