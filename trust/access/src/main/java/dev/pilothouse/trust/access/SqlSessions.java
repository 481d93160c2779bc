package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Sessions as rows. Stateless. */
final class SqlSessions {
    /** A session as it is stored. */
    record Row(String tenant, String id, String keyId, Instant expiresAt) {}

    void insert(Tx tx, Row row, Digest hash, Instant now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO access_session (tenant, hash, id, key_id, created_at, seen_at, expires_at)
                        VALUES (:tenant, :hash, :id, :keyId, :now, :now, :expiresAt)
                        """)
                .bind("tenant", row.tenant())
                .bind("hash", hash.bytes())
                .bind("id", row.id())
                .bind("keyId", row.keyId())
                .bind("now", now.toEpochMilli())
                .bind("expiresAt", row.expiresAt().toEpochMilli())
                .execute();
    }

    Optional<Row> find(Tx tx, Digest hash) {
        return tx.sql()
                .createQuery("SELECT tenant, id, key_id, expires_at FROM access_session WHERE hash = :hash")
                .bind("hash", hash.bytes())
                .map((row, _) -> new Row(
                        row.getString("tenant"),
                        row.getString("id"),
                        row.getString("key_id"),
                        Instant.ofEpochMilli(row.getLong("expires_at"))))
                .findOne();
    }

    /** Lets sessions that were used live on. */
    void touch(Tx tx, Map<Digest, Long> seen, Duration life) {
        seen.forEach((hash, at) -> tx.sql()
                .createUpdate("""
                        UPDATE access_session SET seen_at = :at, expires_at = :expiresAt
                        WHERE hash = :hash AND seen_at < :at
                        """)
                .bind("at", at)
                .bind("expiresAt", at + life.toMillis())
                .bind("hash", hash.bytes())
                .execute());
    }

    void delete(Tx tx, Digest hash) {
        tx.sql()
                .createUpdate("DELETE FROM access_session WHERE hash = :hash")
                .bind("hash", hash.bytes())
                .execute();
    }

    void deleteOfKey(Tx tx, String tenant, String keyId) {
        tx.sql()
                .createUpdate("DELETE FROM access_session WHERE tenant = :tenant AND key_id = :keyId")
                .bind("tenant", tenant)
                .bind("keyId", keyId)
                .execute();
    }

    void deleteOfPrincipal(Tx tx, String tenant, String principal) {
        tx.sql()
                .createUpdate("""
                        DELETE FROM access_session WHERE tenant = :tenant
                        AND key_id IN (SELECT id FROM access_key WHERE tenant = :tenant AND principal = :principal)
                        """)
                .bind("tenant", tenant)
                .bind("principal", principal)
                .execute();
    }

    void deleteExpired(Tx tx, String tenant, Instant now) {
        tx.sql()
                .createUpdate("DELETE FROM access_session WHERE tenant = :tenant AND expires_at < :now")
                .bind("tenant", tenant)
                .bind("now", now.toEpochMilli())
                .execute();
    }
}
