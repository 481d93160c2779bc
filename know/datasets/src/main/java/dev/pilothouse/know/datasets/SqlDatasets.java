package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Dataset versions and expectations in the store. Stateless; called inside units. */
final class SqlDatasets {
    private static final String COLUMNS =
            "tenant, name, version, digest, content, file, format, header, bytes, total_rows, columns, profile, created_by, created_at";

    private SqlDatasets() {}

    /**
     * A version with what only this module needs of it.
     *
     * @param source its stored file
     * @param bytes the file's length
     * @param profile profiles of its columns, as JSON
     */
    record Row(Datasets.Version version, DuckIntake.Source source, long bytes, JsonNode profile) {}

    static void insert(Tx tx, Row row) {
        Datasets.Version version = row.version();
        tx.sql()
                .createUpdate("INSERT INTO dataset_version (" + COLUMNS + ") VALUES (:tenant, :name, :version, :digest,"
                        + " :content, :file, :format, :header, :bytes, :rows, :columns, :profile, :by, :at)")
                .bind("tenant", version.tenant())
                .bind("name", version.name())
                .bind("version", version.version())
                .bind("digest", version.digest().hex())
                .bind("content", row.source().content().hex())
                .bind("file", row.source().name())
                .bind("format", row.source().format().label())
                .bind("header", row.source().header() ? 1 : 0)
                .bind("bytes", row.bytes())
                .bind("rows", version.rows())
                .bind("columns", Json.write(schema(version.schema())))
                .bind("profile", Json.write(row.profile()))
                .bind("by", version.createdBy())
                .bind("at", version.createdAt().toEpochMilli())
                .execute();
    }

    static ArrayNode schema(List<Datasets.Column> schema) {
        ArrayNode array = Json.array();
        schema.forEach(column -> array.addObject().put("name", column.name()).put("type", Names.of(column.type())));
        return array;
    }

    static int next(Tx tx, String tenant, String name) {
        return tx.sql()
                .createQuery(
                        "SELECT COALESCE(MAX(version), 0) + 1 FROM dataset_version WHERE tenant = :tenant AND name = :name")
                .bind("tenant", tenant)
                .bind("name", name)
                .mapTo(Integer.class)
                .one();
    }

    static Optional<Row> find(Tx tx, String tenant, String name, int version) {
        return select(tx, tenant, "AND name = :name AND version = :version", Map.of("name", name, "version", version));
    }

    /** By the digest of the version or of its bytes; one file read in two ways makes two versions, of which the first. */
    static Optional<Row> find(Tx tx, String tenant, String name, Digest digest) {
        return select(
                tx,
                tenant,
                "AND name = :name AND (digest = :digest OR content = :digest) ORDER BY version LIMIT 1",
                Map.of("name", name, "digest", digest.hex()));
    }

    static Optional<Row> newest(Tx tx, String tenant, String name) {
        return select(tx, tenant, "AND name = :name ORDER BY version DESC LIMIT 1", Map.of("name", name));
    }

    private static Optional<Row> select(Tx tx, String tenant, String where, Map<String, ?> values) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + " FROM dataset_version WHERE tenant = :tenant " + where)
                .bind("tenant", tenant)
                .bindMap(values)
                .map((row, _) -> row(row))
                .findFirst();
    }

    static List<Row> versions(Tx tx, String tenant, String name) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS
                        + " FROM dataset_version WHERE tenant = :tenant AND name = :name ORDER BY version DESC")
                .bind("tenant", tenant)
                .bind("name", name)
                .map((row, _) -> row(row))
                .list();
    }

    /** The newest version of each dataset, by name. */
    static List<Row> newest(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS
                        + " FROM dataset_version v WHERE tenant = :tenant AND version = (SELECT MAX(version) FROM"
                        + " dataset_version w WHERE w.tenant = v.tenant AND w.name = v.name) ORDER BY name")
                .bind("tenant", tenant)
                .map((row, _) -> row(row))
                .list();
    }

    static List<String> names(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT DISTINCT name FROM dataset_version WHERE tenant = :tenant ORDER BY name")
                .bind("tenant", tenant)
                .mapTo(String.class)
                .list();
    }

    /** Contents of all versions of all tenants. */
    static List<Digest> contents(Tx tx) {
        return tx.sql()
                .createQuery("SELECT DISTINCT content FROM dataset_version")
                .map((row, _) -> new Digest(row.getString(1)))
                .list();
    }

    static Optional<Expectations> expectations(Tx tx, String tenant, String name) {
        return tx.sql()
                .createQuery("SELECT body FROM dataset_expectations WHERE tenant = :tenant AND name = :name")
                .bind("tenant", tenant)
                .bind("name", name)
                .mapTo(String.class)
                .findFirst()
                .map(body -> Expectations.parse(Json.parse(body).asObject()));
    }

    /** Keeps what the first version suggests, unless there are expectations already. */
    static void infer(Tx tx, String tenant, String name, Expectations expectations, String by, long now) {
        put(tx, tenant, name, expectations, 0, by, now, "DO NOTHING");
    }

    static void declare(Tx tx, String tenant, String name, Expectations expectations, String by, long now) {
        put(
                tx,
                tenant,
                name,
                expectations,
                1,
                by,
                now,
                "(tenant, name) DO UPDATE SET body = excluded.body, declared = 1, updated_by = excluded.updated_by,"
                        + " updated_at = excluded.updated_at");
    }

    private static void put(
            Tx tx,
            String tenant,
            String name,
            Expectations expectations,
            int declared,
            String by,
            long now,
            String conflict) {
        tx.sql()
                .createUpdate("INSERT INTO dataset_expectations (tenant, name, body, declared, updated_by, updated_at)"
                        + " VALUES (:tenant, :name, :body, :declared, :by, :now) ON CONFLICT " + conflict)
                .bind("tenant", tenant)
                .bind("name", name)
                .bind("body", Json.write(expectations.json()))
                .bind("declared", declared)
                .bind("by", by)
                .bind("now", now)
                .execute();
    }

    private static Row row(ResultSet row) throws SQLException {
        List<Datasets.Column> schema = new ArrayList<>();
        for (JsonNode column : Json.parse(row.getString("columns"))) {
            schema.add(new Datasets.Column(
                    column.path("name").asString(),
                    Names.type(column.path("type").asString())));
        }
        var content = new Digest(row.getString("content"));
        String file = row.getString("file");
        var version = new Datasets.Version(
                row.getString("tenant"),
                row.getString("name"),
                row.getInt("version"),
                new Digest(row.getString("digest")),
                Map.of(file, content),
                schema,
                row.getLong("total_rows"),
                row.getString("created_by"),
                Instant.ofEpochMilli(row.getLong("created_at")));
        var source = new DuckIntake.Source(
                file,
                content,
                DuckIntake.Format.valueOf(row.getString("format").toUpperCase(java.util.Locale.ROOT)),
                row.getInt("header") == 1);
        return new Row(version, source, row.getLong("bytes"), Json.parse(row.getString("profile")));
    }
}
