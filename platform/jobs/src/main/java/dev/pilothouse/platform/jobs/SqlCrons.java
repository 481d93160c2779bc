package dev.pilothouse.platform.jobs;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Schedules in the store. */
final class SqlCrons {
    /** A schedule with its next firing. */
    record Cron(
            String tenant, String name, String expression, ZoneId zone, String kind, ObjectNode payload, long nextAt) {}

    private SqlCrons() {}

    /** Keeps the next firing where the schedule is the same, so that one missed while stopped is made up for. */
    static void put(Tx tx, Cron cron) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO jobs_cron (tenant, name, expression, zone, kind, payload, next_at)
                        VALUES (:tenant, :name, :expression, :zone, :kind, :payload, :nextAt)
                        ON CONFLICT (tenant, name) DO UPDATE
                        SET kind = excluded.kind, payload = excluded.payload, expression = excluded.expression,
                            zone = excluded.zone,
                            next_at = CASE WHEN jobs_cron.expression = excluded.expression
                                             AND jobs_cron.zone = excluded.zone
                                THEN jobs_cron.next_at ELSE excluded.next_at END""")
                .bind("tenant", cron.tenant())
                .bind("name", cron.name())
                .bind("expression", cron.expression())
                .bind("zone", cron.zone().getId())
                .bind("kind", cron.kind())
                .bind("payload", Json.write(cron.payload()))
                .bind("nextAt", cron.nextAt())
                .execute();
    }

    static boolean remove(Tx tx, String tenant, String name) {
        return tx.sql()
                        .createUpdate("DELETE FROM jobs_cron WHERE tenant = :tenant AND name = :name")
                        .bind("tenant", tenant)
                        .bind("name", name)
                        .execute()
                > 0;
    }

    static Optional<Long> nextAt(Tx tx) {
        return tx.sql()
                .createQuery("SELECT min(next_at) FROM jobs_cron")
                .map((rs, _) -> {
                    long at = rs.getLong(1);
                    return rs.wasNull() ? Optional.<Long>empty() : Optional.of(at);
                })
                .one();
    }

    static List<Cron> due(Tx tx, long now) {
        return tx.sql()
                .createQuery("""
                        SELECT tenant, name, expression, zone, kind, payload, next_at FROM jobs_cron
                        WHERE next_at <= :now ORDER BY next_at LIMIT 100""")
                .bind("now", now)
                .map((rs, _) -> new Cron(
                        rs.getString(1),
                        rs.getString(2),
                        rs.getString(3),
                        ZoneId.of(rs.getString(4)),
                        rs.getString(5),
                        SqlJobs.payload(rs.getString(6)),
                        rs.getLong(7)))
                .list();
    }

    static void fired(Tx tx, Cron cron, long nextAt) {
        tx.sql()
                .createUpdate("UPDATE jobs_cron SET next_at = :nextAt WHERE tenant = :tenant AND name = :name")
                .bind("nextAt", nextAt)
                .bind("tenant", cron.tenant())
                .bind("name", cron.name())
                .execute();
    }
}
