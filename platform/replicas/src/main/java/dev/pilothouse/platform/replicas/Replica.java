package dev.pilothouse.platform.replicas;

import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process among those that share the store: it gives a sign of life each second, so that others know whether what it
 * began is still under way. A process that is held up for longer than {@link #SILENT} is taken for dead. Thread-safe.
 */
public final class Replica implements AutoCloseable {
    /** How long a process gives no sign of life until others take it for dead. */
    public static final Duration SILENT = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(Replica.class);
    private static final String LEASE = "replica/";

    private final String id;
    private final Store store;
    private final Leases leases;
    private final Tenure tenure;
    private final ScheduledExecutorService beating = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("replica").factory());

    /**
     * Begins to give signs of life.
     *
     * @param id unique per run of a process
     */
    public Replica(Store store, Leases leases, String id) {
        this.id = id;
        this.store = store;
        this.leases = leases;
        this.tenure = new Tenure(leases, LEASE + id, id, SILENT);
        if (store.dialect() == Dialect.POSTGRESQL) {
            beat();
            var _ = beating.scheduleWithFixedDelay(this::beat, 1, 1, TimeUnit.SECONDS);
        }
    }

    private void beat() {
        try {
            Optional<Lease> _ = tenure.hold();
        } catch (RuntimeException e) {
            log.debug("No sign of life could be given; the next try is in a second", e);
        }
    }

    /** Unique per run of a process. */
    public String id() {
        return id;
    }

    /**
     * Whether another run of a process is over: it ended, or has been silent for long enough since this process first
     * asked. An embedded store has one process, so that every other run is over.
     */
    public boolean isOver(Tx tx, String other) {
        if (other.equals(id)) {
            return false;
        }
        if (store.dialect() == Dialect.SQLITE) {
            return true;
        }
        Optional<Lease> taken = leases.acquire(tx, LEASE + other, id, SILENT);
        taken.ifPresent(lease -> leases.remove(tx, lease));
        return taken.isPresent();
    }

    /** Says that this process ends. */
    @Override
    public void close() {
        beating.shutdownNow();
        try {
            if (beating.awaitTermination(5, TimeUnit.SECONDS) && store.dialect() == Dialect.POSTGRESQL) {
                tenure.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.debug("The end of this process could not be noted; its silence will tell", e);
        }
    }
}
