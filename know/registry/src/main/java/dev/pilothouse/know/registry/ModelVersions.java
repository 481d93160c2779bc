package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.know.artifacts.Artifacts;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** Model versions: pin, describe, stage, remove. Thread-safe; calls block. */
final class ModelVersions {
    private static final Pattern VERSION_URI = Pattern.compile("models:/+([^/@]+)(?:/(\\d+)|@([^/]+))/?");

    private final Store store;
    private final Artifacts artifacts;
    private final Ledger ledger;
    private final Ids ids;
    private final InstantSource clock;

    ModelVersions(Store store, Artifacts artifacts, Ledger ledger, Ids ids, InstantSource clock) {
        this.store = store;
        this.artifacts = artifacts;
        this.ledger = ledger;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * What a version is made of.
     *
     * @param source URI of its files
     * @param run run that made it, empty where unknown
     * @param runLink link to that run elsewhere, empty where none
     * @param loggedModel id of a logged model, empty where none
     * @param description for people
     * @param tags tags by key
     */
    record Making(
            String source,
            String run,
            String runLink,
            String loggedModel,
            String description,
            Map<String, String> tags) {}

    /** Makes a version of a model that exists from a source, whose files are pinned as they are now. */
    StoredVersion create(Caller by, String model, Making making) {
        making.tags().forEach(RegisteredModels::checkTag);
        RegisteredModel registered = store.read(tx -> RegisteredModels.find(tx, by.tenant(), model));
        Map<String, Artifacts.File> files = registered.isPrompt() ? Map.of() : files(by.tenant(), making);
        String run = making.run().isEmpty()
                ? artifacts
                        .runOf(by.tenant(), making.source())
                        .or(() -> making.loggedModel().isEmpty()
                                ? Optional.empty()
                                : artifacts.runOf(by.tenant(), "models:/" + making.loggedModel()))
                        .orElse("")
                : making.run();
        var whole = new Making(
                making.source(), run, making.runLink(), making.loggedModel(), making.description(), making.tags());
        return store.writeAndWait(tx -> {
            RegisteredModels.find(tx, by.tenant(), model);
            return insert(tx, by, model, whole, files);
        });
    }

    /** Makes a version of given files inside a unit; its model exists. */
    StoredVersion insert(Tx tx, Caller by, String model, Making making, Map<String, Artifacts.File> files) {
        long now = clock.millis();
        int version = SqlModels.nextVersion(tx, by.tenant(), model, now);
        String storage = files.isEmpty() ? "" : Artifacts.PINNED + "/" + ids.next();
        ObjectNode manifest = Json.object();
        new TreeMap<>(files).forEach((path, file) -> {
            manifest.put(path, file.digest().hex());
            artifacts.put(tx, by.tenant(), storage + "/" + path, file);
        });
        // What has no files is what its text says: a prompt, or a source that is kept elsewhere.
        if (files.isEmpty()) {
            manifest.put("source", making.source());
            making.tags().forEach((key, value) -> manifest.put("tag:" + key, value));
        }
        Digest digest = Digest.of(CanonicalJson.bytes(manifest));
        var made = new StoredVersion(
                model,
                version,
                making.source(),
                storage,
                digest,
                making.run(),
                making.runLink(),
                making.loggedModel(),
                making.description(),
                Stages.NONE,
                now,
                now,
                by.principal(),
                making.tags(),
                List.of());
        SqlVersions.insert(tx, by.tenant(), made);
        append(
                tx,
                by,
                "model-version.created",
                made,
                Json.object()
                        .put("digest", digest.hex())
                        .put("files", Integer.toString(files.size()))
                        .put("source", making.source())
                        .put("run", making.run()));
        return made;
    }

    /** The files that a source means, by path relative to it; none where it is kept elsewhere. */
    private Map<String, Artifacts.File> files(String tenant, Making making) {
        String source = making.source();
        Matcher version = VERSION_URI.matcher(source);
        String folder;
        if (version.matches() && !version.group(1).startsWith("m-")) {
            folder = store.read(tx -> {
                String name = version.group(1);
                int number = version.group(2) != null
                        ? number(version.group(2))
                        : byAlias(tx, tenant, name, version.group(3)).version();
                return find(tx, tenant, name, number).storage();
            });
            if (folder.isEmpty()) {
                return Map.of();
            }
        } else if (source.startsWith("runs:/")
                || source.startsWith("models:/")
                || source.startsWith("mlflow-artifacts:")) {
            folder = artifacts.resolve(tenant, source);
        } else if (source.contains("://") && !source.startsWith("file:")) {
            return Map.of();
        } else {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Invalid model version source: '" + source
                    + "'. A path on the client's machine cannot be read here: log the files to a run first and register"
                    + " runs:/<run id>/<path>, or upload a file with 'pilot model add'.");
        }
        var files = new TreeMap<String, Artifacts.File>();
        String root = folder;
        artifacts
                .below(tenant, folder)
                .forEach((path, file) -> files.put(
                        path.length() > root.length()
                                ? path.substring(root.length() + 1)
                                : path.substring(path.lastIndexOf('/') + 1),
                        file));
        return files;
    }

    StoredVersion get(String tenant, String model, int version) {
        return store.read(tx -> find(tx, tenant, model, version));
    }

    /** The version inside a unit. */
    static StoredVersion find(Tx tx, String tenant, String model, int version) {
        return SqlVersions.find(tx, tenant, model, version)
                .orElseThrow(() -> MlflowError.RESOURCE_DOES_NOT_EXIST.because(
                        "Model Version (name=" + model + ", version=" + version + ") not found"));
    }

    /** The number a version's text stands for. */
    static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "Parameter 'version' must be an integer, got '" + text + "'.");
        }
    }

    StoredVersion byAlias(String tenant, String model, String alias) {
        return store.read(tx -> byAlias(tx, tenant, model, alias));
    }

    private static StoredVersion byAlias(Tx tx, String tenant, String name, String alias) {
        RegisteredModel model = RegisteredModels.find(tx, tenant, name);
        if (alias.equalsIgnoreCase("latest")) {
            return SqlVersions.ofModel(tx, tenant, name).stream()
                    .findFirst()
                    .orElseThrow(() -> MlflowError.RESOURCE_DOES_NOT_EXIST.because(
                            "Latest version not found for model " + name + ". It has no version."));
        }
        Integer version = model.aliases().get(alias);
        if (version == null) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Registered model alias " + alias + " not found."
                    + Nearest.hint(alias, model.aliases().keySet()));
        }
        return find(tx, tenant, name, version);
    }

    StoredVersion describe(Caller by, String model, int version, String description) {
        return change(by, model, version, "model-version.updated", Optional.of(description), Optional.empty(), false);
    }

    /** Moves a version to a stage, and others out of it where asked. */
    StoredVersion transition(Caller by, String model, int version, String stage, boolean archiveOthers) {
        String to = Stages.of(stage);
        if (archiveOthers && !Stages.ACTIVE.contains(to)) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Model version transition cannot archive existing model"
                    + " versions because '" + to + "' is not an Active stage. Valid stages are " + Stages.ACTIVE + ".");
        }
        return change(
                by, model, version, "model-version.stage-changed", Optional.empty(), Optional.of(to), archiveOthers);
    }

    private StoredVersion change(
            Caller by,
            String model,
            int version,
            String kind,
            Optional<String> description,
            Optional<String> stage,
            boolean archiveOthers) {
        return store.writeAndWait(tx -> {
            StoredVersion before = find(tx, by.tenant(), model, version);
            long now = clock.millis();
            if (archiveOthers) {
                for (StoredVersion other : SqlVersions.ofModel(tx, by.tenant(), model)) {
                    if (other.version() != version
                            && stage.isPresent()
                            && other.stage().equals(stage.get())) {
                        SqlVersions.update(
                                tx, by.tenant(), model, other.version(), other.description(), "Archived", now);
                        append(tx, by, "model-version.stage-changed", other, stage(other.stage(), "Archived"));
                    }
                }
            }
            String text = description.orElse(before.description());
            String to = stage.orElse(before.stage());
            SqlVersions.update(tx, by.tenant(), model, version, text, to, now);
            SqlModels.touch(tx, by.tenant(), model, now);
            append(
                    tx,
                    by,
                    kind,
                    before,
                    stage.isPresent()
                            ? stage(before.stage(), to)
                            : Json.object().put("description", text));
            return find(tx, by.tenant(), model, version);
        });
    }

    private static ObjectNode stage(String from, String to) {
        return Json.object().put("from", from).put("to", to);
    }

    void delete(Caller by, String model, int version) {
        store.writeAndWait(tx -> {
            StoredVersion before = find(tx, by.tenant(), model, version);
            SqlVersions.delete(tx, by.tenant(), model, version);
            SqlModels.touch(tx, by.tenant(), model, clock.millis());
            append(
                    tx,
                    by,
                    "model-version.deleted",
                    before,
                    Json.object().put("digest", before.digest().hex()));
            return true;
        });
    }

    void setTag(Caller by, String model, int version, String key, String value) {
        MlflowNames.key(key, "key");
        MlflowNames.value(value, MlflowNames.MODEL_TAG_LENGTH, "value");
        store.writeAndWait(tx -> {
            StoredVersion before = find(tx, by.tenant(), model, version);
            SqlVersions.setTag(tx, by.tenant(), model, version, key, value);
            append(
                    tx,
                    by,
                    "model-version.tagged",
                    before,
                    Json.object().put("key", key).put("value", value));
            return true;
        });
    }

    void deleteTag(Caller by, String model, int version, String key) {
        store.writeAndWait(tx -> {
            StoredVersion before = find(tx, by.tenant(), model, version);
            if (SqlVersions.deleteTag(tx, by.tenant(), model, version, key)) {
                append(tx, by, "model-version.untagged", before, Json.object().put("key", key));
            }
            return true;
        });
    }

    /** Versions of a model, the newest first. */
    List<StoredVersion> ofModel(String tenant, String model) {
        return store.read(tx -> SqlVersions.ofModel(tx, tenant, model));
    }

    List<StoredVersion> all(String tenant) {
        return store.read(tx -> SqlVersions.all(tx, tenant));
    }

    /** The newest version of a model in each stage. */
    static List<StoredVersion> latest(List<StoredVersion> newestFirst, List<String> stages) {
        var latest = new ArrayList<StoredVersion>();
        for (String stage : stages) {
            newestFirst.stream()
                    .filter(v -> v.stage().equals(stage))
                    .findFirst()
                    .ifPresent(latest::add);
        }
        return latest;
    }

    private void append(Tx tx, Caller by, String kind, StoredVersion version, ObjectNode payload) {
        ledger.append(tx, new LedgerEntry(by, kind, "model/" + version.model() + "/" + version.version(), payload));
    }
}
