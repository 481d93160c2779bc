package dev.pilothouse.know.tracking;

import dev.pilothouse.know.tracking.RunSearch.Hit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The best of many hits. Keeps up to twice as many as are wanted; when that room is full, it selects the wanted ones (Hoare's
 * quickselect) and drops the rest, so that each hit costs a few comparisons however many there are and in whatever order they
 * come. Most are dropped by their rank alone, against the worst that is still wanted. Used by one thread.
 */
final class BestHits {
    private static final int ROOM = 512;

    private final Comparator<Hit> order;
    private final int wanted;
    private Hit[] hits;
    private int size;
    private @Nullable Hit worst;

    BestHits(Comparator<Hit> order, int wanted) {
        this.order = order;
        this.wanted = wanted;
        this.hits = new Hit[Math.clamp(2L * wanted, 2, ROOM)];
    }

    void offer(RunTable table, int row, long rank) {
        if (worst != null && rank > worst.rank()) {
            return;
        }
        var hit = new Hit(table, row, rank);
        if (worst != null && rank == worst.rank() && order.compare(hit, worst) > 0) {
            return;
        }
        if (size == hits.length) {
            makeRoom();
        }
        hits[size++] = hit;
    }

    private void makeRoom() {
        if (hits.length < 2L * wanted) {
            hits = Arrays.copyOf(hits, (int) Math.min(2L * wanted, 2L * hits.length));
            return;
        }
        select();
        worst = hits[wanted - 1];
        size = wanted;
    }

    /** Brings the wanted ones to the front, the worst of them last. */
    private void select() {
        int low = 0;
        int high = size - 1;
        int at = wanted - 1;
        while (low < high) {
            Hit pivot = hits[(low + high) >>> 1];
            int left = low;
            int right = high;
            while (left <= right) {
                while (order.compare(hits[left], pivot) < 0) {
                    left++;
                }
                while (order.compare(hits[right], pivot) > 0) {
                    right--;
                }
                if (left <= right) {
                    Hit moved = hits[left];
                    hits[left++] = hits[right];
                    hits[right--] = moved;
                }
            }
            if (at <= right) {
                high = right;
            } else if (at >= left) {
                low = left;
            } else {
                return;
            }
        }
    }

    /** The best, in order. */
    List<Hit> inOrder() {
        Arrays.sort(hits, 0, size, order);
        return List.of(Arrays.copyOf(hits, Math.min(size, wanted)));
    }
}
