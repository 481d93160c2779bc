package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.Digest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A Merkle tree (RFC 6962) that remembers only its right edge: per tile level the hashes of the tile that is not full
 * yet. Appending a leaf costs one to two hashes, the root at most 255 per level. Used by one thread.
 */
public final class GrowingTree {
    /** Hashes in a full tile. */
    public static final int TILE = 256;

    /** The unfinished tile of one level. */
    private static final class Edge {
        final byte[] hashes = new byte[TILE * TreeHasher.HASH];
        long index;
        int width;
        boolean touched;
    }

    private final TreeHasher hasher = new TreeHasher();
    private final List<Edge> edges = new ArrayList<>();
    private final List<Tile> finished = new ArrayList<>();
    private long size;

    /** Where a tree of some size gets the hashes of its unfinished tiles from. */
    @FunctionalInterface
    public interface TileSource {
        /**
         * The first {@code width} hashes of a tile, or more of them.
         *
         * @throws RuntimeException where the tile is missing or holds fewer
         */
        byte[] hashes(int level, long index, int width);
    }

    /** The tree of a size, its edge read from stored tiles. */
    public static GrowingTree load(long size, TileSource tiles) {
        var tree = new GrowingTree();
        tree.size = size;
        for (int level = 0; size >> (8 * level) > 0; level++) {
            long hashes = size >> (8 * level);
            Edge edge = tree.edge(level);
            edge.index = hashes / TILE;
            edge.width = (int) (hashes % TILE);
            if (edge.width > 0) {
                byte[] stored = tiles.hashes(level, edge.index, edge.width);
                System.arraycopy(stored, 0, edge.hashes, 0, edge.width * TreeHasher.HASH);
            }
        }
        return tree;
    }

    /** A tree with the same leaves that grows apart from this one. */
    public GrowingTree copy() {
        var tree = new GrowingTree();
        tree.size = size;
        for (int level = 0; level < edges.size(); level++) {
            Edge from = edges.get(level);
            Edge to = tree.edge(level);
            to.index = from.index;
            to.width = from.width;
            System.arraycopy(from.hashes, 0, to.hashes, 0, from.width * TreeHasher.HASH);
        }
        return tree;
    }

    /** Number of leaves. */
    public long size() {
        return size;
    }

    /** Appends a leaf by its hash. */
    public void append(byte[] leafHash) {
        append(0, leafHash);
        size++;
    }

    private void append(int level, byte[] hash) {
        Edge edge = edge(level);
        System.arraycopy(hash, 0, edge.hashes, edge.width * TreeHasher.HASH, TreeHasher.HASH);
        edge.width++;
        edge.touched = true;
        if (edge.width == TILE) {
            finished.add(new Tile(level, edge.index, edge.hashes.clone()));
            byte[] root = hasher.perfectRoot(edge.hashes, 0, TILE);
            edge.index++;
            edge.width = 0;
            edge.touched = false;
            append(level + 1, root);
        }
    }

    /** The head at the present size, to be signed. */
    public Checkpoint head(String origin) {
        return new Checkpoint(origin, size, new Digest(HexFormat.of().formatHex(root())));
    }

    /** The root hash at the present size. */
    byte[] root() {
        var perfect = new ArrayList<byte[]>();
        for (int level = edges.size() - 1; level >= 0; level--) {
            Edge edge = edges.get(level);
            int first = 0;
            for (int count = TILE / 2; count > 0; count /= 2) {
                if ((edge.width & count) != 0) {
                    perfect.add(hasher.perfectRoot(edge.hashes, first, count));
                    first += count;
                }
            }
        }
        if (perfect.isEmpty()) {
            return hasher.empty();
        }
        byte[] root = perfect.getLast();
        for (int i = perfect.size() - 2; i >= 0; i--) {
            root = hasher.node(perfect.get(i), root);
        }
        return root;
    }

    /** The tiles that became full since the last call, in the order in which they did. */
    public List<Tile> finishedTiles() {
        List<Tile> tiles = List.copyOf(finished);
        finished.clear();
        return tiles;
    }

    /** The unfinished tiles that grew since they were started or loaded. */
    public List<Tile> grownTiles() {
        return unfinished(true);
    }

    /** All unfinished tiles that hold a hash. */
    List<Tile> unfinishedTiles() {
        return unfinished(false);
    }

    private List<Tile> unfinished(boolean grownOnly) {
        var tiles = new ArrayList<Tile>();
        for (int level = 0; level < edges.size(); level++) {
            Edge edge = edges.get(level);
            if (edge.width > 0 && (edge.touched || !grownOnly)) {
                tiles.add(new Tile(level, edge.index, Arrays.copyOf(edge.hashes, edge.width * TreeHasher.HASH)));
            }
        }
        return tiles;
    }

    private Edge edge(int level) {
        while (edges.size() <= level) {
            edges.add(new Edge());
        }
        return edges.get(level);
    }
}
