package dev.pilothouse.platform.store;

import java.time.Instant;

/**
 * A named right that one owner holds at a time.
 *
 * @param name what for, such as {@code ledger/sequencer}
 * @param owner who holds it; unique per process
 * @param epoch rises with each acquisition, never repeats: the fencing token
 * @param expiresAt when others may take it, unless renewed before
 */
public record Lease(String name, String owner, long epoch, Instant expiresAt) {

    /**
     * Fails the unit unless the lease is still ours; call it first in each unit that only the holder may write. The
     * clock plays no part: an expired lease that nobody took is still ours.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link StoreError#LEASE_LOST}
     */
    public void check(Tx tx) {
        Leases.check(tx, this);
    }
}
