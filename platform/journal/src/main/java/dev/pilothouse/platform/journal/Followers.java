package dev.pilothouse.platform.journal;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs durable followers, each on a virtual thread. */
final class Followers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Followers.class);
    private static final int BATCH = 500;
    private static final long POLL_MILLIS = 1000;
    private static final long BACKOFF_MILLIS = 100;
    private static final long BACKOFF_MAX_MILLIS = 30_000;

    private final Store store;
    private final List<Running> running = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long wakeUps;
    private boolean closed;

    Followers(Store store) {
        this.store = store;
    }

    void start(String name, long start, Follower follower) {
        long next = store.writeAndWait(tx -> SqlCursors.create(tx, name, start));
        synchronized (running) {
            if (running.stream().anyMatch(r -> r.name.equals(name))) {
                throw new IllegalStateException("The follower '" + name + "' is already running.");
            }
            var started = new Running(name, follower, new Cursor(name, next));
            running.add(started);
            started.thread = Thread.ofVirtual().name("follower-" + name).start(started::run);
        }
    }

    void wake() {
        lock.lock();
        try {
            wakeUps++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    List<FollowerStatus> status(long size) {
        var all = new ArrayList<FollowerStatus>();
        for (Running r : running) {
            long next = r.cursor.next();
            all.add(new FollowerStatus(r.name, next, Math.max(0, size - next), r.failures, r.failure));
        }
        return all;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        for (Running r : running) {
            r.join();
        }
    }

    private boolean closed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private long wakeUps() {
        lock.lock();
        try {
            return wakeUps;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a wake-up after the one seen, or for the time. */
    private void await(long seen, long millis) {
        long left = TimeUnit.MILLISECONDS.toNanos(millis);
        lock.lock();
        try {
            while (!closed && wakeUps == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the time, whatever is numbered meanwhile. */
    private void pause(long millis) {
        long left = TimeUnit.MILLISECONDS.toNanos(millis);
        lock.lock();
        try {
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private final class Running {
        final String name;
        final Follower follower;
        final Cursor cursor;
        volatile int failures;
        volatile @Nullable String failure;

        @Nullable
        Thread thread;

        Running(String name, Follower follower, Cursor cursor) {
            this.name = name;
            this.follower = follower;
            this.cursor = cursor;
        }

        void run() {
            while (!closed()) {
                long seen = wakeUps();
                try {
                    boolean some = step();
                    failures = 0;
                    failure = null;
                    if (!some) {
                        await(seen, POLL_MILLIS);
                    }
                } catch (Throwable e) {
                    failed(e);
                }
            }
        }

        /** One batch; false where there is none. */
        private boolean step() throws Exception {
            List<JournalEntry> entries = store.read(tx -> SqlEntries.read(tx, cursor.next() - 1, BATCH));
            if (entries.isEmpty()) {
                return false;
            }
            follower.accept(entries, cursor);
            long last = entries.getLast().sequence();
            if (cursor.next() <= last) {
                store.writeAndWait(tx -> {
                    cursor.advance(tx, last);
                    return last;
                });
            }
            return true;
        }

        private void failed(Throwable e) {
            if (e instanceof PilothouseException p && p.code() == JournalError.CURSOR_MOVED) {
                // The same follower in another process was faster: go on from where it is.
                failure = p.detail();
            } else if (!closed()) {
                int inARow = failures + 1;
                failures = inARow;
                failure = String.valueOf(e.getMessage());
                log.warn(
                        "The journal's follower '{}' failed at entry {} for the {}. time and will try again.",
                        name,
                        cursor.next(),
                        inARow,
                        e);
            }
            pause(Math.min(BACKOFF_MAX_MILLIS, BACKOFF_MILLIS << Math.min(Math.max(0, failures - 1), 9)));
            try {
                cursor.moveTo(store.<Long>read(tx -> SqlCursors.next(tx, name).orElse(cursor.next())));
            } catch (RuntimeException again) {
                log.debug("The place of '{}' cannot be read yet.", name, again);
            }
        }

        void join() {
            Thread t = thread;
            if (t == null) {
                return;
            }
            try {
                if (!t.join(java.time.Duration.ofSeconds(10))) {
                    log.warn("The journal's follower '{}' does not end; it is left behind.", name);
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
