package dev.pilothouse.platform.segments;

/**
 * A place in a log, between two records or at the beginning of one.
 *
 * @param segment number of the segment, from 1; 0 stands before everything
 * @param offset byte in the segment's file
 */
public record Position(long segment, long offset) implements Comparable<Position> {
    /** Before the first record of any log. */
    public static final Position START = new Position(0, 0);

    public Position {
        if (segment < 0 || offset < 0) {
            throw new IllegalArgumentException("A position is not negative: " + segment + ":" + offset);
        }
    }

    @Override
    public int compareTo(Position other) {
        int bySegment = Long.compare(segment, other.segment);
        return bySegment != 0 ? bySegment : Long.compare(offset, other.offset);
    }

    @Override
    public String toString() {
        return segment + ":" + offset;
    }
}
