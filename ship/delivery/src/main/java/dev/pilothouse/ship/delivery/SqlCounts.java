package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.OutcomeCount;
import java.time.Instant;
import java.util.List;

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
                                INSERT INTO delivery_take (tenant, recorder, last) VALUES ('', ?, ?)
                                ON CONFLICT (tenant, recorder) DO UPDATE SET last = excluded.last
                                WHERE delivery_take.last < excluded.last""").bind(0, recorder).bind(1, sequence).execute() == 1;
    }

    static void add(Tx tx, OutcomeCount count, int step) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO delivery_count (tenant, release_id, version, step, shadow, minute, service, requests,
                            errors, slow, labelled, wrong)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (tenant, release_id, version, step, shadow, minute) DO UPDATE SET
                            requests = delivery_count.requests + excluded.requests,
                            errors = delivery_count.errors + excluded.errors,
                            slow = delivery_count.slow + excluded.slow,
                            labelled = delivery_count.labelled + excluded.labelled,
                            wrong = delivery_count.wrong + excluded.wrong""")
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
                .execute();
    }

    static List<Count> of(Tx tx, String tenant, String releaseId) {
        return tx.sql()
                .createQuery("""
                        SELECT version, step, shadow, SUM(requests) AS requests, SUM(errors) AS errors, SUM(slow) AS slow,
                            SUM(labelled) AS labelled, SUM(wrong) AS wrong
                        FROM delivery_count WHERE tenant = ? AND release_id = ?
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
                        rows.getLong("wrong")))
                .list();
    }

    /** A point of the curves of evidence: natural logarithms of e-values. */
    record Look(
            Instant at,
            int step,
            long requests,
            double harmErrors,
            double harmSlow,
            double harmWrong,
            double harmlessErrors,
            double harmlessSlow,
            double harmlessWrong) {}

    static void add(Tx tx, Release release, Look look) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO delivery_look (tenant, release_id, at, step, requests, harm_errors, harm_slow,
                            harm_wrong, harmless_errors, harmless_slow, harmless_wrong)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, release_id, at) DO NOTHING""")
                .bind(0, release.tenant())
                .bind(1, release.id())
                .bind(2, look.at().toEpochMilli())
                .bind(3, look.step())
                .bind(4, look.requests())
                .bind(5, look.harmErrors())
                .bind(6, look.harmSlow())
                .bind(7, look.harmWrong())
                .bind(8, look.harmlessErrors())
                .bind(9, look.harmlessSlow())
                .bind(10, look.harmlessWrong())
                .execute();
    }

    /** The newest looks, oldest first. */
    static List<Look> looks(Tx tx, String tenant, String releaseId, int limit) {
        return tx.sql()
                .createQuery("""
                        SELECT at, step, requests, harm_errors, harm_slow, harm_wrong, harmless_errors, harmless_slow,
                            harmless_wrong
                        FROM delivery_look WHERE tenant = ? AND release_id = ? ORDER BY at DESC LIMIT ?""")
                .bind(0, tenant)
                .bind(1, releaseId)
                .bind(2, limit)
                .map((rows, _) -> new Look(
                        Instant.ofEpochMilli(rows.getLong("at")),
                        rows.getInt("step"),
                        rows.getLong("requests"),
                        rows.getDouble("harm_errors"),
                        rows.getDouble("harm_slow"),
                        rows.getDouble("harm_wrong"),
                        rows.getDouble("harmless_errors"),
                        rows.getDouble("harmless_slow"),
                        rows.getDouble("harmless_wrong")))
                .list()
                .reversed();
    }
}
