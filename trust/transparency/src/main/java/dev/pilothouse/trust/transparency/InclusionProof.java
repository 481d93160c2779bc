package dev.pilothouse.trust.transparency;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Shows that a leaf is in a tree (RFC 6962, section 2.1.1; checked as in RFC 9162, section 2.1.3.2).
 *
 * @param index position of the leaf, from 0
 * @param size number of leaves in the tree
 * @param path hashes of 32 bytes from the leaf's sibling up
 */
public record InclusionProof(long index, long size, List<byte[]> path) {
    public InclusionProof {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("Entry " + index + " is not in a tree of " + size);
        }
        path = List.copyOf(path);
    }

    /** The proof, its hashes computed from tiles of the tree. */
    public static InclusionProof from(long index, long size, GrowingTree.TileSource tiles) {
        var path = new ArrayList<byte[]>();
        collect(index, 0, size, new Subtrees(tiles, size), path);
        return new InclusionProof(index, size, path);
    }

    private static void collect(long index, long from, long to, Subtrees subtrees, List<byte[]> path) {
        if (to - from == 1) {
            return;
        }
        long middle = from + Long.highestOneBit(to - from - 1);
        if (index < middle) {
            collect(index, from, middle, subtrees, path);
            path.add(subtrees.root(middle, to));
        } else {
            collect(index, middle, to, subtrees, path);
            path.add(subtrees.root(from, middle));
        }
    }

    /** Whether the proof leads from the leaf's hash to the root. */
    public boolean leadsTo(byte[] leafHash, byte[] root) {
        var hasher = new TreeHasher();
        long position = index;
        long last = size - 1;
        byte[] hash = leafHash;
        for (byte[] sibling : path) {
            if (last == 0) {
                return false;
            }
            if ((position & 1) == 1 || position == last) {
                hash = hasher.node(sibling, hash);
                while ((position & 1) == 0 && position != 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                hash = hasher.node(hash, sibling);
            }
            position >>= 1;
            last >>= 1;
        }
        return last == 0 && Arrays.equals(hash, root);
    }
}
