package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.Tx;
import java.util.List;

/**
 * Changes of runs that other replicas have to take into their indexes; PostgreSQL only. Stateless.
 *
 * <p>Transactions do not commit in the order of their ids. So a reader goes on from the oldest transaction that was still
 * open at its last look: all before it were either seen or never will be.
 */
final class SqlChanges {
    private SqlChanges() {}

    /**
     * A change of a run.
     *
     * @param batch the batch of points that was logged, or 0 where something else of the run changed
     * @param replica who changed it
     */
    record Change(long id, String tenant, String run, long batch, String replica) {}

    static void add(Tx tx, String tenant, String run, long batch, String replica, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_change (tenant, run, batch, replica, transaction_id, at)
                        VALUES (:tenant, :run, :batch, :replica, CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT), :now)
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("batch", batch)
                .bind("replica", replica)
                .bind("now", now)
                .execute();
    }

    /** The oldest transaction that is open now. */
    static long oldestOpen(Tx tx) {
        return tx.sql()
                .createQuery("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)")
                .mapTo(Long.class)
                .one();
    }

    /** Changes in a transaction or later ones. */
    static List<Change> since(Tx tx, long transaction) {
        return tx.sql()
                .createQuery("""
                        SELECT id, tenant, run, batch, replica FROM tracking_change
                        WHERE transaction_id >= :transaction ORDER BY id
                        """)
                .bind("transaction", transaction)
                .map((row, _) -> new Change(
                        row.getLong(1), row.getString(2), row.getString(3), row.getLong(4), row.getString(5)))
                .list();
    }

    static int prune(Tx tx, long before) {
        return tx.sql()
                .createUpdate("DELETE FROM tracking_change WHERE at < :before")
                .bind("before", before)
                .execute();
    }
}
