package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.OutcomeCount;
import java.util.List;
import java.util.Optional;

/** Counted outcomes and the looks taken at them. Stateless. */
final class SqlCounts {
    private SqlCounts() {}

    /**
     * Marks a taking as stored.
     *
     * @return false where it was stored before
     */
    static boolean firstTime(Tx tx, String recorder, long sequence) {
        return tx.sql().createUpdate("""
                                INSERT INTO verdicts_take (tenant, recorder, last) VALUES ('', ?, ?)
                                ON CONFLICT (tenant, recorder) DO UPDATE SET last = excluded.last
                                WHERE verdicts_take.last < excluded.last""").bind(0, recorder).bind(1, sequence).execute() == 1;
    }

    static void add(Tx tx, OutcomeCount count, int step) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO verdicts_count (tenant, release_id, version, step, shadow, minute, service, requests,
                            errors, slow, labelled, wrong, dear)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (tenant, release_id, version, step, shadow, minute) DO UPDATE SET
                            requests = verdicts_count.requests + excluded.requests,
                            errors = verdicts_count.errors + excluded.errors,
                            slow = verdicts_count.slow + excluded.slow,
                            labelled = verdicts_count.labelled + excluded.labelled,
                            wrong = verdicts_count.wrong + excluded.wrong,
                            dear = verdicts_count.dear + excluded.dear""")
                .bind(0, count.tenant())
                .bind(1, count.release())
                .bind(2, count.version())
                .bind(3, step)
                .bind(4, count.shadow() ? 1 : 0)
                .bind(5, count.minute())
                .bind(6, count.endpoint())
                .bind(7, count.requests())
                .bind(8, count.errors())
                .bind(9, count.slow())
                .bind(10, count.labelled())
                .bind(11, count.wrong())
                .bind(12, count.dear())
                .execute();
    }

    static List<Count> of(Tx tx, String tenant, String releaseId) {
        return tx.sql()
                .createQuery("""
                        SELECT version, step, shadow, SUM(requests) AS requests, SUM(errors) AS errors, SUM(slow) AS slow,
                            SUM(labelled) AS labelled, SUM(wrong) AS wrong, SUM(dear) AS dear
                        FROM verdicts_count WHERE tenant = ? AND release_id = ?
                        GROUP BY version, step, shadow ORDER BY step, version, shadow""")
                .bind(0, tenant)
                .bind(1, releaseId)
                .map((rows, _) -> new Count(
                        rows.getString("version"),
                        rows.getInt("step"),
                        rows.getInt("shadow") == 1,
                        rows.getLong("requests"),
                        rows.getLong("errors"),
                        rows.getLong("slow"),
                        rows.getLong("labelled"),
                        rows.getLong("wrong"),
                        rows.getLong("dear")))
                .list();
    }

    /** As {@link Minute#since}; the name of a service has no slash, unlike that of what else is counted. */
    static List<Minute> minutes(Tx tx, String tenant, Optional<String> service, long from) {
        return tx.sql()
                .createQuery("""
                        SELECT service, version, minute, SUM(requests) AS requests, SUM(errors) AS errors,
                            SUM(slow) AS slow, SUM(labelled) AS labelled, SUM(wrong) AS wrong
                        FROM verdicts_count
                        WHERE minute >= ? AND tenant = ? AND shadow = 0 AND (service = ? OR (? = '' AND service NOT LIKE '%/%'))
                        GROUP BY service, version, minute""")
                .bind(0, from)
                .bind(1, tenant)
                .bind(2, service.orElse(""))
                .bind(3, service.orElse(""))
                .map((rows, _) -> new Minute(
                        rows.getString("service"),
                        rows.getString("version"),
                        rows.getLong("minute"),
                        rows.getLong("requests"),
                        rows.getLong("errors"),
                        rows.getLong("slow"),
                        rows.getLong("labelled"),
                        rows.getLong("wrong")))
                .list();
    }

    /** Deletes what was counted before a minute: outside comparisons, or at all. */
    static void prune(Tx tx, long outsideBefore, long allBefore) {
        tx.sql()
                .createUpdate("DELETE FROM verdicts_count WHERE (minute < ? AND step = ?) OR minute < ?")
                .bind(0, outsideBefore)
                .bind(1, Count.NO_STEP)
                .bind(2, allBefore)
                .execute();
    }
}
