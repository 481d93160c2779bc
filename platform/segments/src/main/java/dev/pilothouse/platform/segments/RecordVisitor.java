package dev.pilothouse.platform.segments;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the records of a log one by one. */
@FunctionalInterface
public interface RecordVisitor {
    /**
     * Takes one record.
     *
     * @param at where it begins
     * @param payload its bytes, big-endian, valid until this method returns
     * @return whether to go on with the next
     */
    boolean record(Position at, ByteBuffer payload) throws IOException;
}
