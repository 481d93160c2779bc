package dev.pilothouse.know.registry;

import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Registered models, their tags and aliases in the store. Stateless; called inside units. */
final class SqlModels {
    private static final List<String> BY_MODEL =
            List.of("registry_model_tags", "registry_versions", "registry_version_tags", "registry_aliases");

    private SqlModels() {}

    static boolean insert(Tx tx, String tenant, RegisteredModel model) {
        int rows = tx.sql()
                .createUpdate("""
                        INSERT INTO registry_models
                            (tenant, name, description, last_version, created_at, updated_at, created_by)
                        VALUES (:tenant, :name, :description, 0, :created, :updated, :by)
                        ON CONFLICT (tenant, name) DO NOTHING
                        """)
                .bind("tenant", tenant)
                .bind("name", model.name())
                .bind("description", model.description())
                .bind("created", model.createdAt())
                .bind("updated", model.updatedAt())
                .bind("by", model.createdBy())
                .execute();
        if (rows == 1) {
            model.tags().forEach((key, value) -> setTag(tx, tenant, model.name(), key, value));
        }
        return rows == 1;
    }

    static Optional<RegisteredModel> find(Tx tx, String tenant, String name) {
        return select(tx, tenant, " AND name = :only", "  AND model = :only", Map.of("only", name)).stream()
                .findFirst();
    }

    static List<RegisteredModel> all(Tx tx, String tenant) {
        return select(tx, tenant, "", "", Map.of());
    }

    static List<String> names(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT name FROM registry_models WHERE tenant = :tenant ORDER BY name")
                .bind("tenant", tenant)
                .mapTo(String.class)
                .list();
    }

    static void update(Tx tx, String tenant, String name, String description, long now) {
        tx.sql()
                .createUpdate("""
                        UPDATE registry_models SET description = :description, updated_at = :now
                        WHERE tenant = :tenant AND name = :name
                        """)
                .bind("description", description)
                .bind("now", now)
                .bind("tenant", tenant)
                .bind("name", name)
                .execute();
    }

    static void touch(Tx tx, String tenant, String name, long now) {
        tx.sql()
                .createUpdate("UPDATE registry_models SET updated_at = :now WHERE tenant = :tenant AND name = :name")
                .bind("now", now)
                .bind("tenant", tenant)
                .bind("name", name)
                .execute();
    }

    /** Gives the next version number. */
    static int nextVersion(Tx tx, String tenant, String name, long now) {
        return tx.sql()
                .createQuery("""
                        UPDATE registry_models SET last_version = last_version + 1, updated_at = :now
                        WHERE tenant = :tenant AND name = :name RETURNING last_version
                        """)
                .bind("now", now)
                .bind("tenant", tenant)
                .bind("name", name)
                .mapTo(Integer.class)
                .one();
    }

    static void rename(Tx tx, String tenant, String name, String to, long now) {
        tx.sql()
                .createUpdate("""
                        UPDATE registry_models SET name = :to, updated_at = :now WHERE tenant = :tenant AND name = :name
                        """)
                .bind("to", to)
                .bind("now", now)
                .bind("tenant", tenant)
                .bind("name", name)
                .execute();
        for (String table : BY_MODEL) {
            tx.sql()
                    .createUpdate("UPDATE " + table + " SET model = :to WHERE tenant = :tenant AND model = :name")
                    .bind("to", to)
                    .bind("tenant", tenant)
                    .bind("name", name)
                    .execute();
        }
    }

    static void delete(Tx tx, String tenant, String name) {
        tx.sql()
                .createUpdate("DELETE FROM registry_models WHERE tenant = :tenant AND name = :name")
                .bind("tenant", tenant)
                .bind("name", name)
                .execute();
        for (String table : BY_MODEL) {
            tx.sql()
                    .createUpdate("DELETE FROM " + table + " WHERE tenant = :tenant AND model = :name")
                    .bind("tenant", tenant)
                    .bind("name", name)
                    .execute();
        }
    }

    static void setTag(Tx tx, String tenant, String model, String key, String value) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO registry_model_tags (tenant, model, name, value)
                        VALUES (:tenant, :model, :name, :value)
                        ON CONFLICT (tenant, model, name) DO UPDATE SET value = excluded.value
                        """)
                .bind("tenant", tenant)
                .bind("model", model)
                .bind("name", key)
                .bind("value", value)
                .execute();
    }

    static boolean deleteTag(Tx tx, String tenant, String model, String key) {
        return tx.sql()
                        .createUpdate("""
                                DELETE FROM registry_model_tags
                                WHERE tenant = :tenant AND model = :model AND name = :name
                                """)
                        .bind("tenant", tenant)
                        .bind("model", model)
                        .bind("name", key)
                        .execute()
                > 0;
    }

    static void setAlias(Tx tx, String tenant, String model, String alias, int version) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO registry_aliases (tenant, model, alias, version)
                        VALUES (:tenant, :model, :alias, :version)
                        ON CONFLICT (tenant, model, alias) DO UPDATE SET version = excluded.version
                        """)
                .bind("tenant", tenant)
                .bind("model", model)
                .bind("alias", alias)
                .bind("version", version)
                .execute();
    }

    static boolean deleteAlias(Tx tx, String tenant, String model, String alias) {
        return tx.sql()
                        .createUpdate("""
                                DELETE FROM registry_aliases
                                WHERE tenant = :tenant AND model = :model AND alias = :alias
                                """)
                        .bind("tenant", tenant)
                        .bind("model", model)
                        .bind("alias", alias)
                        .execute()
                > 0;
    }

    private static List<RegisteredModel> select(
            Tx tx, String tenant, String where, String whereModel, Map<String, ?> binds) {
        Map<String, Map<String, String>> tags = new HashMap<>();
        tx.sql()
                .createQuery("SELECT model, name, value FROM registry_model_tags WHERE tenant = :tenant" + whereModel)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> {
                    tags.computeIfAbsent(row.getString(1), m -> new HashMap<>())
                            .put(row.getString(2), row.getString(3));
                    return true;
                })
                .list();
        Map<String, Map<String, Integer>> aliases = new HashMap<>();
        tx.sql()
                .createQuery("SELECT model, alias, version FROM registry_aliases WHERE tenant = :tenant" + whereModel)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> {
                    aliases.computeIfAbsent(row.getString(1), m -> new HashMap<>())
                            .put(row.getString(2), row.getInt(3));
                    return true;
                })
                .list();
        return new ArrayList<>(tx.sql()
                .createQuery("""
                        SELECT name, description, last_version, created_at, updated_at, created_by FROM registry_models
                        WHERE tenant = :tenant""" + where)
                .bind("tenant", tenant)
                .bindMap(binds)
                .map((row, _) -> new RegisteredModel(
                        row.getString(1),
                        row.getString(2),
                        row.getInt(3),
                        row.getLong(4),
                        row.getLong(5),
                        row.getString(6),
                        tags.getOrDefault(row.getString(1), Map.of()),
                        aliases.getOrDefault(row.getString(1), Map.of())))
                .list());
    }
}
