package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Tx;

/** The state beside which the tests append records. */
final class SqlProbeState {
    private SqlProbeState() {}

    static int put(Tx tx, String id, String content) {
        return tx.sql()
                .createUpdate("INSERT INTO probe_state (tenant, id, content) VALUES (:tenant, :id, :content)")
                .bind("tenant", "t")
                .bind("id", id)
                .bind("content", content)
                .execute();
    }

    static long count(Tx tx) {
        return tx.sql()
                .createQuery("SELECT count(*) FROM probe_state")
                .map((rs, _) -> rs.getLong(1))
                .one();
    }

    static boolean has(Tx tx, String id) {
        return tx.sql()
                .createQuery("SELECT 1 FROM probe_state WHERE tenant = 't' AND id = :id")
                .bind("id", id)
                .map((rs, _) -> rs.getInt(1))
                .findFirst()
                .isPresent();
    }
}
