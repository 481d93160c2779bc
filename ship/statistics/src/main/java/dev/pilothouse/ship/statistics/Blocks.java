package dev.pilothouse.ship.statistics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What one rollout step has shown in blocks of time: the state of {@link BlockTest}, to be stored with the counts it was
 * made of.
 *
 * @param candidate the candidate's counts in all blocks, the open one included
 * @param stable the counts of what it is compared with
 * @param openCandidate the candidate's counts in the block that is still open
 * @param openStable those of what it is compared with
 * @param closed number of closed blocks
 * @param sum of the differences of rates (candidate less stable) over closed blocks
 * @param squares sum of their squares
 * @param harm logarithm of the capital of each stake of {@link BlockTest}
 */
public record Blocks(
        Arm candidate,
        Arm stable,
        Arm openCandidate,
        Arm openStable,
        long closed,
        double sum,
        double squares,
        List<Double> harm) {
    /** A step in which nothing was counted. */
    public static final Blocks NONE = new Blocks(
            Arm.NONE, Arm.NONE, Arm.NONE, Arm.NONE, 0, 0, 0, Collections.nCopies(BlockTest.STAKES.size(), 0.0));

    public Blocks {
        harm = List.copyOf(harm);
        if (harm.size() != BlockTest.STAKES.size()) {
            throw new IllegalArgumentException(
                    "A capital for each of " + BlockTest.STAKES.size() + " stakes is needed, not " + harm.size());
        }
    }

    /** Counts of a short time, which go into the open block. */
    Blocks count(Arm more, Arm others) {
        return new Blocks(
                candidate.plus(more),
                stable.plus(others),
                openCandidate.plus(more),
                openStable.plus(others),
                closed,
                sum,
                squares,
                harm);
    }

    /**
     * Closes the open block.
     *
     * @param difference of rates in it
     * @param gains what each stake gained, added to the logarithms of the capitals
     */
    Blocks close(double difference, List<Double> gains) {
        var capitals = new ArrayList<Double>(gains.size());
        for (int i = 0; i < gains.size(); i++) {
            capitals.add(harm.get(i) + gains.get(i));
        }
        return new Blocks(
                candidate,
                stable,
                Arm.NONE,
                Arm.NONE,
                closed + 1,
                sum + difference,
                squares + difference * difference,
                capitals);
    }
}
