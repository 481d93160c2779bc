package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs and their inputs, joined in the store. Stateless; called inside units. */
final class SqlRunLineage {
    private SqlRunLineage() {}

    static List<String> reading(Tx tx, String tenant, String dataset, int limit) {
        return tx.sql()
                .createQuery("""
                        SELECT r.id FROM tracking_inputs i
                        JOIN tracking_runs r ON r.tenant = i.tenant AND r.id = i.run
                        WHERE i.tenant = :tenant AND i.name = :name AND r.deleted = 0
                        GROUP BY r.id, r.started_at ORDER BY r.started_at DESC, r.id LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("name", dataset)
                .bind("limit", limit)
                .mapTo(String.class)
                .list();
    }

    static List<RunLineage.Node> of(Tx tx, String tenant, List<String> runs) {
        Map<String, List<RunLineage.Input>> inputs = new HashMap<>();
        tx.sql()
                .createQuery("""
                        SELECT run, name, digest, source_type, source FROM tracking_inputs
                        WHERE tenant = :tenant AND run IN (<runs>) ORDER BY name, digest
                        """)
                .bind("tenant", tenant)
                .bindList("runs", runs)
                .map((row, _) -> inputs.computeIfAbsent(row.getString(1), _ -> new ArrayList<>())
                        .add(new RunLineage.Input(
                                row.getString(2), row.getString(3), row.getString(4), row.getString(5))))
                .list();
        return tx.sql()
                .createQuery("""
                        SELECT id, name, status, started_at FROM tracking_runs
                        WHERE tenant = :tenant AND deleted = 0 AND id IN (<runs>) ORDER BY started_at DESC, id
                        """)
                .bind("tenant", tenant)
                .bindList("runs", runs)
                .map((row, _) -> new RunLineage.Node(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getLong(4),
                        inputs.getOrDefault(row.getString(1), List.of())))
                .list();
    }
}
