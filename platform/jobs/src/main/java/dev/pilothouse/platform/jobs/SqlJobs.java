package dev.pilothouse.platform.jobs;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Jobs in the store. */
final class SqlJobs {
    /** A job that this process runs; the epoch tells it from any other run of the same job. */
    record Claim(
            String tenant, String id, String kind, @Nullable String key, ObjectNode payload, int attempt, long epoch) {}

    private static final String COLUMNS =
            "tenant, id, kind, dedupe, payload, state, attempt, not_before, error, created_at, finished_at";

    private SqlJobs() {}

    static String enqueue(
            Tx tx,
            String tenant,
            String id,
            String kind,
            @Nullable String key,
            ObjectNode payload,
            long notBefore,
            long now) {
        return tx.sql()
                .createQuery("""
                        INSERT INTO jobs_job
                            (tenant, id, kind, dedupe, payload, state, attempt, not_before, epoch, created_at)
                        VALUES (:tenant, :id, :kind, :key, :payload, 'pending', 0, :notBefore, 0, :now)
                        ON CONFLICT (tenant, kind, dedupe) WHERE state = 'pending' DO UPDATE
                        SET not_before = CASE WHEN excluded.not_before < jobs_job.not_before
                            THEN excluded.not_before ELSE jobs_job.not_before END
                        RETURNING id""")
                .bind("tenant", tenant)
                .bind("id", id)
                .bind("kind", kind)
                .bind("key", key)
                .bind("payload", Json.write(payload))
                .bind("notBefore", notBefore)
                .bind("now", now)
                .map((rs, _) -> rs.getString(1))
                .one();
    }

    /** When the next job of these kinds may start or is to be taken over; empty where there is none. */
    static Optional<Long> nextDue(Tx tx, Collection<String> kinds) {
        return tx.sql()
                .createQuery("""
                        SELECT min(at) FROM (
                            SELECT min(not_before) AS at FROM jobs_job WHERE state = 'pending' AND kind IN (<kinds>)
                            UNION ALL
                            SELECT min(lease_until) FROM jobs_job WHERE state = 'running' AND kind IN (<kinds>)) AS due
                        """)
                .bindList("kinds", List.copyOf(kinds))
                .map((rs, _) -> {
                    long at = rs.getLong(1);
                    return rs.wasNull() ? Optional.<Long>empty() : Optional.of(at);
                })
                .one();
    }

    static List<Claim> claim(Tx tx, Collection<String> kinds, String runner, long now, long leaseUntil, int max) {
        return tx.sql()
                .createQuery("""
                        UPDATE jobs_job
                        SET state = 'running', runner = :runner, epoch = epoch + 1, attempt = attempt + 1,
                            lease_until = :until,
                            error = CASE WHEN state = 'running' THEN 'The runner stopped without a word.' ELSE error END
                        WHERE (tenant, id) IN (
                            SELECT tenant, id FROM jobs_job
                            WHERE kind IN (<kinds>)
                              AND ((state = 'pending' AND not_before <= :now)
                                OR (state = 'running' AND lease_until <= :now))
                            ORDER BY not_before, id LIMIT :max)
                        RETURNING tenant, id, kind, dedupe, payload, attempt, epoch""")
                .bindList("kinds", List.copyOf(kinds))
                .bind("runner", runner)
                .bind("until", leaseUntil)
                .bind("now", now)
                .bind("max", max)
                .map((rs, _) -> new Claim(
                        rs.getString(1),
                        rs.getString(2),
                        rs.getString(3),
                        rs.getString(4),
                        payload(rs.getString(5)),
                        rs.getInt(6),
                        rs.getLong(7)))
                .list();
    }

    static int renew(Tx tx, List<Claim> held, long leaseUntil) {
        int renewed = 0;
        for (Claim claim : held) {
            renewed += tx.sql()
                    .createUpdate("""
                            UPDATE jobs_job SET lease_until = :until
                            WHERE tenant = :tenant AND id = :id AND epoch = :epoch AND state = 'running'""")
                    .bind("until", leaseUntil)
                    .bind("tenant", claim.tenant())
                    .bind("id", claim.id())
                    .bind("epoch", claim.epoch())
                    .execute();
        }
        return renewed;
    }

    /** Where one process owns the store, whatever runs at its start has lost its runner. */
    static int orphan(Tx tx) {
        return tx.sql()
                .createUpdate("UPDATE jobs_job SET lease_until = 0 WHERE state = 'running'")
                .execute();
    }

    static boolean holds(Tx tx, Claim claim) {
        return tx.sql()
                .createQuery("""
                        SELECT 1 FROM jobs_job
                        WHERE tenant = :tenant AND id = :id AND epoch = :epoch AND state = 'running'""")
                .bind("tenant", claim.tenant())
                .bind("id", claim.id())
                .bind("epoch", claim.epoch())
                .map((rs, _) -> rs.getInt(1))
                .findFirst()
                .isPresent();
    }

    static boolean finish(Tx tx, Claim claim, JobState state, @Nullable String error, long now) {
        return tx.sql()
                        .createUpdate("""
                                UPDATE jobs_job
                                SET state = :state, error = :error, finished_at = :now, lease_until = NULL, runner = NULL
                                WHERE tenant = :tenant AND id = :id AND epoch = :epoch AND state = 'running'""")
                        .bind("state", state.label())
                        .bind("error", error)
                        .bind("now", now)
                        .bind("tenant", claim.tenant())
                        .bind("id", claim.id())
                        .bind("epoch", claim.epoch())
                        .execute()
                > 0;
    }

    /** Puts a failed run back in line; false where a job with the same key has taken its place or the run is not ours. */
    static boolean retry(Tx tx, Claim claim, String error, long notBefore) {
        return tx.sql()
                        .createUpdate("""
                                UPDATE jobs_job
                                SET state = 'pending', error = :error, not_before = :notBefore, lease_until = NULL,
                                    runner = NULL
                                WHERE tenant = :tenant AND id = :id AND epoch = :epoch AND state = 'running'
                                  AND NOT EXISTS (
                                    SELECT 1 FROM jobs_job other
                                    WHERE other.tenant = :tenant AND other.kind = :kind AND other.dedupe = :key
                                      AND other.state = 'pending')""")
                        .bind("error", error)
                        .bind("notBefore", notBefore)
                        .bind("tenant", claim.tenant())
                        .bind("id", claim.id())
                        .bind("epoch", claim.epoch())
                        .bind("kind", claim.kind())
                        .bind("key", claim.key())
                        .execute()
                > 0;
    }

    static boolean cancel(Tx tx, String tenant, String id, long now) {
        return tx.sql()
                        .createUpdate("""
                                UPDATE jobs_job SET state = 'cancelled', finished_at = :now
                                WHERE tenant = :tenant AND id = :id AND state = 'pending'""")
                        .bind("tenant", tenant)
                        .bind("id", id)
                        .bind("now", now)
                        .execute()
                > 0;
    }

    static int prune(Tx tx, long before) {
        return tx.sql()
                .createUpdate("DELETE FROM jobs_job WHERE finished_at IS NOT NULL AND finished_at < :before")
                .bind("before", before)
                .execute();
    }

    static Optional<Job> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + " FROM jobs_job WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((rs, _) -> job(rs))
                .findFirst();
    }

    static List<Job> list(Tx tx, String tenant, String kind, String state, String before, int limit) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + """
                         FROM jobs_job
                        WHERE tenant = :tenant AND (:kind = '' OR kind = :kind) AND (:state = '' OR state = :state)
                          AND (:before = '' OR id < :before)
                        ORDER BY id DESC LIMIT :limit""")
                .bind("tenant", tenant)
                .bind("kind", kind)
                .bind("state", state)
                .bind("before", before)
                .bind("limit", limit)
                .map((rs, _) -> job(rs))
                .list();
    }

    static ObjectNode payload(String text) {
        if (Json.parse(text.getBytes(StandardCharsets.UTF_8)) instanceof ObjectNode object) {
            return object;
        }
        throw CommonError.INTERNAL.because("A job's payload in the store is no JSON object.");
    }

    private static Job job(ResultSet rs) throws SQLException {
        long finished = rs.getLong("finished_at");
        boolean unfinished = rs.wasNull();
        return new Job(
                rs.getString("tenant"),
                rs.getString("id"),
                rs.getString("kind"),
                Optional.ofNullable(rs.getString("dedupe")),
                payload(rs.getString("payload")),
                JobState.of(rs.getString("state")),
                rs.getInt("attempt"),
                Instant.ofEpochMilli(rs.getLong("not_before")),
                Optional.ofNullable(rs.getString("error")),
                Instant.ofEpochMilli(rs.getLong("created_at")),
                unfinished ? Optional.empty() : Optional.of(Instant.ofEpochMilli(finished)));
    }
}
