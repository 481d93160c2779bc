package dev.pilothouse.know.artifacts;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.know.experiments.LoggedModel;
import dev.pilothouse.know.experiments.LoggedModels;
import dev.pilothouse.know.tracking.RunFiles;
import dev.pilothouse.know.tracking.Tracking;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Files of runs and logged models by path; bytes live in {@link Blobs}. Thread-safe; calls block. */
public final class Artifacts implements RunFiles {
    /** Folder of pinned files of model versions; only the registry writes there, through {@link #put}. */
    public static final String PINNED = "registry";

    /**
     * A stored file.
     *
     * @param digest its bytes
     * @param size length in bytes
     */
    public record File(Digest digest, long size) {}

    /**
     * An entry of a folder.
     *
     * @param name last segment of its path
     * @param file the file, or empty for a folder
     */
    record Entry(String name, Optional<File> file) {}

    private final Store store;
    private final Blobs blobs;

    /** Files whose paths stand in a store that has tracking's tables, and whose bytes stand in blobs. */
    public Artifacts(Store store, Blobs blobs) {
        this.store = store;
        this.blobs = blobs;
    }

    /** Where the bytes are. */
    Blobs blobs() {
        return blobs;
    }

    /**
     * Records a stored blob under a path, replacing what was there.
     *
     * @param path relative, {@code /}-separated, such as {@code 1/3f…/artifacts/model/MLmodel}; {@code ..}, empty
     *     segments, backslashes and control characters are refused with INVALID
     */
    public void put(String tenant, String path, Blobs.Stored blob) {
        String checked = ArtifactPath.ofFile(path);
        store.writeAndWait(tx -> {
            SqlArtifacts.put(tx, tenant, checked, blob);
            return true;
        });
    }

    /** As {@link #put(String, String, Blobs.Stored)}, in the transaction of the state that refers to the file. */
    public void put(Tx tx, String tenant, String path, File file) {
        SqlArtifacts.put(tx, tenant, ArtifactPath.ofFile(path), new Blobs.Stored(file.digest(), file.size()));
    }

    /** One file. */
    public Optional<File> find(String tenant, String path) {
        String checked = ArtifactPath.of(path);
        return store.read(tx -> SqlArtifacts.find(tx, tenant, checked));
    }

    /** All files at or below a path, by full path. */
    public SortedMap<String, File> below(String tenant, String path) {
        String checked = ArtifactPath.of(path);
        return store.read(tx -> SqlArtifacts.below(tx, tenant, checked));
    }

    /** As {@link #below(String, String)}, inside a unit. */
    public SortedMap<String, File> below(Tx tx, String tenant, String path) {
        return SqlArtifacts.below(tx, tenant, ArtifactPath.of(path));
    }

    @Override
    public Optional<SortedMap<String, Digest>> digests(Tx tx, String tenant, String artifactUri) {
        String root = ArtifactPath.ofUri(artifactUri);
        if (root.isEmpty()) {
            return Optional.empty();
        }
        var digests = new TreeMap<String, Digest>();
        SqlArtifacts.below(tx, tenant, root).forEach((path, file) -> digests.put(path, file.digest()));
        return Optional.of(digests);
    }

    /** Files and folders directly in a folder, by name. A file's own path has none. */
    List<Entry> list(String tenant, String folder) {
        String checked = ArtifactPath.of(folder);
        int skip = checked.isEmpty() ? 0 : checked.length() + 1;
        Map<String, Entry> entries = new LinkedHashMap<>();
        below(tenant, checked).forEach((path, file) -> {
            if (path.length() <= skip) {
                return;
            }
            String rest = path.substring(skip);
            int slash = rest.indexOf('/');
            String name = slash < 0 ? rest : rest.substring(0, slash);
            entries.put(name, new Entry(name, slash < 0 ? Optional.of(file) : Optional.empty()));
        });
        return new ArrayList<>(entries.values());
    }

    /** Removes a file, or a folder with all that is below it. */
    void delete(String tenant, String path) {
        String checked = ArtifactPath.ofFile(path);
        store.writeAndWait(tx -> SqlArtifacts.delete(tx, tenant, checked));
    }

    /** Every digest in use, for {@link Blobs#collect}. */
    public Stream<Digest> referenced() {
        return store.read(SqlArtifacts::referenced).stream();
    }

    /**
     * The path inside the artifact store that an MLflow URI means: {@code mlflow-artifacts:/…}, {@code runs:/<id>/…} or
     * {@code models:/m-<id>}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID for other schemes, NOT_FOUND for an unknown run or model
     */
    public String resolve(String tenant, String uri) {
        if (uri.startsWith("runs:/")) {
            String[] parts = strip(uri.substring("runs:/".length())).split("/", 2);
            return below(store.read(tx -> Tracking.artifactUri(tx, tenant, parts[0])), parts);
        }
        if (uri.startsWith("models:/m-")) {
            String[] parts = strip(uri.substring("models:/".length())).split("/", 2);
            return below(
                    store.read(tx -> LoggedModels.get(tx, tenant, parts[0])).artifactUri(), parts);
        }
        if (uri.startsWith("mlflow-artifacts:")) {
            return ArtifactPath.ofUri(uri);
        }
        throw CommonError.INVALID.because(
                "The source '" + uri + "' is not kept here. Use a mlflow-artifacts:/, runs:/ or"
                        + " models:/ URI: log the files to a run first, then register from it.");
    }

    /** The run that made what a {@code models:/m-<id>} or {@code runs:/<id>/…} URI means, where it is known. */
    public Optional<String> runOf(String tenant, String uri) {
        if (uri.startsWith("runs:/")) {
            return Optional.of(strip(uri.substring("runs:/".length())).split("/", 2)[0]);
        }
        if (uri.startsWith("models:/m-")) {
            String id = uri.substring("models:/".length()).split("/", 2)[0];
            return store.read(tx -> LoggedModels.find(tx, tenant, id))
                    .map(LoggedModel::sourceRun)
                    .filter(run -> !run.isEmpty());
        }
        return Optional.empty();
    }

    private static String below(String artifactUri, String[] idAndPath) {
        return ArtifactPath.join(root(artifactUri), idAndPath.length == 1 ? "" : ArtifactPath.of(idAndPath[1]));
    }

    private static String strip(String path) {
        return path.startsWith("/") ? path.substring(1) : path;
    }

    /** The folder of a run's or model's files. */
    static String root(String artifactUri) {
        String root = ArtifactPath.ofUri(artifactUri);
        if (root.isEmpty()) {
            throw CommonError.INVALID.because(
                    "The files at '" + artifactUri
                            + "' are not kept here, because their experiment has an artifact location of its own. Ask that store.");
        }
        return root;
    }
}
