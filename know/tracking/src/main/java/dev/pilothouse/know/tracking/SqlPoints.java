package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /** Everything that holds points of a metric of a run: its rewritten series, then batches not rewritten yet. */
    static List<byte[]> ofMetric(Tx tx, String tenant, String run, String key) {
        var all = new ArrayList<>(tx.sql()
                .createQuery("""
                        SELECT points FROM tracking_series WHERE tenant = :tenant AND run = :run AND name = :name
                        ORDER BY id
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("name", key)
                .map((row, _) -> row.getBytes(1))
                .list());
        ofRun(tx, tenant, run, Long.MAX_VALUE, Integer.MAX_VALUE).forEach(batch -> all.add(batch.points()));
        return all;
    }

    /** Batches of a run up to an id, in the order of ids. */
    static List<Batch> ofRun(Tx tx, String tenant, String run, long through, int limit) {
        return tx.sql()
                .createQuery("""
                        SELECT id, points FROM tracking_points WHERE tenant = :tenant AND run = :run AND id <= :through
                        ORDER BY id LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("through", through)
                .bind("limit", limit)
                .map((row, _) -> new Batch(row.getLong(1), run, row.getBytes(2)))
                .list();
    }

    /** How many batches of a run there are up to an id. */
    static int count(Tx tx, String tenant, String run, long through) {
        return tx.sql()
                .createQuery("""
                        SELECT COUNT(*) FROM tracking_points WHERE tenant = :tenant AND run = :run AND id <= :through
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("through", through)
                .mapTo(Integer.class)
                .one();
    }

    /** Adds points of one metric. */
    static void addSeries(Tx tx, String tenant, String run, String key, byte[] points) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_series (tenant, run, name, points) VALUES (:tenant, :run, :name, :points)
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("name", key)
                .bind("points", points)
                .execute();
    }

    /** Removes batches of a run up to an id. */
    static void removeBatches(Tx tx, String tenant, String run, long through) {
        tx.sql()
                .createUpdate("DELETE FROM tracking_points WHERE tenant = :tenant AND run = :run AND id <= :through")
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("through", through)
                .execute();
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

    /** One batch, unless it was rewritten already. */
    static Optional<Batch> find(Tx tx, String tenant, long id) {
        return tx.sql()
                .createQuery("SELECT id, run, points FROM tracking_points WHERE id = :id AND tenant = :tenant")
                .bind("id", id)
                .bind("tenant", tenant)
                .map((row, _) -> new Batch(row.getLong(1), row.getString(2), row.getBytes(3)))
                .findOne();
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
        latest.forEach((run, points) -> batch.bind("tenant", tenant)
                .bind("run", run)
                .bind("points", points)
                .add());
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
