package dev.pilothouse.trust.policy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Approvals as rows. Stateless. */
final class SqlApprovalStore {
    private static final String SELECT = """
            SELECT tenant, id, subject, digest, role, requested_by, reason, requested_at, expires_at, outcome, decided_by,
                   decided_at, remark
            FROM policy_approval
            """;

    void insert(Tx tx, Approval approval) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO policy_approval (tenant, id, subject, digest, role, requested_by, reason, requested_at,
                                                     expires_at, outcome, decided_by, decided_at, remark)
                        VALUES (:tenant, :id, :subject, :digest, :role, :requestedBy, :reason, :requestedAt,
                                :expiresAt, 'pending', '', 0, NULL)
                        """)
                .bind("tenant", approval.tenant())
                .bind("id", approval.id())
                .bind("subject", approval.subject())
                .bind("digest", approval.digest().hex())
                .bind("role", approval.role().label())
                .bind("requestedBy", approval.requestedBy())
                .bind("reason", approval.reason())
                .bind("requestedAt", approval.requestedAt().toEpochMilli())
                .bind("expiresAt", approval.expiresAt().toEpochMilli())
                .execute();
    }

    /** Stores an outcome over a pending one. */
    void decide(Tx tx, Approval approval, String outcome, String by, Instant at, Optional<String> remark) {
        tx.sql()
                .createUpdate("""
                        UPDATE policy_approval
                        SET outcome = :outcome, decided_by = :by, decided_at = :at, remark = :remark
                        WHERE tenant = :tenant AND id = :id AND outcome = 'pending'
                        """)
                .bind("outcome", outcome)
                .bind("by", by)
                .bind("at", at.toEpochMilli())
                .bind("remark", remark.orElse(null))
                .bind("tenant", approval.tenant())
                .bind("id", approval.id())
                .execute();
    }

    Optional<Approval> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(SELECT + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> approval(row))
                .findOne();
    }

    /** The newest approval of exactly this thing. */
    Optional<Approval> newest(Tx tx, String tenant, String subject, Digest digest) {
        return tx.sql()
                .createQuery(SELECT + """
                        WHERE tenant = :tenant AND subject = :subject AND digest = :digest
                        ORDER BY requested_at DESC, id DESC LIMIT 1
                        """)
                .bind("tenant", tenant)
                .bind("subject", subject)
                .bind("digest", digest.hex())
                .map((row, _) -> approval(row))
                .findFirst();
    }

    List<Approval> list(Tx tx, String tenant, boolean pendingOnly, Instant now, String before, int limit) {
        return tx.sql()
                .createQuery(SELECT + """
                        WHERE tenant = :tenant AND (:pendingOnly = 0 OR (outcome = 'pending' AND expires_at > :now))
                          AND (:before = '' OR id < :before)
                        ORDER BY id DESC LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("pendingOnly", pendingOnly ? 1 : 0)
                .bind("now", now.toEpochMilli())
                .bind("before", before)
                .bind("limit", limit)
                .map((row, _) -> approval(row))
                .list();
    }

    /** Pending approvals of all tenants whose time has passed, the oldest first. */
    List<Approval> lapsed(Tx tx, Instant now, int limit) {
        return tx.sql()
                .createQuery(
                        SELECT + "WHERE outcome = 'pending' AND expires_at <= :now ORDER BY expires_at LIMIT :limit")
                .bind("now", now.toEpochMilli())
                .bind("limit", limit)
                .map((row, _) -> approval(row))
                .list();
    }

    /** When the next pending approval of any tenant lapses. */
    OptionalLong nextLapse(Tx tx) {
        return tx.sql()
                .createQuery(
                        "SELECT expires_at FROM policy_approval WHERE outcome = 'pending' ORDER BY expires_at LIMIT 1")
                .mapTo(Long.class)
                .findFirst()
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty);
    }

    private static Approval approval(ResultSet row) throws SQLException {
        Instant decidedAt = Instant.ofEpochMilli(row.getLong("decided_at"));
        String decidedBy = row.getString("decided_by");
        Optional<String> remark = Optional.ofNullable(row.getString("remark"));
        Approval.Outcome outcome =
                switch (row.getString("outcome")) {
                    case "approved" -> new Approval.Outcome.Approved(decidedBy, decidedAt, remark);
                    case "rejected" -> new Approval.Outcome.Rejected(decidedBy, decidedAt, remark);
                    case "expired" -> new Approval.Outcome.Expired(decidedAt);
                    default -> new Approval.Outcome.Pending();
                };
        return new Approval(
                row.getString("id"),
                row.getString("tenant"),
                row.getString("subject"),
                new Digest(row.getString("digest")),
                Role.parse(row.getString("role")),
                row.getString("requested_by"),
                row.getString("reason"),
                Instant.ofEpochMilli(row.getLong("requested_at")),
                Instant.ofEpochMilli(row.getLong("expires_at")),
                outcome);
    }
}
