package dev.pilothouse.know.artifacts;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.store.Tx;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which blob stands under which artifact path. Stateless; called inside units. */
final class SqlArtifacts {
    private SqlArtifacts() {}

    static void put(Tx tx, String tenant, String path, Blobs.Stored blob) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_artifacts (tenant, path, digest, size)
                        VALUES (:tenant, :path, :digest, :size)
                        ON CONFLICT (tenant, path) DO UPDATE SET digest = excluded.digest, size = excluded.size
                        """)
                .bind("tenant", tenant)
                .bind("path", path.getBytes(StandardCharsets.UTF_8))
                .bind("digest", blob.digest().hex())
                .bind("size", blob.size())
                .execute();
    }

    static Optional<Artifacts.File> find(Tx tx, String tenant, String path) {
        return tx.sql()
                .createQuery("SELECT digest, size FROM tracking_artifacts WHERE tenant = :tenant AND path = :path")
                .bind("tenant", tenant)
                .bind("path", path.getBytes(StandardCharsets.UTF_8))
                .map((row, _) -> new Artifacts.File(new Digest(row.getString(1)), row.getLong(2)))
                .findOne();
    }

    static SortedMap<String, Artifacts.File> below(Tx tx, String tenant, String folder) {
        var files = new TreeMap<String, Artifacts.File>();
        tx.sql()
                .createQuery("""
                        SELECT path, digest, size FROM tracking_artifacts
                        WHERE tenant = :tenant AND path >= :start AND path < :end
                        """)
                .bind("tenant", tenant)
                .bind("start", ArtifactPath.rangeStart(folder))
                .bind("end", ArtifactPath.rangeEnd(folder))
                .map((row, _) -> files.put(
                        new String(row.getBytes(1), StandardCharsets.UTF_8),
                        new Artifacts.File(new Digest(row.getString(2)), row.getLong(3))))
                .list();
        find(tx, tenant, folder).ifPresent(file -> files.put(folder, file));
        return files;
    }

    static int delete(Tx tx, String tenant, String path) {
        return tx.sql()
                .createUpdate("""
                        DELETE FROM tracking_artifacts
                        WHERE tenant = :tenant AND (path = :path OR (path >= :start AND path < :end))
                        """)
                .bind("tenant", tenant)
                .bind("path", path.getBytes(StandardCharsets.UTF_8))
                .bind("start", ArtifactPath.rangeStart(path))
                .bind("end", ArtifactPath.rangeEnd(path))
                .execute();
    }

    /** Every digest that an artifact or an unfinished upload refers to, of all tenants. */
    static List<Digest> referenced(Tx tx) {
        return tx.sql()
                .createQuery("SELECT digest FROM tracking_artifacts UNION SELECT digest FROM tracking_upload_parts")
                .map((row, _) -> new Digest(row.getString(1)))
                .list();
    }
}
