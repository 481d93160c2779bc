package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that syncs behind the writer's back and seals full segments, so that no append waits for either. */
final class SegmentSyncer implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentSyncer.class);

    private record Ending(
            @Nullable Segment segment, @Nullable CompletableFuture<Position> done, Position next) {}

    /** What is synced next, and who waits for it. */
    private record Round(@Nullable Segment segment, List<CompletableFuture<Position>> waiting) {}

    private final SegmentFolder folder;
    private final InstantSource clock;
    private final long restNanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Ending> endings = new ArrayDeque<>();
    private List<CompletableFuture<Position>> wishes = new ArrayList<>();
    private boolean closing;
    private boolean ended;

    /** The segment with unsynced records, if any. */
    private volatile @Nullable Segment dirty;

    /** All before it survives power loss. */
    private volatile Position synced = Position.START;

    private volatile @Nullable PilothouseException broken;
    private final LongAdder syncs = new LongAdder();
    private @Nullable Segment folderSyncedFor;

    SegmentSyncer(SegmentFolder folder, SegmentConfig config, InstantSource clock) {
        this.folder = folder;
        this.clock = clock;
        // A sync itself takes some milliseconds; it begins early enough to end in time.
        long interval = config.syncInterval().toNanos();
        this.restNanos = Math.max(interval / 2, interval - TimeUnit.MILLISECONDS.toNanos(10));
    }

    /** Tells that a segment has records that are not synced. Called by the writer. */
    void wrote(Segment segment) {
        if (dirty == segment) {
            return;
        }
        lock.lock();
        try {
            dirty = segment;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Hands over a segment to which nothing is written any more. */
    void seal(Segment segment, @Nullable CompletableFuture<Position> done, Position next) {
        enqueue(new Ending(segment, done, next));
    }

    /** Completes the future once everything handed over before is sealed. */
    void afterSeals(@Nullable CompletableFuture<Position> done, Position next) {
        if (done != null) {
            enqueue(new Ending(null, done, next));
        }
    }

    private void enqueue(Ending ending) {
        lock.lock();
        try {
            endings.add(ending);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Completes with the place up to which all is synced, which is not before the last record acknowledged by now. */
    CompletableFuture<Position> sync() {
        var done = new CompletableFuture<Position>();
        lock.lock();
        try {
            if (ended) {
                done.completeExceptionally(CommonError.UNAVAILABLE.because(
                        "The log is closed: the server is stopping. What it took is synced."));
            } else {
                wishes.add(done);
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
        return done;
    }

    Position synced() {
        return synced;
    }

    /** Syncs on the caller's thread. */
    void forceNow(Segment segment) throws IOException {
        try {
            syncs.increment();
            segment.force();
            if (folderSyncedFor != segment) {
                Disk.syncFolder(folder.path());
                folderSyncedFor = segment;
            }
        } catch (IOException e) {
            fail(e);
            throw e;
        }
    }

    @Override
    public void run() {
        Segment named = null;
        while (awaitWork()) {
            Ending ending = takeEnding();
            while (ending != null) {
                end(ending);
                ending = takeEnding();
            }
            Round round = takeRound();
            Segment segment = round.segment;
            if (segment != null && segment.seal() == null) {
                try {
                    long size = segment.size();
                    segment.force();
                    syncs.increment();
                    if (named != segment) {
                        Disk.syncFolder(folder.path());
                        named = segment;
                    }
                    synced = new Position(segment.number(), size);
                } catch (IOException e) {
                    fail(e);
                }
            }
            PilothouseException failed = broken;
            for (CompletableFuture<Position> done : round.waiting) {
                if (failed == null) {
                    done.complete(synced);
                } else {
                    done.completeExceptionally(failed);
                }
            }
        }
    }

    /** Under one lock, so that who waits now wrote to this segment, or to one that was sealed before. */
    private Round takeRound() {
        lock.lock();
        try {
            if (!endings.isEmpty()) {
                return new Round(null, List.of());
            }
            var round = new Round(dirty, wishes);
            // Cleared before the sync: what is written during it asks for another.
            dirty = null;
            wishes = new ArrayList<>();
            return round;
        } finally {
            lock.unlock();
        }
    }

    /** Rests for the interval once there is something unsynced; false when closed and nothing is left. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (endings.isEmpty() && wishes.isEmpty() && dirty == null) {
                if (closing) {
                    ended = true;
                    return false;
                }
                changed.awaitUninterruptibly();
            }
            long rest = restNanos;
            while (rest > 0 && endings.isEmpty() && wishes.isEmpty() && !closing) {
                rest = changed.awaitNanos(rest);
            }
        } catch (InterruptedException e) {
            LOG.debug("Nobody interrupts this thread; the sync is only early", e);
        } finally {
            lock.unlock();
        }
        return true;
    }

    private @Nullable Ending takeEnding() {
        lock.lock();
        try {
            return endings.poll();
        } finally {
            lock.unlock();
        }
    }

    private void end(Ending ending) {
        CompletableFuture<Position> done = ending.done;
        try {
            if (ending.segment != null) {
                ending.segment.force();
                syncs.increment();
                SealedSegment sealed = ending.segment.close(clock.instant());
                synced = ending.next;
                try {
                    folder.writeSeal(sealed);
                } catch (IOException e) {
                    // The seal can be computed again when the folder is next opened.
                    LOG.warn("The seal of {} was not written: {}", sealed.file(), e.getMessage());
                }
            }
            if (done != null) {
                done.complete(ending.next);
            }
        } catch (IOException e) {
            PilothouseException refusal = fail(e);
            if (done != null) {
                done.completeExceptionally(refusal);
            }
        }
    }

    PilothouseException fail(Throwable cause) {
        PilothouseException refusal = brokenBecause(cause);
        if (broken == null) {
            LOG.error("The log in {} takes no more records", folder.path(), cause);
            broken = refusal;
        }
        return refusal;
    }

    private static PilothouseException brokenBecause(Throwable cause) {
        return SegmentError.LOG_BROKEN.because(
                "The disk failed to keep what was written, so the log takes no more records. Look at the disk, then"
                        + " restart the server; it checks the log.",
                cause);
    }

    @Nullable
    PilothouseException broken() {
        return broken;
    }

    long syncs() {
        return syncs.sum();
    }

    void close() {
        lock.lock();
        try {
            closing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
