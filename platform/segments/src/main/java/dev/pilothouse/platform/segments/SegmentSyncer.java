package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
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

    private final SegmentFolder folder;
    private final InstantSource clock;
    private final long restNanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Ending> endings = new ArrayDeque<>();
    private boolean closing;

    /** The segment with unsynced records, if any. */
    private volatile @Nullable Segment dirty;

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
            Segment segment = dirty;
            // Cleared before the sync: what is written during it asks for another.
            dirty = null;
            if (segment == null || segment.seal() != null) {
                continue;
            }
            try {
                segment.force();
                syncs.increment();
                if (named != segment) {
                    Disk.syncFolder(folder.path());
                    named = segment;
                }
            } catch (IOException e) {
                fail(e);
            }
        }
    }

    /** Rests for the interval once there is something unsynced; false when closed and nothing is left. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (endings.isEmpty() && dirty == null) {
                if (closing) {
                    return false;
                }
                changed.awaitUninterruptibly();
            }
            long rest = restNanos;
            while (rest > 0 && endings.isEmpty() && !closing) {
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
