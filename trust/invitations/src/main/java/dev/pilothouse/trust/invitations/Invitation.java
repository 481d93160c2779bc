package dev.pilothouse.trust.invitations;

import dev.pilothouse.kernel.Role;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * An invitation as it is known after it was made; its secret is not.
 *
 * @param tenant organisation that the person joins
 * @param id stable id, which may be shown
 * @param name what the person will be called
 * @param roles what the person will hold
 * @param invitedBy id of the admin who made it
 * @param createdAt when it was made
 * @param expiresAt when it ends unless it is accepted
 * @param acceptedAt when it was accepted
 * @param revokedAt when it was taken back
 * @param principal id of the person who accepted it
 */
public record Invitation(
        String tenant,
        String id,
        String name,
        Set<Role> roles,
        String invitedBy,
        Instant createdAt,
        Instant expiresAt,
        Optional<Instant> acceptedAt,
        Optional<Instant> revokedAt,
        Optional<String> principal) {
    /** What can be said of an invitation. */
    public enum State {
        PENDING,
        ACCEPTED,
        REVOKED,
        EXPIRED;

        /** The name in answers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Invitation {
        roles = Set.copyOf(roles);
    }

    /** How it stands at a time. */
    public State stateAt(Instant now) {
        if (acceptedAt.isPresent()) {
            return State.ACCEPTED;
        }
        if (revokedAt.isPresent()) {
            return State.REVOKED;
        }
        return now.isBefore(expiresAt) ? State.PENDING : State.EXPIRED;
    }
}
