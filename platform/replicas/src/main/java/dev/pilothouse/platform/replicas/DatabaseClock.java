package dev.pilothouse.platform.replicas;

import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time of the database server, so that replicas agree on it whatever their own clocks say: asked for every ten seconds
 * and carried on by this machine's monotonic time in between, also while the database is away. An embedded store has one
 * process and needs none. Thread-safe; telling the time never waits.
 */
public final class DatabaseClock implements InstantSource, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DatabaseClock.class);
    private static final long ASK_SECONDS = 10;

    private final Store store;
    private final LongSupplier nanoTime;
    private final ScheduledExecutorService asking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("store-clock").factory());
    private volatile Anchor anchor;

    /** What the database said, and when in monotonic time. */
    private record Anchor(Instant said, long at) {}

    /**
     * Asks for the time once, then regularly until closed.
     *
     * @param nanoTime monotonic time in nanoseconds
     */
    public DatabaseClock(Store store, LongSupplier nanoTime) {
        if (store.dialect() != Dialect.POSTGRESQL) {
            throw new IllegalArgumentException("An embedded store has no time of its own");
        }
        this.store = store;
        this.nanoTime = nanoTime;
        this.anchor = ask();
        var _ = asking.scheduleWithFixedDelay(this::refresh, ASK_SECONDS, ASK_SECONDS, TimeUnit.SECONDS);
    }

    private Anchor ask() {
        long before = nanoTime.getAsLong();
        Instant said = store.read(SqlLeases::now);
        // On the way there and back equally long, as NTP takes it to be.
        long at = before + (nanoTime.getAsLong() - before) / 2;
        return new Anchor(said, at);
    }

    /** Asks the database again. */
    void refresh() {
        try {
            anchor = ask();
        } catch (RuntimeException e) {
            log.debug("The database could not be asked for the time; it is carried on", e);
        }
    }

    @Override
    public Instant instant() {
        Anchor known = anchor;
        return known.said.plusNanos(nanoTime.getAsLong() - known.at);
    }

    /** Stops asking; the time is carried on. */
    @Override
    public void close() {
        asking.shutdownNow();
    }
}
