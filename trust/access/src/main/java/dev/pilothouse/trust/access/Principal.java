package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Someone or something that acts.
 *
 * @param tenant organisation it belongs to
 * @param id stable id
 * @param kind person, service account or agent
 * @param name unique within the organisation
 * @param roles what it may do
 * @param active whether its keys work
 * @param createdAt when it was made
 * @param removedAt when it was removed for good; its name is then its id
 */
public record Principal(
        String tenant,
        String id,
        Caller.Kind kind,
        String name,
        Set<Role> roles,
        boolean active,
        Instant createdAt,
        Optional<Instant> removedAt) {
    public Principal {
        roles = Set.copyOf(roles);
    }

    /** Whether it was removed for good. */
    boolean isRemoved() {
        return removedAt.isPresent();
    }

    /** Whether it holds the role, by itself or in one that {@link Role#includes includes} it. */
    public boolean holds(Role role) {
        return roles.stream().anyMatch(held -> held.includes(role));
    }
}
