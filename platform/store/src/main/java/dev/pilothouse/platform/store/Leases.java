package dev.pilothouse.platform.store;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Named leases with a rising epoch, so that work which must not run twice runs in one process of many, and a process
 * that was stopped for a while and comes back cannot write what its successor owns ({@link Lease#check}). Clocks of
 * replicas may differ: that moves the moment of take-over, never the fencing. Thread-safe.
 */
public final class Leases {
    private final Store store;
    private final InstantSource clock;

    /** Leases in a store, by a clock. */
    public Leases(Store store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /** {@link #acquire(Tx, String, String, Duration)} in a unit of its own; waits. */
    public Optional<Lease> acquire(String name, String owner, Duration ttl) {
        return store.writeAndWait(tx -> acquire(tx, name, owner, ttl));
    }

    /**
     * Takes a lease that is free, expired or already this owner's, with the next epoch.
     *
     * @return empty while another owner holds it
     */
    public Optional<Lease> acquire(Tx tx, String name, String owner, Duration ttl) {
        long now = clock.millis();
        long until = now + ttl.toMillis();
        int taken = tx.sql()
                .createUpdate("""
                        INSERT INTO store_lease (name, owner, epoch, expires_at) VALUES (:name, :owner, 1, :until)
                        ON CONFLICT (name) DO UPDATE
                        SET owner = excluded.owner, epoch = store_lease.epoch + 1, expires_at = excluded.expires_at
                        WHERE store_lease.expires_at <= :now OR store_lease.owner = excluded.owner""")
                .bind("name", name)
                .bind("owner", owner)
                .bind("until", until)
                .bind("now", now)
                .execute();
        if (taken == 0) {
            return Optional.empty();
        }
        long epoch = tx.sql()
                .createQuery("SELECT epoch FROM store_lease WHERE name = :name")
                .bind("name", name)
                .map((rs, _) -> rs.getLong(1))
                .one();
        return Optional.of(new Lease(name, owner, epoch, Instant.ofEpochMilli(until)));
    }

    /** {@link #renew(Tx, Lease, Duration)} in a unit of its own; waits. */
    public Optional<Lease> renew(Lease lease, Duration ttl) {
        return store.writeAndWait(tx -> renew(tx, lease, ttl));
    }

    /**
     * Holds a lease for longer, with the same epoch.
     *
     * @return empty where another has taken it
     */
    public Optional<Lease> renew(Tx tx, Lease lease, Duration ttl) {
        long until = clock.millis() + ttl.toMillis();
        int renewed = tx.sql()
                .createUpdate("UPDATE store_lease SET expires_at = :until WHERE name = :name AND epoch = :epoch")
                .bind("until", until)
                .bind("name", lease.name())
                .bind("epoch", lease.epoch())
                .execute();
        return renewed == 0
                ? Optional.empty()
                : Optional.of(new Lease(lease.name(), lease.owner(), lease.epoch(), Instant.ofEpochMilli(until)));
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
        tx.sql()
                .createUpdate("""
                        UPDATE store_lease SET expires_at = 0, owner = '', epoch = epoch + 1
                        WHERE name = :name AND epoch = :epoch""")
                .bind("name", lease.name())
                .bind("epoch", lease.epoch())
                .execute();
    }

    static void check(Tx tx, Lease lease) {
        boolean ours = tx.sql()
                .createQuery("SELECT 1 FROM store_lease WHERE name = :name AND epoch = :epoch")
                .bind("name", lease.name())
                .bind("epoch", lease.epoch())
                .map((rs, _) -> rs.getInt(1))
                .findFirst()
                .isPresent();
        if (!ours) {
            throw StoreError.LEASE_LOST.because("The lease '" + lease.name() + "' of " + lease.owner() + " (epoch "
                    + lease.epoch() + ") was taken over by another process, which goes on with the work.");
        }
    }
}
