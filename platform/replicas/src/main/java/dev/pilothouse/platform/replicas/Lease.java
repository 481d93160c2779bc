package dev.pilothouse.platform.replicas;

import dev.pilothouse.platform.store.Tx;

/**
 * A named right that one owner holds at a time.
 *
 * @param name what for, such as {@code ledger/sequencer}
 * @param owner who holds it; unique per process
 * @param epoch rises with each acquisition, never repeats: the fencing token
 */
public record Lease(String name, String owner, long epoch) {

    /**
     * Fails the unit unless the lease is still ours; call it first in each unit that only the holder may write. Time
     * plays no part: a lease that could have been taken but was not is still ours.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link LeaseError#LEASE_LOST}
     */
    public void check(Tx tx) {
        Leases.check(tx, this);
    }
}
