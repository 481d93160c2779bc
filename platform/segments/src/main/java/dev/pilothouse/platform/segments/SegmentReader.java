package dev.pilothouse.platform.segments;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads one segment's frames from an offset up to a limit. Not thread-safe. */
final class SegmentReader implements AutoCloseable {
    private static final int BUFFER = 256 << 10;

    private final FileChannel channel;
    private final long limit;
    private ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
    /** Offset in the file of the buffer's position. */
    private long offset;

    private long recordAt;
    private ByteBuffer payload = ByteBuffer.allocate(0);

    SegmentReader(Path file, long from, long limit) throws IOException {
        this.channel = FileChannel.open(file, StandardOpenOption.READ);
        this.limit = Math.min(limit, channel.size());
        this.offset = from;
    }

    /** Whether the file begins as a segment of this number does. */
    boolean hasHeader(long number) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Frame.SEGMENT_HEADER);
        int read = 0;
        while (header.hasRemaining() && read >= 0) {
            read = channel.read(header, header.position());
        }
        return Frame.isSegmentHeader(header.flip(), number);
    }

    /** Steps to the next record; false at the end and at bytes that are no whole frame, which {@link #atEnd} tells apart. */
    boolean next() throws IOException {
        if (!has(Frame.HEADER)) {
            return false;
        }
        int length = buffer.getInt(buffer.position());
        int crc = buffer.getInt(buffer.position() + 4);
        if (length < 0 || length > Frame.MAX_PAYLOAD || !has(Frame.HEADER + length)) {
            return false;
        }
        ByteBuffer candidate = buffer.slice(buffer.position() + Frame.HEADER, length);
        if (Frame.crc(candidate) != crc) {
            return false;
        }
        payload = candidate.asReadOnlyBuffer();
        recordAt = offset;
        buffer.position(buffer.position() + Frame.HEADER + length);
        offset += Frame.HEADER + length;
        return true;
    }

    /** Where the record of the last {@link #next} begins. */
    long recordAt() {
        return recordAt;
    }

    /** The record of the last {@link #next}; valid until the next. */
    ByteBuffer payload() {
        return payload;
    }

    /** Where the next record would begin. */
    long offset() {
        return offset;
    }

    boolean atEnd() {
        return offset >= limit;
    }

    private boolean has(int bytes) throws IOException {
        if (buffer.remaining() >= bytes) {
            return true;
        }
        if (limit - offset < bytes) {
            return false;
        }
        buffer = bytes > buffer.capacity() ? ByteBuffer.allocate(bytes).put(buffer) : buffer.compact();
        while (buffer.position() < bytes) {
            int wanted = (int) Math.min(buffer.remaining(), limit - offset - buffer.position());
            int end = buffer.limit();
            buffer.limit(buffer.position() + wanted);
            int read = channel.read(buffer, offset + buffer.position());
            buffer.limit(end);
            if (read < 0) {
                break;
            }
        }
        buffer.flip();
        return buffer.remaining() >= bytes;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
