package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * An append-only log of binary records in a folder that this process owns while it is open. Thread-safe.
 *
 * <p>Appends from all threads are written in groups by one thread at a time (group commit; DeWitt et al., 1984). Under {@link
 * Durability#WRITE} an append completes after the write and a second thread syncs behind it; a small one is written by the
 * thread that appends it, where no other writes. Under {@link Durability#POWER} it completes after the sync that its group
 * shares.
 */
public final class SegmentLog implements AutoCloseable {
    private final SegmentFolder folder;
    private final ConcurrentSkipListMap<Long, Segment> segments;
    private final SegmentWriter writer;
    private final SegmentSyncer syncer;
    private final Thread writerThread;
    private final Thread syncerThread;
    private boolean closed;

    private SegmentLog(
            SegmentFolder folder,
            ConcurrentSkipListMap<Long, Segment> segments,
            SegmentWriter writer,
            SegmentSyncer syncer) {
        this.folder = folder;
        this.segments = segments;
        this.writer = writer;
        this.syncer = syncer;
        String name = String.valueOf(folder.path().getFileName());
        this.writerThread =
                Thread.ofPlatform().daemon().name("log-writer-" + name).start(writer);
        this.syncerThread =
                Thread.ofPlatform().daemon().name("log-sync-" + name).start(syncer);
    }

    /**
     * Opens the log of a folder, which is created where absent. A torn record at the end of the last segment, which was
     * never acknowledged, is cut off.
     *
     * @throws PilothouseException {@link SegmentError#FOLDER_IN_USE}, {@link SegmentError#CORRUPT}, OUT_OF_SPACE
     */
    public static SegmentLog open(Path path, SegmentConfig config, InstantSource clock) {
        try {
            SegmentFolder folder = SegmentFolder.lock(path);
            try {
                var segments = new ConcurrentSkipListMap<>(folder.recover(clock));
                Map.Entry<Long, Segment> last = segments.lastEntry();
                Segment active = last == null ? null : last.getValue();
                if (active == null || active.seal() != null) {
                    long number = active == null ? 1 : active.number() + 1;
                    active = Segment.create(number, folder.file(number));
                    segments.put(number, active);
                }
                var syncer = new SegmentSyncer(folder, config, clock);
                // What a killed process wrote may not be synced.
                syncer.wrote(active);
                return new SegmentLog(
                        folder, segments, new SegmentWriter(folder, config, segments, active, syncer), syncer);
            } catch (IOException | RuntimeException e) {
                folder.unlock();
                throw e;
            }
        } catch (IOException e) {
            throw Disk.refusal(e, path, "The beginning of a log");
        }
    }

    /**
     * Appends a record.
     *
     * @param record at most 64 MiB; must not change before the future is done
     * @return completes with the place of the record, on the thread that writes, which may be this one, so whatever blocks or
     *     computes must continue asynchronously; fails with OUT_OF_SPACE, TOO_LARGE, {@link SegmentError#LOG_BROKEN}, or UNAVAILABLE
     *     where more than 128 MiB wait
     */
    public CompletableFuture<Position> append(byte[] record) {
        return writer.append(ByteBuffer.wrap(record));
    }

    /** As {@link #append(byte[])}; the buffer's position stays as it is. */
    public CompletableFuture<Position> append(ByteBuffer record) {
        return writer.append(record.slice());
    }

    /**
     * Ends the current segment, unless it is empty.
     *
     * @return completes with the beginning of the next segment once all before it are sealed
     */
    public CompletableFuture<Position> roll() {
        return writer.roll();
    }

    /**
     * Makes the records that are acknowledged by now survive power loss, under {@link Durability#WRITE} too.
     *
     * @return completes with the place up to which all is synced, on the thread that syncs, so whatever blocks must continue
     *     asynchronously; fails with {@link SegmentError#LOG_BROKEN}, or UNAVAILABLE after closing
     */
    public CompletableFuture<Position> sync() {
        return syncer.sync().thenApply(this::acknowledged);
    }

    /** The place up to which all is known to be synced, not after the end; {@link Position#START} before the first sync. */
    public Position synced() {
        return acknowledged(syncer.synced());
    }

    /** A record may be synced a moment before it is acknowledged, and there is no reading beyond what is. */
    private Position acknowledged(Position synced) {
        Position end = writer.end();
        return synced.compareTo(end) <= 0 ? synced : end;
    }

    /** The place after the last acknowledged record. */
    public Position end() {
        return writer.end();
    }

    /** Sealed segments, oldest first. */
    public List<SealedSegment> sealed() {
        return segments.values().stream()
                .map(Segment::seal)
                .filter(Objects::nonNull)
                .toList();
    }

    /** Bytes of acknowledged records (frames included) from a position on. */
    public long bytesAfter(Position from) {
        long bytes = 0;
        for (Segment segment : segments.tailMap(from.segment(), true).values()) {
            long start = segment.number() == from.segment() ? from.offset() : 0;
            bytes += Math.max(0, segment.size() - Math.max(start, Frame.SEGMENT_HEADER));
        }
        return bytes;
    }

    /**
     * Hands over the acknowledged records from a position on, in order, up to the end at the time of the call.
     *
     * @param from a position this log gave, or {@link Position#START}
     * @return the position to go on from: after the last record the visitor took
     * @throws PilothouseException {@link SegmentError#CORRUPT} naming file and offset where bytes are damaged, or where
     *     the position lies in a segment that is gone
     */
    public Position replay(Position from, RecordVisitor visitor) throws IOException {
        return replay(from, writer.end(), visitor);
    }

    /**
     * As {@link #replay(Position, RecordVisitor)}, but only up to a place.
     *
     * @param to a place between two records, not after the end
     */
    public Position replay(Position from, Position to, RecordVisitor visitor) throws IOException {
        requireKnown(from, to);
        requireKnown(to, writer.end());
        Position at = from;
        for (Segment segment : segments.tailMap(from.segment(), true).values()) {
            if (segment.number() > to.segment()) {
                break;
            }
            long start = segment.number() == from.segment() ? from.offset() : 0;
            long limit = segment.number() == to.segment() ? to.offset() : segment.size();
            try (var reader = new SegmentReader(segment.file(), Math.max(start, Frame.SEGMENT_HEADER), limit)) {
                boolean goOn = true;
                while (goOn && reader.next()) {
                    goOn = visitor.record(new Position(segment.number(), reader.recordAt()), reader.payload());
                }
                at = new Position(segment.number(), reader.offset());
                if (!goOn) {
                    return at;
                }
                if (reader.offset() < limit) {
                    throw SegmentError.CORRUPT.because(
                            "The log file " + segment.file() + " is damaged at offset " + reader.offset()
                                    + ". Restore it from a backup; the records before that offset are sound.");
                }
            }
        }
        return at;
    }

    /**
     * The files that hold the records of some segments up to a place. What seals them is left out: who opens them in another folder
     * seals them again.
     *
     * @param from the first segment
     * @param to a place that this log gave
     */
    public List<LogCopy.File> files(long from, Position to) {
        return segments.tailMap(from, true).headMap(to.segment(), true).values().stream()
                .map(segment -> new LogCopy.File(
                        String.valueOf(segment.file().getFileName()),
                        segment.number() == to.segment() ? to.offset() : segment.size(),
                        () -> Files.newInputStream(segment.file())))
                .toList();
    }

    private void requireKnown(Position from, Position to) {
        if (from.segment() == 0) {
            return;
        }
        Map.Entry<Long, Segment> first = segments.firstEntry();
        if (from.compareTo(to) > 0 || (first != null && from.segment() < first.getKey())) {
            throw SegmentError.CORRUPT.because("The log in " + folder.path() + " has no position " + from
                    + ": it was emptied, or belongs to other data. Restore the folder from a backup.");
        }
    }

    /**
     * Deletes the sealed segments whose number is lower than the given one; readers of them must have ended.
     *
     * @return number of bytes freed
     */
    public long delete(long segmentsBefore) throws IOException {
        long freed = 0;
        for (Segment segment :
                List.copyOf(segments.headMap(segmentsBefore, false).values())) {
            if (segment.seal() == null) {
                break;
            }
            segments.remove(segment.number());
            folder.delete(segment.number());
            freed += segment.size();
        }
        return freed;
    }

    /** Counters since opening. */
    public SegmentStats stats() {
        return writer.stats(syncer.syncs());
    }

    /** Writes and syncs what waits, then gives the folder back. Later appends fail with UNAVAILABLE. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        writer.close();
        join(writerThread);
        syncer.close();
        join(syncerThread);
        try {
            for (Segment segment : segments.values()) {
                segment.closeFiles();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            folder.unlock();
        }
    }

    private static void join(@Nullable Thread thread) {
        boolean interrupted = false;
        while (thread != null && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
