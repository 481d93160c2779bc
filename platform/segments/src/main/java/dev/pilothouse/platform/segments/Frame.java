package dev.pilothouse.platform.segments;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a record lies in a segment: length (4 bytes), CRC-32C (RFC 3720, B.4) of length and payload (4 bytes), payload; all
 * big-endian. A run of zeros is no valid frame, since the CRC of a zero length is not zero.
 */
final class Frame {
    /** Bytes before the payload. */
    static final int HEADER = 8;
    /** First bytes of a segment's file: 8 of magic, 8 of the segment's number. */
    static final int SEGMENT_HEADER = 16;

    static final int MAX_PAYLOAD = 64 << 20;

    private static final long MAGIC = 0x50_48_53_45_47_0d_0a_01L;

    private Frame() {}

    static int crc(ByteBuffer payload) {
        int length = payload.remaining();
        var crc = new CRC32C();
        crc.update(length >>> 24);
        crc.update(length >>> 16);
        crc.update(length >>> 8);
        crc.update(length);
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }

    static ByteBuffer segmentHeader(long number) {
        return ByteBuffer.allocate(SEGMENT_HEADER)
                .putLong(MAGIC)
                .putLong(number)
                .flip();
    }

    static boolean isSegmentHeader(ByteBuffer bytes, long number) {
        return bytes.remaining() >= SEGMENT_HEADER && bytes.getLong(0) == MAGIC && bytes.getLong(8) == number;
    }
}
