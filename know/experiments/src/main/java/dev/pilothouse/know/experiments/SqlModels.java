package dev.pilothouse.know.experiments;

import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Logged models in the store. Stateless; called inside units. */
final class SqlModels {
    private SqlModels() {}

    static void insert(Tx tx, String tenant, LoggedModel model, String createdBy) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_models (tenant, id, experiment, name, model_type, source_run, artifact_uri,
                            status, deleted, created_at, updated_at, created_by)
                        VALUES (:tenant, :id, :experiment, :name, :type, :run, :uri, :status, 0, :created, :updated, :by)
                        """)
                .bind("tenant", tenant)
                .bind("id", model.id())
                .bind("experiment", model.experiment())
                .bind("name", model.name())
                .bind("type", model.modelType())
                .bind("run", model.sourceRun())
                .bind("uri", model.artifactUri())
                .bind("status", model.status())
                .bind("created", model.createdAt())
                .bind("updated", model.updatedAt())
                .bind("by", createdBy)
                .execute();
        putAll(tx, "tracking_model_params", tenant, model.id(), model.params());
        putAll(tx, "tracking_model_tags", tenant, model.id(), model.tags());
    }

    static void setStatus(Tx tx, String tenant, String id, String status, long now) {
        tx.sql()
                .createUpdate("""
                        UPDATE tracking_models SET status = :status, updated_at = :now WHERE tenant = :tenant AND id = :id
                        """)
                .bind("status", status)
                .bind("now", now)
                .bind("tenant", tenant)
                .bind("id", id)
                .execute();
    }

    static void delete(Tx tx, String tenant, String id) {
        tx.sql()
                .createUpdate("UPDATE tracking_models SET deleted = 1 WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .execute();
    }

    static void addParams(Tx tx, String tenant, String id, Map<String, String> params) {
        putAll(tx, "tracking_model_params", tenant, id, params);
    }

    static void setTags(Tx tx, String tenant, String id, Map<String, String> tags) {
        putAll(tx, "tracking_model_tags", tenant, id, tags);
    }

    static boolean deleteTag(Tx tx, String tenant, String id, String key) {
        return tx.sql()
                        .createUpdate("""
                                DELETE FROM tracking_model_tags
                                WHERE tenant = :tenant AND model = :id AND name = :name
                                """)
                        .bind("tenant", tenant)
                        .bind("id", id)
                        .bind("name", key)
                        .execute()
                > 0;
    }

    /** Keeps points that name a logged model with that model too. */
    static void addMetrics(Tx tx, String tenant, String run, List<MetricPoint> points) {
        for (MetricPoint point : points) {
            if (point.dataset().model().isEmpty()) {
                continue;
            }
            tx.sql()
                    .createUpdate("""
                            INSERT INTO tracking_model_metrics (tenant, model, run, name, dataset_name, dataset_digest,
                                value, recorded_at, step)
                            VALUES (:tenant, :model, :run, :name, :dataset, :digest, :value, :at, :step)
                            ON CONFLICT (tenant, model, run, name, dataset_name, dataset_digest) DO UPDATE SET
                                value = excluded.value, recorded_at = excluded.recorded_at, step = excluded.step
                            WHERE excluded.recorded_at >= tracking_model_metrics.recorded_at
                            """)
                    .bind("tenant", tenant)
                    .bind("model", point.dataset().model())
                    .bind("run", run)
                    .bind("name", point.key())
                    .bind("dataset", point.dataset().datasetName())
                    .bind("digest", point.dataset().datasetDigest())
                    // SQLite keeps NaN as NULL; it is read back as NaN on both databases
                    .bind("value", Double.isNaN(point.value()) ? null : (Double) point.value())
                    .bind("at", point.timestamp())
                    .bind("step", point.step())
                    .execute();
        }
    }

    static Optional<LoggedModel> find(Tx tx, String tenant, String id) {
        return select(tx, tenant, "AND m.id = :id", Map.of("id", id)).stream().findFirst();
    }

    static List<LoggedModel> ofExperiment(Tx tx, String tenant, long experiment) {
        return select(tx, tenant, "AND m.experiment = :experiment", Map.of("experiment", experiment));
    }

    private static void putAll(Tx tx, String table, String tenant, String model, Map<String, String> values) {
        values.forEach((key, value) -> tx.sql()
                .createUpdate("INSERT INTO " + table + """
                         (tenant, model, name, value) VALUES (:tenant, :model, :name, :value)
                        ON CONFLICT (tenant, model, name) DO UPDATE SET value = excluded.value
                        """)
                .bind("tenant", tenant)
                .bind("model", model)
                .bind("name", key)
                .bind("value", value)
                .execute());
    }

    private static List<LoggedModel> select(Tx tx, String tenant, String where, Map<String, ?> binds) {
        Map<String, Map<String, String>> params = pairs(tx, "tracking_model_params", tenant, where, binds);
        Map<String, Map<String, String>> tags = pairs(tx, "tracking_model_tags", tenant, where, binds);
        Map<String, List<LoggedModel.Measured>> metrics = metrics(tx, tenant, where, binds);
        return tx.sql()
                .createQuery("""
                        SELECT m.id, m.experiment, m.name, m.model_type, m.source_run, m.artifact_uri, m.status,
                            m.created_at, m.updated_at
                        FROM tracking_models m WHERE m.tenant = :tenant AND m.deleted = 0\s""" + where)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> new LoggedModel(
                        row.getString(1),
                        row.getLong(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7),
                        row.getLong(8),
                        row.getLong(9),
                        params.getOrDefault(row.getString(1), Map.of()),
                        tags.getOrDefault(row.getString(1), Map.of()),
                        metrics.getOrDefault(row.getString(1), List.of())))
                .list();
    }

    private static Map<String, Map<String, String>> pairs(
            Tx tx, String table, String tenant, String where, Map<String, ?> binds) {
        var pairs = new HashMap<String, Map<String, String>>();
        tx.sql()
                .createQuery("SELECT p.model, p.name, p.value FROM " + table + """
                         p JOIN tracking_models m ON m.tenant = p.tenant AND m.id = p.model
                        WHERE p.tenant = :tenant\s""" + where)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> pairs.computeIfAbsent(row.getString(1), m -> new HashMap<>())
                        .put(row.getString(2), row.getString(3)))
                .list();
        return pairs;
    }

    private static Map<String, List<LoggedModel.Measured>> metrics(
            Tx tx, String tenant, String where, Map<String, ?> binds) {
        var metrics = new HashMap<String, List<LoggedModel.Measured>>();
        tx.sql()
                .createQuery("""
                        SELECT p.model, p.run, p.name, p.dataset_name, p.dataset_digest, p.value, p.recorded_at, p.step
                        FROM tracking_model_metrics p JOIN tracking_models m ON m.tenant = p.tenant AND m.id = p.model
                        WHERE p.tenant = :tenant\s""" + where + " ORDER BY p.name, p.run")
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> {
                    double value = row.getDouble(6);
                    return metrics.computeIfAbsent(row.getString(1), m -> new ArrayList<>())
                            .add(new LoggedModel.Measured(
                                    row.getString(2),
                                    new MetricPoint(
                                            row.getString(3),
                                            row.wasNull() ? Double.NaN : value,
                                            row.getLong(7),
                                            row.getLong(8),
                                            MetricPoint.Origin.of(
                                                    row.getString(4), row.getString(5), row.getString(1)))));
                })
                .list();
        return metrics;
    }
}
