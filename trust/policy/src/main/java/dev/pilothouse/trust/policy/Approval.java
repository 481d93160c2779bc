package dev.pilothouse.trust.policy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import java.time.Instant;
import java.util.Optional;

/**
 * A request for a person's decision and what became of it.
 *
 * @param id its id
 * @param tenant owner
 * @param subject what it is about, such as {@code release/8f…}
 * @param digest digest of exactly what is approved
 * @param role who may decide
 * @param requestedBy principal that asked; never the one that decides
 * @param reason why it is asked, in words for the approver
 * @param requestedAt when it was asked
 * @param expiresAt when it lapses if undecided
 * @param outcome where it stands
 */
public record Approval(
        String id,
        String tenant,
        String subject,
        Digest digest,
        Role role,
        String requestedBy,
        String reason,
        Instant requestedAt,
        Instant expiresAt,
        Outcome outcome) {

    /** Where an approval stands. */
    public sealed interface Outcome {
        /** Nobody has decided. */
        record Pending() implements Outcome {}

        /** A person said yes. */
        record Approved(String by, Instant at, Optional<String> comment) implements Outcome {}

        /** A person said no. */
        record Rejected(String by, Instant at, Optional<String> comment) implements Outcome {}

        /** Nobody decided in time. */
        record Expired(Instant at) implements Outcome {}
    }
}
