package dev.pilothouse.know.artifacts;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.store.Tx;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Uploads in parts that have not ended, and the secret that signs their addresses. Stateless; called inside units. */
final class SqlUploads {
    /** An upload that was begun. */
    record Upload(String id, String path, int parts) {}

    private SqlUploads() {}

    static void insert(Tx tx, String tenant, Upload upload, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_uploads (tenant, id, path, parts, created_at)
                        VALUES (:tenant, :id, :path, :parts, :now)
                        """)
                .bind("tenant", tenant)
                .bind("id", upload.id())
                .bind("path", upload.path())
                .bind("parts", upload.parts())
                .bind("now", now)
                .execute();
    }

    static Optional<Upload> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery("SELECT id, path, parts FROM tracking_uploads WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> new Upload(row.getString(1), row.getString(2), row.getInt(3)))
                .findOne();
    }

    static void putPart(Tx tx, String tenant, String upload, int part, Blobs.Stored blob) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_upload_parts (tenant, upload, part, digest, size)
                        VALUES (:tenant, :upload, :part, :digest, :size)
                        ON CONFLICT (tenant, upload, part) DO UPDATE SET digest = excluded.digest, size = excluded.size
                        """)
                .bind("tenant", tenant)
                .bind("upload", upload)
                .bind("part", part)
                .bind("digest", blob.digest().hex())
                .bind("size", blob.size())
                .execute();
    }

    static SortedMap<Integer, Digest> parts(Tx tx, String tenant, String upload) {
        var parts = new TreeMap<Integer, Digest>();
        tx.sql()
                .createQuery(
                        "SELECT part, digest FROM tracking_upload_parts WHERE tenant = :tenant AND upload = :upload")
                .bind("tenant", tenant)
                .bind("upload", upload)
                .map((row, _) -> {
                    parts.put(row.getInt(1), new Digest(row.getString(2)));
                    return true;
                })
                .list();
        return parts;
    }

    static void end(Tx tx, String tenant, String upload) {
        tx.sql()
                .createUpdate("DELETE FROM tracking_upload_parts WHERE tenant = :tenant AND upload = :upload")
                .bind("tenant", tenant)
                .bind("upload", upload)
                .execute();
        tx.sql()
                .createUpdate("DELETE FROM tracking_uploads WHERE tenant = :tenant AND id = :upload")
                .bind("tenant", tenant)
                .bind("upload", upload)
                .execute();
    }

    /** Removes uploads that were begun before a time; answers how many. */
    static int forget(Tx tx, long before) {
        tx.sql().createUpdate("""
                        DELETE FROM tracking_upload_parts WHERE EXISTS (
                            SELECT 1 FROM tracking_uploads u WHERE u.tenant = tracking_upload_parts.tenant
                                AND u.id = tracking_upload_parts.upload AND u.created_at < :before)
                        """).bind("before", before).execute();
        return tx.sql()
                .createUpdate("DELETE FROM tracking_uploads WHERE created_at < :before")
                .bind("before", before)
                .execute();
    }

    /** The installation's signing secret; the offered one is kept where there is none yet. */
    static byte[] secret(Tx tx, byte[] offered) {
        tx.sql().createUpdate("""
                        INSERT INTO tracking_secrets (tenant, name, secret) VALUES ('', 'addresses', :secret)
                        ON CONFLICT (tenant, name) DO NOTHING
                        """).bind("secret", offered).execute();
        return tx.sql()
                .createQuery("SELECT secret FROM tracking_secrets WHERE tenant = '' AND name = 'addresses'")
                .map((row, _) -> row.getBytes(1))
                .one();
    }
}
