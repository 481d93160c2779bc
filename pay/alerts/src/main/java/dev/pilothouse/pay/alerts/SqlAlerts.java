package dev.pilothouse.pay.alerts;

import dev.pilothouse.platform.store.Tx;
import java.time.Instant;

/** What was told of, as rows. Stateless. */
final class SqlAlerts {
    private SqlAlerts() {}

    /** Notes that a threshold is told of, and forgets those of windows before; false where it was noted already. */
    static boolean tell(Tx tx, String budget, Instant windowStart, int percent, Instant now) {
        boolean first = tx.sql()
                        .createUpdate("""
                                INSERT INTO alerts_told (budget, window_start, percent, told_at)
                                VALUES (:budget, :start, :percent, :now)
                                ON CONFLICT (budget, window_start, percent) DO NOTHING
                                """)
                        .bind("budget", budget)
                        .bind("start", windowStart.toEpochMilli())
                        .bind("percent", percent)
                        .bind("now", now.toEpochMilli())
                        .execute()
                > 0;
        if (first) {
            tx.sql()
                    .createUpdate("DELETE FROM alerts_told WHERE budget = :budget AND window_start < :start")
                    .bind("budget", budget)
                    .bind("start", windowStart.toEpochMilli())
                    .execute();
        }
        return first;
    }
}
