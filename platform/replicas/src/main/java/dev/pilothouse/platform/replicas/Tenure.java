package dev.pilothouse.platform.replicas;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One lease, held for as long as its owner asks for it at least each third of its time to live. Thread-safe; calls wait for
 * the store now and then.
 */
public final class Tenure {
    private final Leases leases;
    private final String name;
    private final String owner;
    private final Duration ttl;
    private @Nullable Lease lease;
    private long since;

    /** A lease that is not held yet; see {@link Leases#acquire(String, String, Duration)}. */
    public Tenure(Leases leases, String name, String owner, Duration ttl) {
        this.leases = leases;
        this.name = name;
        this.owner = owner;
        this.ttl = ttl;
    }

    /** Holds on to the lease, or tries to get it; empty while another has it. */
    public synchronized Optional<Lease> hold() {
        Lease held = lease;
        long now = leases.now();
        if (held == null || now - since >= ttl.dividedBy(3).toNanos()) {
            // An exception leaves it in doubt, so that the next call asks for it anew.
            lease = null;
            lease = (held == null ? leases.acquire(name, owner, ttl) : leases.renew(held, ttl)).orElse(null);
            since = now;
        }
        return Optional.ofNullable(lease);
    }

    /** Forgets that it is held, after a unit failed because it is not. */
    public synchronized void lost() {
        lease = null;
    }

    /** Lets others take it at once. */
    public synchronized void release() {
        Lease held = lease;
        lease = null;
        if (held != null) {
            leases.release(held);
        }
    }

    /** Forgets it, where it is held: nobody will ask for its name again. */
    public synchronized void end() {
        Lease held = lease;
        lease = null;
        if (held != null) {
            leases.remove(held);
        }
    }
}
