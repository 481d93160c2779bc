package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Looks taken at the evidence of a release. Stateless. */
final class SqlLooks {
    /** What columns of the one e-value and of the other begin with; an outcome's label follows. */
    private static final String HARM = "harm_";

    private static final String HARMLESS = "harmless_";

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
        var columns = new StringBuilder();
        var values = new ArrayList<Double>();
        look.harm().forEach((outcome, log) -> {
            columns.append(", ").append(HARM).append(outcome.label());
            values.add(log);
        });
        look.harmless().forEach((outcome, log) -> {
            columns.append(", ").append(HARMLESS).append(outcome.label());
            values.add(log);
        });
        var update = tx.sql()
                .createUpdate("INSERT INTO verdicts_look (tenant, release_id, at, step, requests" + columns
                        + ") VALUES (?, ?, ?, ?, ?" + ", ?".repeat(values.size())
                        + ") ON CONFLICT (tenant, release_id, at) DO NOTHING")
                .bind(0, trial.tenant())
                .bind(1, trial.release())
                .bind(2, look.at().toEpochMilli())
                .bind(3, look.step())
                .bind(4, look.requests());
        for (int i = 0; i < values.size(); i++) {
            update.bind(5 + i, values.get(i));
        }
        update.execute();
    }

    /** The newest looks, oldest first, by what was counted: clocks go back, counts do not. */
    static List<Look> newest(Tx tx, Trial trial, int limit) {
        return tx.sql()
                .createQuery("""
                        SELECT at, step, requests, harm_errors, harm_slow, harm_wrong, harm_dear, harmless_errors,
                            harmless_slow, harmless_wrong, harmless_dear
                        FROM verdicts_look WHERE tenant = ? AND release_id = ? ORDER BY requests DESC, at DESC LIMIT ?""")
                .bind(0, trial.tenant())
                .bind(1, trial.release())
                .bind(2, limit)
                .map((rows, _) -> new Look(
                        Instant.ofEpochMilli(rows.getLong("at")),
                        rows.getInt("step"),
                        rows.getLong("requests"),
                        logs(rows, HARM),
                        logs(rows, HARMLESS)))
                .list()
                .reversed();
    }

    private static Map<Count.Outcome, Double> logs(ResultSet rows, String prefix) throws SQLException {
        Map<Count.Outcome, Double> logs = new EnumMap<>(Count.Outcome.class);
        for (Count.Outcome outcome : Count.Outcome.values()) {
            double log = rows.getDouble(prefix + outcome.label());
            if (!rows.wasNull()) {
                logs.put(outcome, log);
            }
        }
        return logs;
    }
}
