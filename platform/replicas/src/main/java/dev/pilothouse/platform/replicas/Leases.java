package dev.pilothouse.platform.replicas;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Named leases with a rising epoch, so that work which must not run twice runs in one process of many, and a process
 * that was stopped for a while and comes back cannot write what its successor owns ({@link Lease#check}).
 *
 * <p>No clock is compared with another: the holder raises a beat with each renewal, and who wants the lease takes it once
 * the beat has stood still for the holder's time to live as measured by its own monotonic time. So clocks may differ or
 * jump by hours; a lease whose holder died is taken one time to live after somebody first asked for it. Thread-safe.
 */
public final class Leases {
    private final Store store;
    private final LongSupplier nanoTime;
    /** What was last seen of leases that others hold. */
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();

    private record Seen(long epoch, long beat, long since) {}

    /** Leases in a store. */
    public Leases(Store store) {
        this(store, System::nanoTime);
    }

    /** Leases whose waiting is measured by another monotonic time, in nanoseconds. */
    public Leases(Store store, LongSupplier nanoTime) {
        this.store = store;
        this.nanoTime = nanoTime;
    }

    /** {@link #acquire(Tx, String, String, Duration)} in a unit of its own; waits. */
    public Optional<Lease> acquire(String name, String owner, Duration ttl) {
        return store.writeAndWait(tx -> acquire(tx, name, owner, ttl));
    }

    /**
     * Takes a lease that is free, already this owner's, or whose holder has given no sign of life for its time to live,
     * with the next epoch.
     *
     * @param ttl how long others wait for a sign of life before they take the lease
     * @return empty while another owner holds it
     */
    public Optional<Lease> acquire(Tx tx, String name, String owner, Duration ttl) {
        Optional<SqlLeases.Row> found = SqlLeases.find(tx, name);
        if (found.isEmpty()) {
            return SqlLeases.insert(tx, name, owner, ttl) ? Optional.of(new Lease(name, owner, 1)) : Optional.empty();
        }
        SqlLeases.Row row = found.get();
        boolean free = row.owner().isEmpty() || row.owner().equals(owner) || silent(name, row);
        if (!free || !SqlLeases.take(tx, name, row, owner, ttl)) {
            return Optional.empty();
        }
        tx.afterCommit(() -> seen.remove(name));
        return Optional.of(new Lease(name, owner, row.epoch() + 1));
    }

    /** Monotonic time in nanoseconds. */
    long now() {
        return nanoTime.getAsLong();
    }

    /** Whether the holder has given no sign of life for its time to live, since it was first seen so. */
    private boolean silent(String name, SqlLeases.Row row) {
        long now = now();
        Seen last = seen.compute(
                name,
                (_, before) -> before != null && before.epoch == row.epoch() && before.beat == row.beat()
                        ? before
                        : new Seen(row.epoch(), row.beat(), now));
        return now - last.since >= Duration.ofMillis(row.ttl()).toNanos();
    }

    /** {@link #renew(Tx, Lease, Duration)} in a unit of its own; waits. */
    public Optional<Lease> renew(Lease lease, Duration ttl) {
        return store.writeAndWait(tx -> renew(tx, lease, ttl));
    }

    /**
     * Gives a sign of life, so that the lease is held for longer, with the same epoch.
     *
     * @return empty where another has taken it
     */
    public Optional<Lease> renew(Tx tx, Lease lease, Duration ttl) {
        return SqlLeases.renew(tx, lease, ttl) ? Optional.of(lease) : Optional.empty();
    }

    /** {@link #release(Tx, Lease)} in a unit of its own; waits. */
    public void release(Lease lease) {
        store.writeAndWait(tx -> {
            release(tx, lease);
            return lease.epoch();
        });
    }

    /** Lets others take the lease at once; its epoch is spent. No effect where it is no longer ours. */
    public void release(Tx tx, Lease lease) {
        SqlLeases.release(tx, lease);
    }

    /** {@link #remove(Tx, Lease)} in a unit of its own; waits. */
    public void remove(Lease lease) {
        store.writeAndWait(tx -> {
            remove(tx, lease);
            return lease.epoch();
        });
    }

    /** Forgets a lease of ours whose name nobody will use again. No effect where it is no longer ours. */
    public void remove(Tx tx, Lease lease) {
        SqlLeases.remove(tx, lease);
        seen.remove(lease.name());
    }

    static void check(Tx tx, Lease lease) {
        if (!SqlLeases.holds(tx, lease)) {
            throw LeaseError.LEASE_LOST.because("The lease '" + lease.name() + "' of " + lease.owner() + " (epoch "
                    + lease.epoch() + ") was taken over by another process, which goes on with the work.");
        }
    }
}
