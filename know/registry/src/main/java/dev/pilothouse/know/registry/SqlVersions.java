package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Model versions and their tags in the store. Stateless; called inside units. */
final class SqlVersions {
    private record Key(String model, int version) {}

    private SqlVersions() {}

    static void insert(Tx tx, String tenant, StoredVersion version) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO registry_versions (tenant, model, version, source, storage, digest, run, run_link,
                            logged_model, description, stage, created_at, updated_at, created_by)
                        VALUES (:tenant, :model, :version, :source, :storage, :digest, :run, :link,
                            :logged, :description, :stage, :created, :updated, :by)
                        """)
                .bind("tenant", tenant)
                .bind("model", version.model())
                .bind("version", version.version())
                .bind("source", version.source())
                .bind("storage", version.storage())
                .bind("digest", version.digest().hex())
                .bind("run", version.run())
                .bind("link", version.runLink())
                .bind("logged", version.loggedModel())
                .bind("description", version.description())
                .bind("stage", version.stage())
                .bind("created", version.createdAt())
                .bind("updated", version.updatedAt())
                .bind("by", version.createdBy())
                .execute();
        version.tags().forEach((key, value) -> setTag(tx, tenant, version.model(), version.version(), key, value));
    }

    static void update(Tx tx, String tenant, String model, int version, String description, String stage, long now) {
        tx.sql()
                .createUpdate("""
                        UPDATE registry_versions SET description = :description, stage = :stage, updated_at = :now
                        WHERE tenant = :tenant AND model = :model AND version = :version
                        """)
                .bind("description", description)
                .bind("stage", stage)
                .bind("now", now)
                .bind("tenant", tenant)
                .bind("model", model)
                .bind("version", version)
                .execute();
    }

    static void delete(Tx tx, String tenant, String model, int version) {
        for (String table : List.of("registry_versions", "registry_version_tags", "registry_aliases")) {
            tx.sql()
                    .createUpdate("DELETE FROM " + table
                            + " WHERE tenant = :tenant AND model = :model AND version = :version")
                    .bind("tenant", tenant)
                    .bind("model", model)
                    .bind("version", version)
                    .execute();
        }
    }

    static void setTag(Tx tx, String tenant, String model, int version, String key, String value) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO registry_version_tags (tenant, model, version, name, value)
                        VALUES (:tenant, :model, :version, :name, :value)
                        ON CONFLICT (tenant, model, version, name) DO UPDATE SET value = excluded.value
                        """)
                .bind("tenant", tenant)
                .bind("model", model)
                .bind("version", version)
                .bind("name", key)
                .bind("value", value)
                .execute();
    }

    static boolean deleteTag(Tx tx, String tenant, String model, int version, String key) {
        return tx.sql()
                        .createUpdate("""
                                DELETE FROM registry_version_tags
                                WHERE tenant = :tenant AND model = :model AND version = :version AND name = :name
                                """)
                        .bind("tenant", tenant)
                        .bind("model", model)
                        .bind("version", version)
                        .bind("name", key)
                        .execute()
                > 0;
    }

    static Optional<StoredVersion> find(Tx tx, String tenant, String model, int version) {
        return select(
                        tx,
                        tenant,
                        " AND model = :model AND version = :version",
                        Map.of("model", model, "version", version))
                .stream()
                .findFirst();
    }

    /** Versions of a model, the newest first. */
    static List<StoredVersion> ofModel(Tx tx, String tenant, String model) {
        return select(tx, tenant, " AND model = :model", Map.of("model", model));
    }

    /** Versions that some runs made, by model, the newest first. */
    static List<StoredVersion> ofRuns(Tx tx, String tenant, Set<String> runs) {
        List<String> models = tx.sql()
                .createQuery("SELECT DISTINCT model FROM registry_versions WHERE tenant = :tenant AND run IN (<runs>)")
                .bind("tenant", tenant)
                .bindList("runs", List.copyOf(runs))
                .mapTo(String.class)
                .list();
        return models.stream()
                .flatMap(model -> ofModel(tx, tenant, model).stream())
                .filter(version -> runs.contains(version.run()))
                .toList();
    }

    static List<StoredVersion> all(Tx tx, String tenant) {
        return select(tx, tenant, "", Map.of());
    }

    private static List<StoredVersion> select(Tx tx, String tenant, String where, Map<String, ?> binds) {
        Map<Key, Map<String, String>> tags = new HashMap<>();
        tx.sql()
                .createQuery(
                        "SELECT model, version, name, value FROM registry_version_tags WHERE tenant = :tenant" + where)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> {
                    tags.computeIfAbsent(new Key(row.getString(1), row.getInt(2)), v -> new HashMap<>())
                            .put(row.getString(3), row.getString(4));
                    return true;
                })
                .list();
        Map<Key, List<String>> aliases = new HashMap<>();
        tx.sql()
                .createQuery("SELECT model, version, alias FROM registry_aliases WHERE tenant = :tenant" + where
                        + " ORDER BY alias")
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> aliases.computeIfAbsent(
                                new Key(row.getString(1), row.getInt(2)), v -> new ArrayList<>())
                        .add(row.getString(3)))
                .list();
        return tx.sql()
                .createQuery("""
                        SELECT model, version, source, storage, digest, run, run_link, logged_model, description, stage,
                            created_at, updated_at, created_by
                        FROM registry_versions WHERE tenant = :tenant""" + where + " ORDER BY model, version DESC")
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> {
                    var key = new Key(row.getString(1), row.getInt(2));
                    return new StoredVersion(
                            key.model(),
                            key.version(),
                            row.getString(3),
                            row.getString(4),
                            new Digest(row.getString(5)),
                            row.getString(6),
                            row.getString(7),
                            row.getString(8),
                            row.getString(9),
                            row.getString(10),
                            row.getLong(11),
                            row.getLong(12),
                            row.getString(13),
                            tags.getOrDefault(key, Map.of()),
                            aliases.getOrDefault(key, List.of()));
                })
                .list();
    }
}
