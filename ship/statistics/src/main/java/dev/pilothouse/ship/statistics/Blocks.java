package dev.pilothouse.ship.statistics;

import java.util.Collections;
import java.util.List;

/**
 * What one rollout step has shown in blocks of time: the state of {@link BlockTest}, to be stored with the counts it was
 * made of.
 *
 * @param candidate the candidate's counts in the block that is still open
 * @param stable the stable version's counts in it
 * @param closed number of closed blocks
 * @param sum of the differences of rates (candidate less stable) over closed blocks
 * @param squares sum of their squares
 * @param harm logarithm of the capital of each stake of {@link BlockTest}
 */
public record Blocks(Arm candidate, Arm stable, long closed, double sum, double squares, List<Double> harm) {
    /** A step in which nothing was counted. */
    public static final Blocks NONE =
            new Blocks(Arm.NONE, Arm.NONE, 0, 0, 0, Collections.nCopies(BlockTest.STAKES.size(), 0.0));

    public Blocks {
        harm = List.copyOf(harm);
        if (harm.size() != BlockTest.STAKES.size()) {
            throw new IllegalArgumentException(
                    "A capital for each of " + BlockTest.STAKES.size() + " stakes is needed, not " + harm.size());
        }
    }
}
