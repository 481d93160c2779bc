package dev.pilothouse.platform.jobs;

import dev.pilothouse.platform.store.Tx;
import java.time.InstantSource;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** One attempt at a job, as its handler sees it. Thread-safe. */
public final class JobRun {
    private final SqlJobs.Claim claim;
    private final InstantSource clock;

    JobRun(SqlJobs.Claim claim, InstantSource clock) {
        this.claim = claim;
        this.clock = clock;
    }

    /** The job's id. */
    public String id() {
        return claim.id();
    }

    /** Who owns the job. */
    public String tenant() {
        return claim.tenant();
    }

    /** The job's kind. */
    public String kind() {
        return claim.kind();
    }

    /** The key by which it was made unique while pending. */
    public Optional<String> key() {
        return Optional.ofNullable(claim.key());
    }

    /** What it was enqueued with. */
    public ObjectNode payload() {
        return claim.payload();
    }

    /** Which attempt this is, from 1. */
    public int attempt() {
        return claim.attempt();
    }

    /**
     * Fails the unit where another runner has taken the job over; call it first in each unit the handler writes.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link JobError#RUN_LOST}
     */
    public void check(Tx tx) {
        if (!SqlJobs.holds(tx, claim)) {
            throw lost();
        }
    }

    /**
     * Finishes the job in the transaction of its last write, so that both happen or none; the handler then returns.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link JobError#RUN_LOST}
     */
    public void done(Tx tx) {
        if (!SqlJobs.finish(tx, claim, JobState.DONE, null, clock.millis())) {
            throw lost();
        }
    }

    private RuntimeException lost() {
        return JobError.RUN_LOST.because("The job " + claim.id() + " (" + claim.kind()
                + ") was taken over by another runner, which goes on with it.");
    }
}
