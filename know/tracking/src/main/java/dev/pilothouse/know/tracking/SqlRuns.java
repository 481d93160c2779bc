package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Runs with their parameters and tags in the store, and on PostgreSQL what changed in them for the indexes of other
 * replicas. Stateless; called inside units.
 */
final class SqlRuns {
    /** A parameter or tag of some run. */
    record Entry(String run, String key, String value) {}

    /**
     * A change of a run.
     *
     * @param batch the batch of points that was logged, or 0 where something else of the run changed
     * @param replica who changed it
     */
    record Change(long id, String tenant, String run, long batch, String replica) {}

    private static final String COLUMNS =
            "id, experiment, name, user_id, status, started_at, ended_at, deleted, artifact_uri";

    private SqlRuns() {}

    static void insert(Tx tx, String tenant, Run run, String createdBy) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_runs (tenant, id, experiment, name, user_id, status, started_at, ended_at,
                            deleted, artifact_uri, created_by)
                        VALUES (:tenant, :id, :experiment, :name, :user, :status, :started, :ended, 0, :uri, :by)
                        """)
                .bind("tenant", tenant)
                .bind("id", run.id())
                .bind("experiment", run.experiment())
                .bind("name", run.name())
                .bind("user", run.user())
                .bind("status", run.status())
                .bind("started", run.startedAt())
                .bind("ended", run.endedAt().isPresent() ? (Long) run.endedAt().getAsLong() : null)
                .bind("uri", run.artifactUri())
                .bind("by", createdBy)
                .execute();
    }

    static void update(Tx tx, String tenant, Run run) {
        tx.sql()
                .createUpdate("""
                        UPDATE tracking_runs SET name = :name, status = :status, ended_at = :ended, deleted = :deleted
                        WHERE tenant = :tenant AND id = :id
                        """)
                .bind("tenant", tenant)
                .bind("id", run.id())
                .bind("name", run.name())
                .bind("status", run.status())
                .bind("ended", run.endedAt().isPresent() ? (Long) run.endedAt().getAsLong() : null)
                .bind("deleted", run.deleted() ? 1 : 0)
                .execute();
    }

    static Optional<Run> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + " FROM tracking_runs WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> run(row))
                .findOne();
    }

    static List<Run> ofExperiment(Tx tx, String tenant, long experiment) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS
                        + " FROM tracking_runs WHERE tenant = :tenant AND experiment = :experiment ORDER BY id")
                .bind("tenant", tenant)
                .bind("experiment", experiment)
                .map((row, _) -> run(row))
                .list();
    }

    /** Runs of a tenant after an id, in the order of ids. */
    static List<Run> page(Tx tx, String tenant, String after, int limit) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS
                        + " FROM tracking_runs WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit")
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("limit", limit)
                .map((row, _) -> run(row))
                .list();
    }

    static List<Entry> params(Tx tx, String tenant, String first, String last) {
        return entries(tx, "tracking_params", tenant, first, last);
    }

    static List<Entry> tags(Tx tx, String tenant, String first, String last) {
        return entries(tx, "tracking_tags", tenant, first, last);
    }

    static Map<String, String> params(Tx tx, String tenant, String run) {
        var out = new TreeMap<String, String>();
        params(tx, tenant, run, run).forEach(e -> out.put(e.key(), e.value()));
        return out;
    }

    static Map<String, String> tags(Tx tx, String tenant, String run) {
        var out = new TreeMap<String, String>();
        tags(tx, tenant, run, run).forEach(e -> out.put(e.key(), e.value()));
        return out;
    }

    /** Adds parameters; answers those that were there already, with the values they keep. */
    static Map<String, String> addParams(Tx tx, String tenant, String run, Map<String, String> params) {
        var kept = new LinkedHashMap<String, String>();
        if (params.isEmpty()) {
            return kept;
        }
        PreparedBatch batch = tx.sql().prepareBatch("""
                INSERT INTO tracking_params (tenant, run, name, value) VALUES (:tenant, :run, :name, :value)
                ON CONFLICT (tenant, run, name) DO NOTHING
                """);
        params.forEach((key, value) -> batch.bind("tenant", tenant)
                .bind("run", run)
                .bind("name", key)
                .bind("value", value)
                .add());
        int[] added = batch.execute();
        int i = 0;
        for (String key : params.keySet()) {
            if (added[i++] == 0) {
                tx.sql()
                        .createQuery("""
                                SELECT value FROM tracking_params
                                WHERE tenant = :tenant AND run = :run AND name = :name
                                """)
                        .bind("tenant", tenant)
                        .bind("run", run)
                        .bind("name", key)
                        .mapTo(String.class)
                        .findOne()
                        .ifPresent(value -> kept.put(key, value));
            }
        }
        return kept;
    }

    static void setTags(Tx tx, String tenant, String run, Map<String, String> tags) {
        if (tags.isEmpty()) {
            return;
        }
        PreparedBatch batch = tx.sql().prepareBatch("""
                INSERT INTO tracking_tags (tenant, run, name, value) VALUES (:tenant, :run, :name, :value)
                ON CONFLICT (tenant, run, name) DO UPDATE SET value = excluded.value
                """);
        tags.forEach((key, value) -> batch.bind("tenant", tenant)
                .bind("run", run)
                .bind("name", key)
                .bind("value", value)
                .add());
        batch.execute();
    }

    static boolean deleteTag(Tx tx, String tenant, String run, String key) {
        return tx.sql()
                        .createUpdate(
                                "DELETE FROM tracking_tags WHERE tenant = :tenant AND run = :run AND name = :name")
                        .bind("tenant", tenant)
                        .bind("run", run)
                        .bind("name", key)
                        .execute()
                > 0;
    }

    static void addChange(Tx tx, String tenant, String run, long batch, String replica, long now) {
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

    /**
     * The oldest transaction that is open now. Transactions do not commit in the order of their ids, so a reader of changes
     * goes on from here: all before it were either seen or never will be.
     */
    static long oldestOpen(Tx tx) {
        return tx.sql()
                .createQuery("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)")
                .mapTo(Long.class)
                .one();
    }

    /** The first transaction that has not begun yet. */
    static long nextTransaction(Tx tx) {
        return tx.sql()
                .createQuery("SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)")
                .mapTo(Long.class)
                .one();
    }

    /** Changes in a transaction or later ones. */
    static List<Change> changesSince(Tx tx, long transaction) {
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

    static int pruneChanges(Tx tx, long before) {
        return tx.sql()
                .createUpdate("DELETE FROM tracking_change WHERE at < :before")
                .bind("before", before)
                .execute();
    }

    private static List<Entry> entries(Tx tx, String table, String tenant, String first, String last) {
        return tx.sql()
                .createQuery("SELECT run, name, value FROM " + table
                        + " WHERE tenant = :tenant AND run >= :first AND run <= :last ORDER BY run")
                .bind("tenant", tenant)
                .bind("first", first)
                .bind("last", last)
                .map((row, _) -> new Entry(row.getString(1), row.getString(2), row.getString(3)))
                .list();
    }

    private static Run run(ResultSet row) throws SQLException {
        long ended = row.getLong(7);
        return new Run(
                row.getString(1),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getLong(6),
                // getLong answers 0 for NULL, and a run that ended in 1970 is not distinguished from one that did not
                ended == 0 ? OptionalLong.empty() : OptionalLong.of(ended),
                row.getInt(8) == 1,
                row.getString(9));
    }
}
