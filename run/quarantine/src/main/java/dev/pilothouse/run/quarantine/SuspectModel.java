package dev.pilothouse.run.quarantine;

import dev.pilothouse.kernel.Digest;
import java.time.Instant;
import java.util.Optional;

/**
 * A model that was being loaded when the process ended.
 *
 * @param tenant whose model it is
 * @param graph digest of its file
 * @param label what it was called
 * @param crashes ends of the process by a crash of native code since it last loaded or was released
 * @param interruptions other ends of the process since then
 * @param lastAt when the last of these loads began
 * @param quarantinedAt since when it is kept from being loaded
 */
public record SuspectModel(
        String tenant,
        Digest graph,
        String label,
        int crashes,
        int interruptions,
        Instant lastAt,
        Optional<Instant> quarantinedAt) {

    /** Why it is under suspicion or kept from being loaded, in words. */
    public String why() {
        return "the server ended " + (crashes + interruptions) + " times while it loaded this file, last at " + lastAt;
    }

    /** The command by which a person lets it be loaded again; the reason, which stays on the ledger, is left to them. */
    public String releaseCommand() {
        return "pilot model quarantine release " + graph + " --reason '…'";
    }
}
