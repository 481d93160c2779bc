package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import java.time.Instant;
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
 */
public record Principal(
        String tenant, String id, Caller.Kind kind, String name, Set<Role> roles, boolean active, Instant createdAt) {
    public Principal {
        roles = Set.copyOf(roles);
    }

    /** Whether it holds the role; {@link Role#ADMIN} holds all. */
    public boolean holds(Role role) {
        return roles.contains(role) || roles.contains(Role.ADMIN);
    }
}
