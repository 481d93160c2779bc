package dev.pilothouse.run.quarantine;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Suspect models as rows. Stateless. */
final class SqlQuarantine {
    private static final String SUSPECT = """
            SELECT tenant, graph, label, crashes, interruptions, last_at, quarantined_at FROM quarantine_model
            """;

    private SqlQuarantine() {}

    /** Whether a marker was counted before. */
    static boolean isCounted(Tx tx, String tenant, Digest graph, String marker) {
        return tx.sql()
                .createQuery(
                        "SELECT 1 FROM quarantine_model WHERE tenant = :tenant AND graph = :graph AND last_marker = :marker")
                .bind("tenant", tenant)
                .bind("graph", graph.toString())
                .bind("marker", marker)
                .mapTo(Integer.class)
                .findFirst()
                .isPresent();
    }

    static Optional<SuspectModel> find(Tx tx, String tenant, Digest graph) {
        return tx.sql()
                .createQuery(SUSPECT + "WHERE tenant = :tenant AND graph = :graph")
                .bind("tenant", tenant)
                .bind("graph", graph.toString())
                .map((row, _) -> suspect(row))
                .findOne();
    }

    static List<SuspectModel> list(Tx tx, String tenant) {
        return tx.sql()
                .createQuery(SUSPECT + "WHERE tenant = :tenant ORDER BY last_at DESC, graph")
                .bind("tenant", tenant)
                .map((row, _) -> suspect(row))
                .list();
    }

    static void put(Tx tx, SuspectModel model, String marker) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO quarantine_model
                          (tenant, graph, label, crashes, interruptions, last_at, last_marker, quarantined_at)
                        VALUES (:tenant, :graph, :label, :crashes, :interruptions, :lastAt, :marker, :quarantinedAt)
                        ON CONFLICT (tenant, graph) DO UPDATE SET
                          label = excluded.label, crashes = excluded.crashes, interruptions = excluded.interruptions,
                          last_at = excluded.last_at, last_marker = excluded.last_marker,
                          quarantined_at = excluded.quarantined_at
                        """)
                .bind("tenant", model.tenant())
                .bind("graph", model.graph().toString())
                .bind("label", model.label())
                .bind("crashes", model.crashes())
                .bind("interruptions", model.interruptions())
                .bind("lastAt", model.lastAt().toEpochMilli())
                .bind("marker", marker)
                .bind(
                        "quarantinedAt",
                        model.quarantinedAt().map(Instant::toEpochMilli).orElse(0L))
                .execute();
    }

    static void delete(Tx tx, String tenant, Digest graph) {
        tx.sql()
                .createUpdate("DELETE FROM quarantine_model WHERE tenant = :tenant AND graph = :graph")
                .bind("tenant", tenant)
                .bind("graph", graph.toString())
                .execute();
    }

    private static SuspectModel suspect(ResultSet row) throws SQLException {
        long since = row.getLong("quarantined_at");
        return new SuspectModel(
                row.getString("tenant"),
                Digest.parse(row.getString("graph")),
                row.getString("label"),
                row.getInt("crashes"),
                row.getInt("interruptions"),
                Instant.ofEpochMilli(row.getLong("last_at")),
                since == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(since)));
    }
}
