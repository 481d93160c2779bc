package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.store.Tx;
import java.util.Map;
import java.util.Optional;

/** Front door of the registry for other modules. Thread-safe; calls block. */
public final class Models {
    /** One version. */
    public Optional<ModelVersion> find(String tenant, String name, int version) {
        throw new IllegalStateException("under construction");
    }

    /**
     * What a reference means now: {@code name} (newest version), {@code name/3}, {@code name@alias}, or any of them after
     * {@code models:/}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND that names the nearest model or alias
     */
    public ModelVersion resolve(String tenant, String reference) {
        throw new IllegalStateException("under construction");
    }

    /** Registers files without MLflow, making the registered model where it is missing. */
    public ModelVersion add(Caller by, String name, Map<String, Blobs.Stored> files, Map<String, String> tags) {
        throw new IllegalStateException("under construction");
    }

    /** Points an alias at a version, in the transaction of a release's state. */
    public void setAlias(Tx tx, Caller by, String name, String alias, int version) {
        throw new IllegalStateException("under construction");
    }
}
