package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One segment. The writer thread alone appends; the sync thread forces and seals; any thread may read size and seal.
 */
final class Segment {
    private final long number;
    private final Path file;
    /** Bytes that are whole, acknowledged records; what lies behind them in the file is nobody's. */
    private volatile long size;

    private final AtomicLong records;
    private volatile @Nullable SealedSegment seal;
    private @Nullable Writing writing;

    /** Two channels on one file: a sync on the second does not hold the first one's lock, so that writes go on. */
    private record Writing(FileChannel append, FileChannel sync, MessageDigest digest) {}

    private Segment(long number, Path file, long size, long records) {
        this.number = number;
        this.file = file;
        this.size = size;
        this.records = new AtomicLong(records);
    }

    static Segment sealed(SealedSegment seal) {
        var segment = new Segment(seal.number(), seal.file(), seal.size(), seal.records());
        segment.seal = seal;
        return segment;
    }

    /** Starts a file. On failure nothing is left. */
    static Segment create(long number, Path file) throws IOException {
        var segment = new Segment(number, file, Frame.SEGMENT_HEADER, 0);
        segment.open(Digest.sha256());
        return segment;
    }

    /** Goes on with a file whose first {@code size} bytes were read and digested. */
    static Segment resume(long number, Path file, long size, long records, MessageDigest digest) throws IOException {
        var segment = new Segment(number, file, size, records);
        segment.open(digest);
        return segment;
    }

    private void open(MessageDigest digest) throws IOException {
        FileChannel append = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            append.truncate(size);
            if (append.size() < Frame.SEGMENT_HEADER) {
                ByteBuffer header = Frame.segmentHeader(number);
                digest.update(header.duplicate());
                writeFully(append, header, 0);
            }
            writing = new Writing(append, FileChannel.open(file, StandardOpenOption.WRITE), digest);
        } catch (IOException e) {
            append.close();
            java.nio.file.Files.deleteIfExists(file);
            throw e;
        }
    }

    long number() {
        return number;
    }

    Path file() {
        return file;
    }

    long size() {
        return size;
    }

    long records() {
        return records.get();
    }

    boolean isEmpty() {
        return size <= Frame.SEGMENT_HEADER;
    }

    @Nullable
    SealedSegment seal() {
        return seal;
    }

    /**
     * Writes bytes behind the records; they count only after {@link #accept}. An interrupt of the thread, which would close the
     * channel under all others, is kept until they are written.
     */
    void write(ByteBuffer bytes, long at) throws IOException {
        boolean interrupted = false;
        try {
            boolean written = false;
            while (!written) {
                interrupted |= Thread.interrupted();
                written = isWritten(bytes.duplicate(), at);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** False where an interrupt closed the channel, which is open again. */
    private boolean isWritten(ByteBuffer bytes, long at) throws IOException {
        Writing now = writing();
        try {
            writeFully(now.append, bytes, at);
            return true;
        } catch (ClosedByInterruptException _) {
            writing = new Writing(FileChannel.open(file, StandardOpenOption.WRITE), now.sync, now.digest);
            return false;
        }
    }

    /** Cuts off what was written and not accepted. */
    void discardUnaccepted() throws IOException {
        writing().append.truncate(size);
    }

    void accept(long newSize, int newRecords) {
        records.addAndGet(newRecords);
        size = newSize;
    }

    void digest(ByteBuffer accepted) {
        writing().digest.update(accepted);
    }

    void force() throws IOException {
        writing().sync.force(false);
    }

    /** Ends the segment, whose bytes were forced before. */
    SealedSegment close(java.time.Instant now) throws IOException {
        Writing last = writing();
        var sealed = new SealedSegment(number, file, size, records.get(), Digest.of(last.digest), now);
        closeFiles();
        seal = sealed;
        return sealed;
    }

    void closeFiles() throws IOException {
        if (writing != null) {
            writing.append.close();
            writing.sync.close();
        }
    }

    private Writing writing() {
        if (writing == null) {
            throw new IllegalStateException("Segment " + number + " is sealed");
        }
        return writing;
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }
}
