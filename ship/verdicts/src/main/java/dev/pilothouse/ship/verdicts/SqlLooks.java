package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Looks taken at the evidence of a release. Stateless. */
final class SqlLooks {
    private SqlLooks() {}

    private record Span(long first, long last, long requests) {}

    /**
     * Whether the curve should get a point now: something was counted since its last, and that is long enough ago for its
     * length, so that a release of any length has a bounded number of points.
     */
    static boolean due(Tx tx, Trial trial, long requests, Instant now, Duration least, int points) {
        Span span = tx.sql()
                .createQuery("""
                        SELECT (SELECT MIN(at) FROM verdicts_look WHERE tenant = ? AND release_id = ?) AS first,
                            at, requests
                        FROM verdicts_look WHERE tenant = ? AND release_id = ?
                        ORDER BY requests DESC, at DESC LIMIT 1""")
                .bind(0, trial.tenant())
                .bind(1, trial.release())
                .bind(2, trial.tenant())
                .bind(3, trial.release())
                .map((rows, _) -> new Span(rows.getLong("first"), rows.getLong("at"), rows.getLong("requests")))
                .findOne()
                .orElse(new Span(0, 0, -1));
        long apart = Math.max(least.toMillis(), (span.last - span.first) / points);
        // Where the clock went back, the last point is ahead of it and no reason to wait.
        return span.requests != requests && Math.abs(now.toEpochMilli() - span.last) >= apart;
    }

    static void add(Tx tx, Trial trial, Look look) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO verdicts_look (tenant, release_id, at, step, requests, harm_errors, harm_slow,
                            harm_wrong, harmless_errors, harmless_slow, harmless_wrong)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, release_id, at) DO NOTHING""")
                .bind(0, trial.tenant())
                .bind(1, trial.release())
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

    /** The newest looks, oldest first, by what was counted: clocks go back, counts do not. */
    static List<Look> newest(Tx tx, Trial trial, int limit) {
        return tx.sql()
                .createQuery("""
                        SELECT at, step, requests, harm_errors, harm_slow, harm_wrong, harmless_errors, harmless_slow,
                            harmless_wrong
                        FROM verdicts_look WHERE tenant = ? AND release_id = ? ORDER BY requests DESC, at DESC LIMIT ?""")
                .bind(0, trial.tenant())
                .bind(1, trial.release())
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
