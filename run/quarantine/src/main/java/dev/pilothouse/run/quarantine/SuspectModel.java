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
        Optional<Instant> quarantinedAt) {}
