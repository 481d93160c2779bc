package dev.pilothouse.platform.replicas;

import dev.pilothouse.kernel.PilothouseException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease that is renewed in the background until it is closed, for work that takes longer than any sensible time to live.
 * It ends soon after its process. Thread-safe.
 */
public final class KeptLease implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KeptLease.class);

    private final Leases leases;
    private final Lease lease;
    private final Duration ttl;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean lost;

    private KeptLease(Leases leases, Lease lease, Duration ttl) {
        this.leases = leases;
        this.lease = lease;
        this.ttl = ttl;
        Thread.ofVirtual().name("lease-" + lease.name()).start(this::renew);
    }

    /** Takes a lease and keeps it; empty while another owner holds it. */
    public static Optional<KeptLease> take(Leases leases, String name, String owner, Duration ttl) {
        return leases.acquire(name, owner, ttl).map(lease -> new KeptLease(leases, lease, ttl));
    }

    private void renew() {
        try {
            while (!closed.await(ttl.toMillis() / 3, TimeUnit.MILLISECONDS)) {
                try {
                    if (leases.renew(lease, ttl).isEmpty()) {
                        lost = true;
                        return;
                    }
                } catch (PilothouseException e) {
                    log.warn("The lease {} was not renewed; it is tried again: {}", lease.name(), e.detail());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether another owner has taken it, because it could not be renewed in time. */
    public boolean isLost() {
        return lost;
    }

    /** Gives it back. */
    @Override
    public void close() {
        if (closed.getCount() > 0) {
            closed.countDown();
            leases.release(lease);
        }
    }
}
