package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Registered models: make, change, alias, remove. Thread-safe; calls block. */
final class RegisteredModels {
    private final Store store;
    private final Ledger ledger;
    private final InstantSource clock;

    RegisteredModels(Store store, Ledger ledger, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.clock = clock;
    }

    RegisteredModel create(Caller by, String name, String description, Map<String, String> tags) {
        MlflowNames.model(name);
        tags.forEach(RegisteredModels::checkTag);
        return store.writeAndWait(tx -> {
            if (!createIfMissing(tx, by, name, description, tags)) {
                throw MlflowError.RESOURCE_ALREADY_EXISTS.because(
                        "Registered Model (name=" + name + ") already exists.");
            }
            return find(tx, by.tenant(), name);
        });
    }

    /** Makes the model where there is none of that name; answers whether it did. */
    boolean createIfMissing(Tx tx, Caller by, String name, String description, Map<String, String> tags) {
        long now = clock.millis();
        var model = new RegisteredModel(name, description, 0, now, now, by.principal(), tags, Map.of());
        boolean made = SqlModels.insert(tx, by.tenant(), model);
        if (made) {
            append(tx, by, "model.registered", name, Json.object().put("description", description));
        }
        return made;
    }

    RegisteredModel get(String tenant, String name) {
        return store.read(tx -> find(tx, tenant, name));
    }

    /** The model inside a unit. */
    static RegisteredModel find(Tx tx, String tenant, String name) {
        return SqlModels.find(tx, tenant, name)
                .orElseThrow(() -> MlflowError.RESOURCE_DOES_NOT_EXIST.because("Registered Model with name=" + name
                        + " not found."
                        + Nearest.of(name, SqlModels.names(tx, tenant))
                                .map(near -> " Did you mean '" + near + "'?")
                                .orElse("")));
    }

    RegisteredModel update(Caller by, String name, String description) {
        return store.writeAndWait(tx -> {
            find(tx, by.tenant(), name);
            SqlModels.update(tx, by.tenant(), name, description, clock.millis());
            append(tx, by, "model.updated", name, Json.object().put("description", description));
            return find(tx, by.tenant(), name);
        });
    }

    RegisteredModel rename(Caller by, String name, String to) {
        MlflowNames.model(to);
        return store.writeAndWait(tx -> {
            find(tx, by.tenant(), name);
            if (!name.equals(to)) {
                if (SqlModels.find(tx, by.tenant(), to).isPresent()) {
                    throw MlflowError.RESOURCE_ALREADY_EXISTS.because(
                            "Registered Model (name=" + to + ") already exists.");
                }
                SqlModels.rename(tx, by.tenant(), name, to, clock.millis());
                append(tx, by, "model.renamed", name, Json.object().put("to", to));
            }
            return find(tx, by.tenant(), to);
        });
    }

    void delete(Caller by, String name) {
        store.writeAndWait(tx -> {
            RegisteredModel model = find(tx, by.tenant(), name);
            SqlModels.delete(tx, by.tenant(), name);
            append(
                    tx,
                    by,
                    "model.deleted",
                    name,
                    Json.object().put("lastVersion", Integer.toString(model.lastVersion())));
            return true;
        });
    }

    void setTag(Caller by, String name, String key, String value) {
        checkTag(key, value);
        store.writeAndWait(tx -> {
            find(tx, by.tenant(), name);
            SqlModels.setTag(tx, by.tenant(), name, key, value);
            SqlModels.touch(tx, by.tenant(), name, clock.millis());
            append(tx, by, "model.tagged", name, Json.object().put("key", key).put("value", value));
            return true;
        });
    }

    void deleteTag(Caller by, String name, String key) {
        store.writeAndWait(tx -> {
            find(tx, by.tenant(), name);
            if (SqlModels.deleteTag(tx, by.tenant(), name, key)) {
                SqlModels.touch(tx, by.tenant(), name, clock.millis());
                append(tx, by, "model.untagged", name, Json.object().put("key", key));
            }
            return true;
        });
    }

    void setAlias(Caller by, String name, String alias, int version) {
        store.writeAndWait(tx -> {
            setAlias(tx, by, name, alias, version);
            return true;
        });
    }

    /** Points an alias at a version inside a unit. */
    void setAlias(Tx tx, Caller by, String name, String alias, int version) {
        MlflowNames.alias(alias);
        RegisteredModel model = find(tx, by.tenant(), name);
        ModelVersions.find(tx, by.tenant(), name, version);
        Optional<Integer> before = Optional.ofNullable(model.aliases().get(alias));
        SqlModels.setAlias(tx, by.tenant(), name, alias, version);
        SqlModels.touch(tx, by.tenant(), name, clock.millis());
        ObjectNode payload = Json.object().put("alias", alias).put("version", Integer.toString(version));
        before.ifPresent(old -> payload.put("before", Integer.toString(old)));
        append(tx, by, "model.alias-set", name, payload);
    }

    void deleteAlias(Caller by, String name, String alias) {
        store.writeAndWait(tx -> {
            find(tx, by.tenant(), name);
            if (SqlModels.deleteAlias(tx, by.tenant(), name, alias)) {
                SqlModels.touch(tx, by.tenant(), name, clock.millis());
                append(tx, by, "model.alias-removed", name, Json.object().put("alias", alias));
            }
            return true;
        });
    }

    List<RegisteredModel> all(String tenant) {
        return store.read(tx -> SqlModels.all(tx, tenant));
    }

    private void append(Tx tx, Caller by, String kind, String name, ObjectNode payload) {
        ledger.append(tx, new LedgerEntry(by, kind, "model/" + name, payload));
    }

    static void checkTag(String key, String value) {
        MlflowNames.key(key, "key");
        MlflowNames.value(value, MlflowNames.MODEL_TAG_LENGTH, "value");
    }
}
