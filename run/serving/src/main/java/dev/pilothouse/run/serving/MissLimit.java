package dev.pilothouse.run.serving;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * By how much a numeric answer of one endpoint may miss its label and still be right: a fixed distance, or twice the median
 * miss of the stable version's last labels. Numbers are hardly ever equal, so they are counted as right or wrong by this limit;
 * then one test serves classes and numbers, it needs no bound on losses, and no single enormous miss decides it. The limit
 * changes only when counts are taken and is the same for all versions. Where more than half of the labels are met exactly, as
 * with classes written as numbers, the limit that follows them is 0. Thread-safe.
 */
final class MissLimit {
    private final OptionalDouble fixed;
    private final RecentValues stable;
    private volatile OptionalDouble limit;

    /**
     * A limit.
     *
     * @param fixed the distance; empty to follow the stable version
     * @param stable its last misses, as {@link #coded}
     */
    MissLimit(OptionalDouble fixed, RecentValues stable) {
        this.fixed = fixed;
        this.stable = stable;
        this.limit = fixed;
        refresh();
    }

    /** The limit; empty while too few labels of the stable version are known. */
    OptionalDouble now() {
        return limit;
    }

    /** Follows the stable version's last labels, where the limit is not fixed. */
    void refresh() {
        if (fixed.isEmpty()) {
            OptionalLong median = stable.percentile(0.5);
            if (median.isPresent()) {
                limit = OptionalDouble.of(2 * Double.longBitsToDouble(median.getAsLong() - 1));
            }
        }
    }

    /** A miss, at least 0, as a positive whole number in the same order: the bits of such doubles ascend with them. */
    static long coded(double miss) {
        return Double.doubleToLongBits(miss) + 1;
    }
}
