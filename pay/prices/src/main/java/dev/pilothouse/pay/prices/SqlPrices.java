package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Sources and versions of prices as rows. Stateless. */
final class SqlPrices {
    private static final String VERSION = """
            SELECT number, digest, source, format, file, row_count, conflicts, imported_by, imported_at
            FROM prices_version
            """;

    /**
     * What a source says.
     *
     * @param content its rows, compressed
     */
    record StoredSource(String source, boolean overlay, long position, byte[] content) {}

    /** Overlays first, then by the order of first imports. */
    static final Comparator<StoredSource> PRECEDENCE =
            Comparator.comparing(StoredSource::overlay).reversed().thenComparingLong(StoredSource::position);

    /** All sources, the one with the highest precedence first. */
    List<StoredSource> sources(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("""
                        SELECT source, overlay, position, content FROM prices_source
                        WHERE tenant = :tenant ORDER BY overlay DESC, position, source
                        """)
                .bind("tenant", tenant)
                .map((row, _) -> new StoredSource(
                        row.getString("source"),
                        row.getInt("overlay") == 1,
                        row.getLong("position"),
                        row.getBytes("content")))
                .list();
    }

    void put(Tx tx, String tenant, StoredSource source) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO prices_source (tenant, source, overlay, position, content)
                        VALUES (:tenant, :source, :overlay, :position, :content)
                        ON CONFLICT (tenant, source) DO UPDATE SET content = excluded.content
                        """)
                .bind("tenant", tenant)
                .bind("source", source.source())
                .bind("overlay", source.overlay() ? 1 : 0)
                .bind("position", source.position())
                .bind("content", source.content())
                .execute();
    }

    /** The newest version; its number rises with each import that changes the table. */
    Optional<PriceVersion> newest(Tx tx, String tenant) {
        return versions(tx, tenant, Long.MAX_VALUE, 1).stream().findFirst();
    }

    /** Versions before one, the newest first. */
    List<PriceVersion> versions(Tx tx, String tenant, long before, int limit) {
        return tx.sql()
                .createQuery(VERSION + "WHERE tenant = :tenant AND number < :before ORDER BY number DESC LIMIT :limit")
                .bind("tenant", tenant)
                .bind("before", before)
                .bind("limit", limit)
                .map((row, _) -> version(row))
                .list();
    }

    /** The rows of the table whose digest begins so, compressed. */
    Optional<byte[]> content(Tx tx, String tenant, String version) {
        return tx.sql()
                .createQuery("""
                        SELECT content FROM prices_version
                        WHERE tenant = :tenant AND digest >= :version AND digest < :end ORDER BY number DESC LIMIT 1
                        """)
                .bind("tenant", tenant)
                .bind("version", version)
                .bind("end", version + "g")
                .map((row, _) -> row.getBytes("content"))
                .findOne();
    }

    void insert(Tx tx, String tenant, PriceVersion version, byte[] content) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO prices_version (tenant, number, digest, source, format, file, row_count, conflicts,
                          imported_by, imported_at, content)
                        VALUES (:tenant, :number, :digest, :source, :format, :file, :rows, :conflicts, :by, :at, :content)
                        """)
                .bind("tenant", tenant)
                .bind("number", version.number())
                .bind("digest", version.digest().hex())
                .bind("source", version.source())
                .bind("format", version.format().label())
                .bind("file", version.file().hex())
                .bind("rows", version.rows())
                .bind("conflicts", version.conflicts())
                .bind("by", version.importedBy())
                .bind("at", version.importedAt().toEpochMilli())
                .bind("content", content)
                .execute();
    }

    /** Puts an id in the place of who imported. */
    static void forget(Tx tx, String tenant, String id, String name) {
        tx.sql()
                .createUpdate(
                        "UPDATE prices_version SET imported_by = :id WHERE tenant = :tenant AND imported_by = :name")
                .bind("id", id)
                .bind("tenant", tenant)
                .bind("name", name)
                .execute();
    }

    private static PriceVersion version(ResultSet row) throws SQLException {
        return new PriceVersion(
                row.getLong("number"),
                new Digest(row.getString("digest")),
                row.getString("source"),
                PriceFormat.parse(row.getString("format")),
                new Digest(row.getString("file")),
                row.getInt("row_count"),
                row.getInt("conflicts"),
                row.getString("imported_by"),
                Instant.ofEpochMilli(row.getLong("imported_at")));
    }
}
