package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.know.artifacts.Artifacts;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Front door of the registry for other modules. Thread-safe; calls block. */
public final class Models {
    /** The registry's tables; the store also needs tracking's and the ledger's. */
    public static final Migrations MIGRATIONS = new Migrations("registry");

    private static final Pattern REFERENCE = Pattern.compile("(?:models:/+)?([^/@]+)(?:/(\\d+)|@([^/@]+))?/?");

    private final Store store;
    private final Artifacts artifacts;
    private final RegisteredModels registered;
    private final ModelVersions versions;

    /** The registry on a store, with files pinned in an artifact store on the same one. */
    public Models(Store store, Artifacts artifacts, Ledger ledger, Ids ids, InstantSource clock) {
        this.store = store;
        this.artifacts = artifacts;
        this.registered = new RegisteredModels(store, ledger, clock);
        this.versions = new ModelVersions(store, artifacts, ledger, ids, clock);
    }

    RegisteredModels registered() {
        return registered;
    }

    ModelVersions versions() {
        return versions;
    }

    /** One version. */
    public Optional<ModelVersion> find(String tenant, String name, int version) {
        return store.read(tx -> SqlVersions.find(tx, tenant, name, version).map(v -> whole(tx, tenant, v)));
    }

    /**
     * What a reference means now: {@code name} (newest version), {@code name/3}, {@code name@alias}, or any of them after
     * {@code models:/}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND that names the nearest model or alias
     */
    public ModelVersion resolve(String tenant, String reference) {
        Matcher matcher = REFERENCE.matcher(reference);
        if (!matcher.matches()) {
            throw CommonError.INVALID.because("'" + reference
                    + "' does not name a model version. Write name, name/3 or name@alias, such as fraud@production.");
        }
        return store.read(tx -> whole(
                tx,
                tenant,
                resolve(
                        tx,
                        tenant,
                        matcher.group(1),
                        Optional.ofNullable(matcher.group(2)),
                        Optional.ofNullable(matcher.group(3)))));
    }

    private static StoredVersion resolve(
            Tx tx, String tenant, String name, Optional<String> number, Optional<String> alias) {
        Optional<RegisteredModel> model = SqlModels.find(tx, tenant, name);
        if (model.isEmpty()) {
            throw CommonError.NOT_FOUND.because(
                    "There is no model '" + name + "'." + Nearest.hint(name, SqlModels.names(tx, tenant)));
        }
        List<StoredVersion> all = SqlVersions.ofModel(tx, tenant, name);
        if (all.isEmpty()) {
            throw CommonError.NOT_FOUND.because("The model '" + name + "' has no version yet. Register one first.");
        }
        if (number.isPresent()) {
            return all.stream()
                    .filter(v -> Integer.toString(v.version()).equals(number.get()))
                    .findFirst()
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("The model '" + name + "' has no version "
                            + number.get() + ". Its newest is " + all.getFirst().version() + "."));
        }
        if (alias.isEmpty() || alias.get().equalsIgnoreCase("latest")) {
            return all.getFirst();
        }
        return all.stream()
                .filter(v -> v.aliases().contains(alias.get()))
                .findFirst()
                .orElseThrow(() -> CommonError.NOT_FOUND.because("The model '" + name + "' has no alias '" + alias.get()
                        + "'." + Nearest.hint(alias.get(), model.get().aliases().keySet())));
    }

    /**
     * Registers files without MLflow, making the registered model where it is missing.
     *
     * @param files blobs by path relative to the model's folder
     * @throws dev.pilothouse.kernel.PilothouseException INVALID for a name or path that cannot be, or no files
     */
    public ModelVersion add(Caller by, String name, Map<String, Blobs.Stored> files, Map<String, String> tags) {
        MlflowNames.model(name);
        tags.forEach(RegisteredModels::checkTag);
        if (files.isEmpty()) {
            throw CommonError.INVALID.because("A model version needs at least one file.");
        }
        Map<String, Artifacts.File> kept = new HashMap<>();
        files.forEach((path, blob) -> kept.put(path, new Artifacts.File(blob.digest(), blob.size())));
        return store.writeAndWait(tx -> {
            registered.createIfMissing(tx, by, name, "", Map.of());
            StoredVersion made = versions.insert(
                    tx, by, name, new ModelVersions.Making("pilothouse://" + name, "", "", "", "", tags), kept);
            return whole(tx, by.tenant(), made);
        });
    }

    /** Points an alias at a version, in the transaction of a release's state. */
    public void setAlias(Tx tx, Caller by, String name, String alias, int version) {
        registered.setAlias(tx, by, name, alias, version);
    }

    private ModelVersion whole(Tx tx, String tenant, StoredVersion version) {
        Map<String, Digest> files = new HashMap<>();
        if (!version.storage().isEmpty()) {
            int skip = version.storage().length() + 1;
            artifacts
                    .below(tx, tenant, version.storage())
                    .forEach((path, file) -> files.put(path.substring(skip), file.digest()));
        }
        return new ModelVersion(
                tenant,
                version.model(),
                version.version(),
                version.runId(),
                version.source(),
                version.digest(),
                files,
                version.createdBy(),
                Instant.ofEpochMilli(version.createdAt()));
    }
}
