package dev.pilothouse.know.artifacts;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.SortedMap;

/** Uploads of big files in parts; nothing is visible before all parts are put together. Thread-safe; calls block. */
final class Uploads {
    /** Most parts of an upload, as object stores have it. */
    static final int PARTS = 10_000;
    /** An upload that was begun longer ago is forgotten. */
    private static final Duration FORGET = Duration.ofDays(2);

    private final Store store;
    private final Artifacts artifacts;
    private final Ids ids;
    private final InstantSource clock;

    Uploads(Store store, Artifacts artifacts, Ids ids, InstantSource clock) {
        this.store = store;
        this.artifacts = artifacts;
        this.ids = ids;
        this.clock = clock;
    }

    /** Begins an upload. */
    SqlUploads.Upload start(String tenant, String path, long parts) {
        if (parts < 1 || parts > PARTS) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("An upload has 1 to " + PARTS + " parts, not " + parts
                    + ". Choose a greater MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE.");
        }
        var upload = new SqlUploads.Upload(ids.next(), ArtifactPath.ofWritable(path), (int) parts);
        long now = clock.millis();
        store.writeAndWait(tx -> {
            SqlUploads.forget(tx, now - FORGET.toMillis());
            SqlUploads.insert(tx, tenant, upload, now);
            return true;
        });
        return upload;
    }

    /** The upload that an id names. */
    SqlUploads.Upload find(String tenant, String id) {
        return store.read(tx -> SqlUploads.find(tx, tenant, id)).orElseThrow(() -> unknown(id));
    }

    /** Keeps a part's bytes; answers its entity tag. */
    String put(String tenant, String id, int part, Blobs.Stored blob) {
        store.writeAndWait(tx -> {
            SqlUploads.Upload upload = SqlUploads.find(tx, tenant, id).orElseThrow(() -> unknown(id));
            if (part < 1 || part > upload.parts()) {
                throw MlflowError.INVALID_PARAMETER_VALUE.because(
                        "The upload has parts 1 to " + upload.parts() + ", and no part " + part + ".");
            }
            SqlUploads.putPart(tx, tenant, id, part, blob);
            return true;
        });
        return tag(blob.digest());
    }

    /**
     * Puts the parts together and makes the file visible.
     *
     * @param tags entity tags by part, as the client got them
     */
    void complete(String tenant, String id, String path, Map<Integer, String> tags) throws IOException {
        SqlUploads.Upload upload = find(tenant, id);
        if (!upload.path().equals(path)) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "The upload " + id + " is of '" + upload.path() + "', not of '" + path + "'.");
        }
        SortedMap<Integer, Digest> parts = store.read(tx -> SqlUploads.parts(tx, tenant, id));
        for (int part = 1; part <= upload.parts(); part++) {
            Digest digest = parts.get(part);
            if (digest == null) {
                throw MlflowError.INVALID_PARAMETER_VALUE.because(
                        "Part " + part + " of " + upload.parts() + " has not arrived. Send it, then complete again.");
            }
            String tag = tags.getOrDefault(part, "").replace("\"", "");
            if (!tag.equals(digest.hex())) {
                throw MlflowError.INVALID_PARAMETER_VALUE.because("The etag '" + tag + "' of part " + part
                        + " is not that of the bytes that arrived. Send the part again.");
            }
        }
        Blobs blobs = artifacts.blobs();
        Blobs.Stored whole;
        try (Blobs.Writer out = blobs.writer()) {
            for (Digest digest : parts.values()) {
                try (InputStream in = blobs.open(digest)) {
                    in.transferTo(out);
                }
            }
            whole = out.commit();
        }
        store.writeAndWait(tx -> {
            SqlArtifacts.put(tx, tenant, path, whole);
            SqlUploads.end(tx, tenant, id);
            return true;
        });
    }

    /** Forgets an upload; one that does not exist is forgotten already. */
    void abort(String tenant, String id) {
        store.writeAndWait(tx -> {
            SqlUploads.end(tx, tenant, id);
            return true;
        });
    }

    static String tag(Digest digest) {
        return "\"" + digest.hex() + "\"";
    }

    private static PilothouseException unknown(String id) {
        return MlflowError.RESOURCE_DOES_NOT_EXIST.because(
                "There is no upload " + id + " in progress: it was completed, aborted or forgotten. Begin a new one.");
    }
}
