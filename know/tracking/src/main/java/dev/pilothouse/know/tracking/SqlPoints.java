package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.Tx;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Packed metric points in the store. Stateless; called inside units. */
final class SqlPoints {
    /** A batch as it was logged. */
    record Batch(long id, String run, byte[] points) {}

    private SqlPoints() {}

    /** Adds a batch: the one row that makes its points durable. */
    static long insert(Tx tx, String tenant, String run, byte[] points) {
        return tx.sql()
                .createQuery("""
                        INSERT INTO tracking_points (tenant, run, points) VALUES (:tenant, :run, :points) RETURNING id
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("points", points)
                .mapTo(Long.class)
                .one();
    }

    static List<byte[]> ofRun(Tx tx, String tenant, String run) {
        return tx.sql()
                .createQuery("SELECT points FROM tracking_points WHERE tenant = :tenant AND run = :run ORDER BY id")
                .bind("tenant", tenant)
                .bind("run", run)
                .map((row, _) -> row.getBytes(1))
                .list();
    }

    /** Batches of a tenant after an id, in the order of ids. */
    static List<Batch> after(Tx tx, String tenant, long id, int limit) {
        return tx.sql()
                .createQuery("""
                        SELECT id, run, points FROM tracking_points WHERE tenant = :tenant AND id > :id
                        ORDER BY id LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("id", id)
                .bind("limit", limit)
                .map((row, _) -> new Batch(row.getLong(1), row.getString(2), row.getBytes(3)))
                .list();
    }

    static List<Batch> latest(Tx tx, String tenant, String first, String last) {
        return tx.sql()
                .createQuery("""
                        SELECT run, points FROM tracking_latest
                        WHERE tenant = :tenant AND run >= :first AND run <= :last
                        """)
                .bind("tenant", tenant)
                .bind("first", first)
                .bind("last", last)
                .map((row, _) -> new Batch(0, row.getString(1), row.getBytes(2)))
                .list();
    }

    static long flushedThrough(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT through FROM tracking_flushed WHERE tenant = :tenant")
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .findOne()
                .orElse(0L);
    }

    /** Writes latest values, and up to which batch they are complete. */
    static void flush(Tx tx, String tenant, long through, Map<String, byte[]> latest) {
        PreparedBatch batch = tx.sql().prepareBatch("""
                INSERT INTO tracking_latest (tenant, run, points) VALUES (:tenant, :run, :points)
                ON CONFLICT (tenant, run) DO UPDATE SET points = excluded.points
                """);
        latest.forEach((run, points) ->
                batch.bind("tenant", tenant).bind("run", run).bind("points", points).add());
        if (!latest.isEmpty()) {
            batch.execute();
        }
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_flushed (tenant, through) VALUES (:tenant, :through)
                        ON CONFLICT (tenant) DO UPDATE SET through = excluded.through
                        """)
                .bind("tenant", tenant)
                .bind("through", through)
                .execute();
    }
}
