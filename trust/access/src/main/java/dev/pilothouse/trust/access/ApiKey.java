package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Role;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A key as it is known after it was made; its secret is not.
 *
 * @param tenant organisation
 * @param id the part of the key that may be shown
 * @param principal id of whom it stands for
 * @param name what it is for
 * @param unit id of the department, team or project that it belongs to; empty for none
 * @param roles roles it grants, as long as the principal holds them
 * @param createdAt when it was made
 * @param expiresAt when it stops working; empty where it does not
 * @param revokedAt when it was revoked
 * @param lastUsedAt when it was last used, up to a minute late
 */
public record ApiKey(
        String tenant,
        String id,
        String principal,
        String name,
        String unit,
        Set<Role> roles,
        Instant createdAt,
        Optional<Instant> expiresAt,
        Optional<Instant> revokedAt,
        Optional<Instant> lastUsedAt) {
    public ApiKey {
        roles = Set.copyOf(roles);
    }

    /** Whether it works at a time. */
    boolean worksAt(Instant now) {
        return revokedAt.isEmpty() && expiresAt.map(now::isBefore).orElse(true);
    }
}
