package dev.pilothouse.know.tracking;

import java.util.OptionalLong;
import java.util.Set;

/**
 * What is known of a run besides its parameters, metrics, tags and inputs.
 *
 * @param id 32 hex digits
 * @param experiment its experiment
 * @param name for people
 * @param user who runs it, as the client says
 * @param status one of {@link #STATUSES}
 * @param startedAt milliseconds since the epoch, as the client says
 * @param endedAt milliseconds since the epoch, once it has ended
 * @param deleted whether it is in the bin
 * @param artifactUri MLflow URI of its files
 */
record Run(
        String id,
        long experiment,
        String name,
        String user,
        String status,
        long startedAt,
        OptionalLong endedAt,
        boolean deleted,
        String artifactUri) {
    static final Set<String> STATUSES = Set.of("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED");

    /** Whether it will log no more. */
    boolean ended() {
        return status.equals("FINISHED") || status.equals("FAILED") || status.equals("KILLED");
    }

    /** The run in the bin, or out of it. */
    Run withDeleted(boolean deleted) {
        return new Run(id, experiment, name, user, status, startedAt, endedAt, deleted, artifactUri);
    }

    /** The run under another name. */
    Run withName(String name) {
        return new Run(id, experiment, name, user, status, startedAt, endedAt, deleted, artifactUri);
    }
}
