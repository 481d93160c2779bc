package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes in groups: who writes takes all that waits, writes it at once, and then acknowledges it. While it writes, the next
 * group gathers. That is a thread of its own, or, for small records that need no sync, whoever appends while nobody writes: a
 * write of some hundred bytes costs a few microseconds, to wake a thread and be woken by it ten times that.
 */
final class SegmentWriter implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentWriter.class);
    private static final int BUFFER = 1 << 20;
    private static final long MAX_WAITING_BYTES = 128L << 20;
    /** What is written by who appends it. */
    private static final int SMALL = 4 << 10;
    /** Groups that one append writes at most, before the thread takes over. */
    private static final int MOST_GROUPS = 4;

    private sealed interface Request {
        CompletableFuture<Position> done();

        record Append(ByteBuffer payload, int crc, CompletableFuture<Position> done) implements Request {
            long frame() {
                return Frame.HEADER + (long) payload.remaining();
            }
        }

        record Roll(CompletableFuture<Position> done) implements Request {}
    }

    private final SegmentFolder folder;
    private final SegmentConfig config;
    private final ConcurrentSkipListMap<Long, Segment> segments;
    private final SegmentSyncer syncer;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private List<Request> waiting = new ArrayList<>();
    private long waitingBytes;
    private boolean closing;
    /** Whether somebody writes. What follows belongs to who does. */
    private boolean busy;

    /** Absent after the disk was too full to begin the next segment; then the next append tries again. */
    private @Nullable Segment active;

    private volatile Position end;
    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder refused = new LongAdder();

    SegmentWriter(
            SegmentFolder folder,
            SegmentConfig config,
            ConcurrentSkipListMap<Long, Segment> segments,
            Segment active,
            SegmentSyncer syncer) {
        this.folder = folder;
        this.config = config;
        this.segments = segments;
        this.active = active;
        this.syncer = syncer;
        this.end = new Position(active.number(), active.size());
    }

    CompletableFuture<Position> append(ByteBuffer payload) {
        var done = new CompletableFuture<Position>();
        if (payload.remaining() > Frame.MAX_PAYLOAD) {
            done.completeExceptionally(CommonError.TOO_LARGE.because("A record of " + payload.remaining()
                    + " bytes does not fit: at most " + Frame.MAX_PAYLOAD + " are allowed. Send smaller batches."));
            return done;
        }
        offer(new Request.Append(payload, Frame.crc(payload), done), payload.remaining());
        return done;
    }

    CompletableFuture<Position> roll() {
        var done = new CompletableFuture<Position>();
        offer(new Request.Roll(done), 0);
        return done;
    }

    private void offer(Request request, int size) {
        PilothouseException refusal = null;
        List<Request> taken = null;
        lock.lock();
        try {
            if (closing) {
                refusal = CommonError.UNAVAILABLE.because("The log is closed: the server is stopping. Try again soon.");
            } else if (waitingBytes + size > MAX_WAITING_BYTES) {
                refusal = CommonError.UNAVAILABLE.because(
                        "The disk does not keep up: too many records wait to be written. Try again soon.");
            } else {
                waitingBytes += size;
                waiting.add(request);
                if (!busy && size <= SMALL && isBriefToWrite()) {
                    taken = take();
                } else if (!busy) {
                    arrived.signal();
                }
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            request.done().completeExceptionally(refusal);
        }
        for (int groups = 1; taken != null; groups++) {
            processOrFail(taken);
            taken = more(groups < MOST_GROUPS, false);
        }
    }

    @Override
    public void run() {
        List<Request> taken = await();
        while (taken != null) {
            processOrFail(taken);
            taken = more(true, true);
            if (taken == null) {
                taken = await();
            }
        }
    }

    /** Waits for requests that nobody writes and takes them all; null once closed and empty. */
    private @Nullable List<Request> await() {
        lock.lock();
        try {
            while (busy || waiting.isEmpty()) {
                if (closing && !busy) {
                    return null;
                }
                arrived.awaitUninterruptibly();
            }
            return take();
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock: whether what waits is written without a sync and without a new segment. */
    private boolean isBriefToWrite() {
        for (Request request : waiting) {
            if (request instanceof Request.Roll) {
                return false;
            }
        }
        Segment segment = active;
        return segment != null
                && config.durability() == Durability.WRITE
                && waitingBytes <= SMALL * MOST_GROUPS
                && segment.size() + waitingBytes + (long) waiting.size() * Frame.HEADER <= config.segmentBytes();
    }

    /**
     * What came while this thread wrote, where it may go on; else it writes no more.
     *
     * @param own whether it is the thread that does all else
     */
    private @Nullable List<Request> more(boolean mayGoOn, boolean own) {
        lock.lock();
        try {
            busy = false;
            if (mayGoOn && !waiting.isEmpty() && (own || isBriefToWrite())) {
                return take();
            }
            if (closing || !waiting.isEmpty()) {
                arrived.signal();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock: all that waits, for who writes from here on. */
    private List<Request> take() {
        List<Request> taken = waiting;
        waiting = new ArrayList<>();
        waitingBytes = 0;
        busy = true;
        return taken;
    }

    private void processOrFail(List<Request> taken) {
        try {
            process(taken);
        } catch (RuntimeException | Error e) {
            LOG.error("The writer of {} failed", folder.path(), e);
            PilothouseException refusal = syncer.fail(e);
            taken.forEach(r -> r.done().completeExceptionally(refusal));
        }
    }

    private void process(List<Request> batch) {
        var group = new ArrayList<Request.Append>(batch.size());
        long size = active == null ? 0 : active.size();
        for (Request request : batch) {
            switch (request) {
                case Request.Append append -> {
                    if (size > Frame.SEGMENT_HEADER && size + append.frame() > config.segmentBytes()) {
                        commit(group);
                        rollOver(null);
                        size = active == null ? 0 : active.size();
                    }
                    group.add(append);
                    size += append.frame();
                }
                case Request.Roll roll -> {
                    commit(group);
                    rollOver(roll.done());
                    size = active == null ? 0 : active.size();
                }
            }
        }
        commit(group);
    }

    /** Writes a group of one segment, acknowledges it and empties the list. */
    private void commit(List<Request.Append> group) {
        if (group.isEmpty()) {
            return;
        }
        PilothouseException broken = syncer.broken();
        if (broken == null && active == null) {
            begin(end.segment() + 1);
        }
        Segment segment = active;
        if (broken != null || segment == null) {
            refuse(group, broken != null ? broken : full(new IOException("no space left to begin a segment")));
        } else {
            try {
                long newEnd = write(group, segment);
                if (config.durability() == Durability.POWER) {
                    syncer.forceNow(segment);
                }
                acknowledge(group, segment, newEnd);
            } catch (IOException e) {
                discard(segment, e);
                PilothouseException nowBroken = syncer.broken();
                refuse(group, nowBroken != null ? nowBroken : full(e));
            }
        }
        group.clear();
    }

    private long write(List<Request.Append> group, Segment segment) throws IOException {
        long at = segment.size();
        buffer.clear();
        for (Request.Append append : group) {
            if (buffer.remaining() < Frame.HEADER) {
                at = drain(segment, at);
            }
            ByteBuffer payload = append.payload().duplicate();
            buffer.putInt(payload.remaining()).putInt(append.crc());
            while (payload.hasRemaining()) {
                if (!buffer.hasRemaining()) {
                    at = drain(segment, at);
                }
                int part = Math.min(payload.remaining(), buffer.remaining());
                buffer.put(buffer.position(), payload, payload.position(), part);
                buffer.position(buffer.position() + part);
                payload.position(payload.position() + part);
            }
        }
        return drain(segment, at);
    }

    private long drain(Segment segment, long at) throws IOException {
        buffer.flip();
        long next = at + buffer.remaining();
        segment.write(buffer, at);
        buffer.clear();
        return next;
    }

    private void acknowledge(List<Request.Append> group, Segment segment, long newEnd) {
        long at = segment.size();
        segment.accept(newEnd, group.size());
        // First, so that whoever sees the new end and asks for a sync gets one of these records.
        syncer.wrote(segment);
        end = new Position(segment.number(), newEnd);
        records.add(group.size());
        bytes.add(newEnd - at);
        writes.increment();
        for (Request.Append append : group) {
            append.done().complete(new Position(segment.number(), at));
            at += append.frame();
        }
        // The digest is not needed before the seal, so nobody waits for it.
        for (Request.Append append : group) {
            segment.digest(ByteBuffer.allocate(Frame.HEADER)
                    .putInt(append.payload().remaining())
                    .putInt(append.crc())
                    .flip());
            segment.digest(append.payload().duplicate());
        }
    }

    private void discard(Segment segment, IOException cause) {
        try {
            segment.discardUnaccepted();
        } catch (IOException e) {
            e.addSuppressed(cause);
            syncer.fail(e);
        }
    }

    private void refuse(List<Request.Append> group, PilothouseException refusal) {
        refused.add(group.size());
        group.forEach(append -> append.done().completeExceptionally(refusal));
    }

    private PilothouseException full(IOException e) {
        LOG.warn("A write to {} failed: {}", folder.path(), e.getMessage());
        return Disk.refusal(e, folder.path(), "The record");
    }

    private void rollOver(@Nullable CompletableFuture<Position> done) {
        Segment old = active;
        if (old == null || old.isEmpty()) {
            syncer.afterSeals(done, end);
            return;
        }
        active = null;
        begin(old.number() + 1);
        syncer.seal(old, done, end);
    }

    private void begin(long number) {
        try {
            Segment next = Segment.create(number, folder.file(number));
            segments.put(number, next);
            active = next;
            end = new Position(number, next.size());
        } catch (IOException e) {
            LOG.warn("Segment {} of {} cannot be started: {}", number, folder.path(), e.getMessage());
        }
    }

    /** Lets the thread end once it has written what waits. */
    void close() {
        lock.lock();
        try {
            closing = true;
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    Position end() {
        return end;
    }

    SegmentStats stats(long syncs) {
        return new SegmentStats(records.sum(), bytes.sum(), writes.sum(), syncs, refused.sum(), segments.size());
    }
}
