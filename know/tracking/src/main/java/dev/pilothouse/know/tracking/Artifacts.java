package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.store.Store;
import java.util.Optional;
import java.util.SortedMap;

/** Files of runs and logged models by path; bytes live in {@link Blobs}. Thread-safe; calls block. */
public final class Artifacts {
    /**
     * A stored file.
     *
     * @param digest its bytes
     * @param size length in bytes
     */
    public record File(Digest digest, long size) {}

    private final Store store;
    private final Blobs blobs;

    public Artifacts(Store store, Blobs blobs) {
        this.store = store;
        this.blobs = blobs;
    }

    /**
     * Records a stored blob under a path, replacing what was there.
     *
     * @param path relative, {@code /}-separated, such as {@code 1/3f…/artifacts/model/MLmodel}; {@code ..}, empty
     *     segments, backslashes and control characters are refused with INVALID
     */
    public void put(String tenant, String path, Blobs.Stored blob) {
        throw new IllegalStateException("under construction " + store + blobs);
    }

    /** One file. */
    public Optional<File> find(String tenant, String path) {
        throw new IllegalStateException("under construction");
    }

    /** All files at or below a path, by full path. */
    public SortedMap<String, File> below(String tenant, String path) {
        throw new IllegalStateException("under construction");
    }

    /**
     * The path inside the artifact store that an MLflow URI means: {@code mlflow-artifacts:/…}, {@code runs:/<id>/…} or
     * {@code models:/m-<id>}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID for other schemes, NOT_FOUND for an unknown run or model
     */
    public String resolve(String tenant, String uri) {
        throw new IllegalStateException("under construction");
    }
}
