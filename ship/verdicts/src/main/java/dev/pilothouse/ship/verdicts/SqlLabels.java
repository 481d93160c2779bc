package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import java.util.List;

/** Labels on their way to the replica that gave the answer. Stateless. */
final class SqlLabels {
    /**
     * A stored label.
     *
     * @param at when it was passed on, in milliseconds since the epoch
     */
    record Row(String id, PassedLabels.Label label, long at) {}

    private SqlLabels() {}

    static int count(Tx tx) {
        return tx.sql()
                .createQuery("SELECT COUNT(*) FROM verdicts_label")
                .mapTo(Integer.class)
                .one();
    }

    static void add(Tx tx, String id, PassedLabels.Label label, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO verdicts_label (tenant, id, service, request_id, output, label, at)
                        VALUES (?, ?, ?, ?, ?, ?, ?)""")
                .bind(0, label.tenant())
                .bind(1, id)
                .bind(2, label.service())
                .bind(3, label.requestId())
                .bind(4, label.output())
                .bind(5, label.value())
                .bind(6, now)
                .execute();
    }

    /** Those of all tenants, the oldest first. */
    static List<Row> all(Tx tx, int limit) {
        return tx.sql()
                .createQuery("""
                        SELECT tenant, id, service, request_id, output, label, at FROM verdicts_label
                        ORDER BY at, id LIMIT ?""")
                .bind(0, limit)
                .map((rows, _) -> new Row(
                        rows.getString("id"),
                        new PassedLabels.Label(
                                rows.getString("tenant"),
                                rows.getString("service"),
                                rows.getString("request_id"),
                                rows.getString("output"),
                                rows.getString("label")),
                        rows.getLong("at")))
                .list();
    }

    static void remove(Tx tx, Row row) {
        tx.sql()
                .createUpdate("DELETE FROM verdicts_label WHERE tenant = ? AND id = ?")
                .bind(0, row.label().tenant())
                .bind(1, row.id())
                .execute();
    }
}
