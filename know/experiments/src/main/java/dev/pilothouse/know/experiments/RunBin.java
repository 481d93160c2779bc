package dev.pilothouse.know.experiments;

import dev.pilothouse.platform.store.Tx;

/** How the runs of an experiment, which this package does not know, follow it into the bin and out of it. */
@FunctionalInterface
public interface RunBin {
    /** Moves all runs of an experiment, in the transaction that moves the experiment. */
    void setDeleted(Tx tx, String tenant, long experiment, boolean deleted);
}
