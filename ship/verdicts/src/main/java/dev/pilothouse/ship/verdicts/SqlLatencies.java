package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.Latencies;
import java.time.Duration;
import java.util.List;

/** What processes measured of stable versions. Stateless. */
final class SqlLatencies {
    private SqlLatencies() {}

    static void put(Tx tx, Latencies.Stable measured, String recorder, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO verdicts_latency (tenant, service, recorder, version, median, answers, at)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (tenant, service, recorder) DO UPDATE SET version = excluded.version,
                            median = excluded.median, answers = excluded.answers, at = excluded.at""")
                .bind(0, measured.tenant())
                .bind(1, measured.endpoint())
                .bind(2, recorder)
                .bind(3, measured.version())
                .bind(4, measured.median().toNanos())
                .bind(5, measured.answers())
                .bind(6, now)
                .execute();
    }

    /**
     * Per service and version the mean of the processes' medians, weighted by their answers: of those that measured it at
     * most so long before the one that did so last.
     */
    static List<Latencies.Stable> recent(Tx tx, Duration within) {
        return tx.sql()
                .createQuery("""
                        SELECT tenant, service, version, SUM(median * answers) / SUM(answers) AS median,
                            SUM(answers) AS answers
                        FROM verdicts_latency l
                        WHERE at >= (
                            SELECT MAX(at) FROM verdicts_latency n WHERE n.tenant = l.tenant AND n.service = l.service
                                AND n.version = l.version) - ?
                        GROUP BY tenant, service, version""")
                .bind(0, within.toMillis())
                .map((rows, _) -> new Latencies.Stable(
                        rows.getString("tenant"),
                        rows.getString("service"),
                        rows.getString("version"),
                        Duration.ofNanos(rows.getLong("median")),
                        rows.getInt("answers")))
                .list();
    }

    /** Forgets what was measured before a time. */
    static void prune(Tx tx, long before) {
        tx.sql()
                .createUpdate("DELETE FROM verdicts_latency WHERE at < ?")
                .bind(0, before)
                .execute();
    }
}
