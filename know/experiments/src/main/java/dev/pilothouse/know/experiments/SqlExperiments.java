package dev.pilothouse.know.experiments;

import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Experiments in the store. Stateless; called inside units. */
final class SqlExperiments {
    private SqlExperiments() {}

    /** Makes the default experiment where the tenant has none. */
    static void ensureDefault(Tx tx, String tenant, long now) {
        insert(tx, tenant, new Experiment(0, "Default", "mlflow-artifacts:/0", false, now, now, Map.of()));
    }

    /** Adds an experiment; answers false where id or name is taken. */
    static boolean insert(Tx tx, String tenant, Experiment experiment) {
        int rows = tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_experiments
                            (tenant, id, name, artifact_location, deleted, created_at, updated_at)
                        VALUES (:tenant, :id, :name, :location, 0, :created, :updated)
                        ON CONFLICT DO NOTHING
                        """)
                .bind("tenant", tenant)
                .bind("id", experiment.id())
                .bind("name", experiment.name())
                .bind("location", experiment.artifactLocation())
                .bind("created", experiment.createdAt())
                .bind("updated", experiment.updatedAt())
                .execute();
        if (rows == 1) {
            experiment.tags().forEach((key, value) -> setTag(tx, tenant, experiment.id(), key, value));
        }
        return rows == 1;
    }

    static long nextId(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT COALESCE(MAX(id), 0) + 1 FROM tracking_experiments WHERE tenant = :tenant")
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .one();
    }

    static Optional<Experiment> find(Tx tx, String tenant, long id) {
        return select(tx, tenant, "AND e.id = :id", Map.of("id", id)).stream().findFirst();
    }

    static Optional<Experiment> find(Tx tx, String tenant, String name) {
        return select(tx, tenant, "AND e.name = :name", Map.of("name", name)).stream()
                .findFirst();
    }

    static List<Experiment> all(Tx tx, String tenant) {
        return select(tx, tenant, "", Map.of());
    }

    /** Tenants that have experiments. */
    static List<String> tenants(Tx tx) {
        return tx.sql()
                .createQuery("SELECT DISTINCT tenant FROM tracking_experiments")
                .mapTo(String.class)
                .list();
    }

    static void update(Tx tx, String tenant, long id, String name, boolean deleted, long now) {
        tx.sql()
                .createUpdate("""
                        UPDATE tracking_experiments SET name = :name, deleted = :deleted, updated_at = :now
                        WHERE tenant = :tenant AND id = :id
                        """)
                .bind("name", name)
                .bind("deleted", deleted ? 1 : 0)
                .bind("now", now)
                .bind("tenant", tenant)
                .bind("id", id)
                .execute();
    }

    static void setTag(Tx tx, String tenant, long id, String key, String value) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_experiment_tags (tenant, experiment, name, value)
                        VALUES (:tenant, :id, :name, :value)
                        ON CONFLICT (tenant, experiment, name) DO UPDATE SET value = excluded.value
                        """)
                .bind("tenant", tenant)
                .bind("id", id)
                .bind("name", key)
                .bind("value", value)
                .execute();
    }

    static boolean deleteTag(Tx tx, String tenant, long id, String key) {
        return tx.sql()
                        .createUpdate("""
                                DELETE FROM tracking_experiment_tags
                                WHERE tenant = :tenant AND experiment = :id AND name = :name
                                """)
                        .bind("tenant", tenant)
                        .bind("id", id)
                        .bind("name", key)
                        .execute()
                > 0;
    }

    private static List<Experiment> select(Tx tx, String tenant, String where, Map<String, ?> binds) {
        Map<Long, Map<String, String>> tags = new HashMap<>();
        String tagWhere = where.isEmpty()
                ? ""
                : " AND t.experiment IN (SELECT e.id FROM tracking_experiments e WHERE e.tenant = :tenant " + where
                        + ")";
        tx.sql()
                .createQuery(
                        "SELECT t.experiment, t.name, t.value FROM tracking_experiment_tags t WHERE t.tenant = :tenant"
                                + tagWhere)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> tags.computeIfAbsent(row.getLong(1), e -> new HashMap<>())
                        .put(row.getString(2), row.getString(3)))
                .list();
        return new ArrayList<>(tx.sql()
                .createQuery("""
                        SELECT e.id, e.name, e.artifact_location, e.deleted, e.created_at, e.updated_at
                        FROM tracking_experiments e WHERE e.tenant = :tenant\s""" + where)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> new Experiment(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getInt(4) == 1,
                        row.getLong(5),
                        row.getLong(6),
                        tags.getOrDefault(row.getLong(1), Map.of())))
                .list());
    }
}
