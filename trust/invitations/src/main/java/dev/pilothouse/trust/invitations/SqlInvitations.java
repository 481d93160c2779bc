package dev.pilothouse.trust.invitations;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Invitations as rows. Stateless. */
final class SqlInvitations {
    private static final String INVITATION = """
            SELECT tenant, id, name, roles, invited_by, created_at, expires_at, accepted_at, revoked_at, principal
            FROM invitations_invitation
            """;

    void insert(Tx tx, Invitation invitation, Digest hash) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO invitations_invitation
                          (tenant, id, hash, name, roles, invited_by, created_at, expires_at, accepted_at, revoked_at, principal)
                        VALUES (:tenant, :id, :hash, :name, :roles, :invitedBy, :createdAt, :expiresAt, 0, 0, '')
                        """)
                .bind("tenant", invitation.tenant())
                .bind("id", invitation.id())
                .bind("hash", hash.bytes())
                .bind("name", invitation.name())
                .bind(
                        "roles",
                        invitation.roles().stream().sorted().map(Role::label).collect(Collectors.joining(",")))
                .bind("invitedBy", invitation.invitedBy())
                .bind("createdAt", invitation.createdAt().toEpochMilli())
                .bind("expiresAt", invitation.expiresAt().toEpochMilli())
                .execute();
    }

    /** The invitation with that secret, in whatever tenant. */
    Optional<Invitation> find(Tx tx, Digest hash) {
        return tx.sql()
                .createQuery(INVITATION + "WHERE hash = :hash")
                .bind("hash", hash.bytes())
                .map((row, _) -> invitation(row))
                .findOne();
    }

    Optional<Invitation> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(INVITATION + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> invitation(row))
                .findOne();
    }

    List<Invitation> list(Tx tx, String tenant, String after, int limit) {
        return tx.sql()
                .createQuery(INVITATION + "WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit")
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("limit", limit)
                .map((row, _) -> invitation(row))
                .list();
    }

    /** How many could still be accepted. */
    int waiting(Tx tx, String tenant, Instant now) {
        return tx.sql()
                .createQuery("""
                        SELECT COUNT(*) FROM invitations_invitation
                        WHERE tenant = :tenant AND accepted_at = 0 AND revoked_at = 0 AND expires_at > :now
                        """)
                .bind("tenant", tenant)
                .bind("now", now.toEpochMilli())
                .mapTo(Integer.class)
                .one();
    }

    /** Marks it as accepted; the name, which the person has now, goes. */
    void accept(Tx tx, Invitation invitation, String principal, Instant now) {
        tx.sql()
                .createUpdate("""
                        UPDATE invitations_invitation SET accepted_at = :now, principal = :principal, name = ''
                        WHERE tenant = :tenant AND id = :id
                        """)
                .bind("now", now.toEpochMilli())
                .bind("principal", principal)
                .bind("tenant", invitation.tenant())
                .bind("id", invitation.id())
                .execute();
    }

    void revoke(Tx tx, Invitation invitation, Instant now) {
        tx.sql()
                .createUpdate("UPDATE invitations_invitation SET revoked_at = :now WHERE tenant = :tenant AND id = :id")
                .bind("now", now.toEpochMilli())
                .bind("tenant", invitation.tenant())
                .bind("id", invitation.id())
                .execute();
    }

    /** Forgets, with their names, those that ended before a time. */
    void deleteEnded(Tx tx, String tenant, Instant before) {
        tx.sql()
                .createUpdate("DELETE FROM invitations_invitation WHERE tenant = :tenant AND expires_at < :before")
                .bind("tenant", tenant)
                .bind("before", before.toEpochMilli())
                .execute();
    }

    private static Invitation invitation(ResultSet row) throws SQLException {
        return new Invitation(
                row.getString("tenant"),
                row.getString("id"),
                row.getString("name"),
                Arrays.stream(row.getString("roles").split(",", -1))
                        .map(Role::parse)
                        .collect(Collectors.toSet()),
                row.getString("invited_by"),
                Instant.ofEpochMilli(row.getLong("created_at")),
                Instant.ofEpochMilli(row.getLong("expires_at")),
                time(row.getLong("accepted_at")),
                time(row.getLong("revoked_at")),
                Optional.of(row.getString("principal")).filter(id -> !id.isEmpty()));
    }

    private static Optional<Instant> time(long millis) {
        return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
