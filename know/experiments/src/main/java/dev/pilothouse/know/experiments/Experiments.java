package dev.pilothouse.know.experiments;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.know.mlflow.PageToken;
import dev.pilothouse.know.mlflow.SearchClause;
import dev.pilothouse.know.mlflow.SearchGrammar;
import dev.pilothouse.know.mlflow.SearchOrder;
import dev.pilothouse.know.mlflow.ViewType;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Experiments: make, find, rename, bin. Every tenant has the default one, of id 0. Thread-safe; calls block. */
public final class Experiments {
    private static final SearchGrammar GRAMMAR = new SearchGrammar(
            EnumSet.of(SearchClause.Kind.ATTRIBUTE, SearchClause.Kind.TAG),
            Set.of("name", "experiment_id"),
            Set.of("creation_time", "last_update_time"),
            Set.of("name", "experiment_id"),
            EnumSet.of(SearchClause.Kind.TAG),
            Set.of("name", "experiment_id", "creation_time", "last_update_time"),
            Map.of());
    private static final int NAME_LENGTH = 500;

    private final Store store;
    private final Ledger ledger;
    private final RunBin runs;
    private final InstantSource clock;
    /** Tenants that surely have the default experiment. */
    private final Set<String> ready = ConcurrentHashMap.newKeySet();

    /**
     * Experiments on a store that has their tables and the ledger's.
     *
     * @param runs takes the runs of an experiment along when it moves into the bin or out of it
     */
    public Experiments(Store store, Ledger ledger, RunBin runs, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.runs = runs;
        this.clock = clock;
    }

    /**
     * The number an experiment id stands for.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID_PARAMETER_VALUE where it is no number
     */
    public static long id(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "Invalid experiment ID '" + text + "'. Experiment ID must be a valid integer.");
        }
    }

    /** Tenants that have experiments, inside a unit. */
    public static List<String> tenants(Tx tx) {
        return SqlExperiments.tenants(tx);
    }

    /**
     * Makes the default experiment where the tenant has none, inside a unit.
     *
     * @param now milliseconds since the epoch
     */
    public static void ensureDefault(Tx tx, String tenant, long now) {
        SqlExperiments.ensureDefault(tx, tenant, now);
    }

    /** Makes the default experiment where the tenant has none. */
    void ensureDefault(String tenant) {
        if (!ready.contains(tenant)) {
            store.writeAndWait(tx -> {
                ensureDefault(tx, tenant, clock.millis());
                return true;
            });
            ready.add(tenant);
        }
    }

    Experiment create(Caller by, String name, Optional<String> artifactLocation, Map<String, String> tags) {
        checkName(name);
        tags.forEach(Experiments::checkTag);
        ensureDefault(by.tenant());
        return store.writeAndWait(tx -> {
            Optional<Experiment> same = SqlExperiments.find(tx, by.tenant(), name);
            if (same.isPresent()) {
                throw MlflowError.RESOURCE_ALREADY_EXISTS.because(
                        same.get().deleted()
                                ? "Experiment '" + name + "' already exists in deleted state. Restore the experiment"
                                        + " (id " + same.get().id() + ") or use another name."
                                : "Experiment '" + name + "' already exists.");
            }
            long id = SqlExperiments.nextId(tx, by.tenant());
            long now = clock.millis();
            var made =
                    new Experiment(id, name, artifactLocation.orElse("mlflow-artifacts:/" + id), false, now, now, tags);
            SqlExperiments.insert(tx, by.tenant(), made);
            return made;
        });
    }

    Experiment get(String tenant, long id) {
        ensureDefault(tenant);
        return store.read(tx -> find(tx, tenant, id));
    }

    Experiment get(String tenant, String name) {
        ensureDefault(tenant);
        return store.read(tx -> SqlExperiments.find(tx, tenant, name).orElseThrow(() -> {
            List<String> names = SqlExperiments.all(tx, tenant).stream()
                    .map(Experiment::name)
                    .toList();
            return MlflowError.RESOURCE_DOES_NOT_EXIST.because("Could not find experiment with name '" + name + "'."
                    + Nearest.of(name, names)
                            .map(n -> " Did you mean '" + n + "'?")
                            .orElse(""));
        }));
    }

    private static Experiment find(Tx tx, String tenant, long id) {
        return SqlExperiments.find(tx, tenant, id)
                .orElseThrow(
                        () -> MlflowError.RESOURCE_DOES_NOT_EXIST.because("No Experiment with id=" + id + " exists"));
    }

    /**
     * The experiment inside a unit.
     *
     * @throws dev.pilothouse.kernel.PilothouseException RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE where it is in
     *     the bin
     */
    public static Experiment findActive(Tx tx, String tenant, long id) {
        Experiment experiment = find(tx, tenant, id);
        if (experiment.deleted()) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("The experiment " + id
                    + " must be in the 'active' state. Current state is deleted. Restore it first.");
        }
        return experiment;
    }

    void rename(Caller by, long id, String name) {
        checkName(name);
        ensureDefault(by.tenant());
        store.writeAndWait(tx -> {
            Experiment experiment = find(tx, by.tenant(), id);
            if (experiment.deleted()) {
                throw MlflowError.INVALID_STATE.because("Cannot rename a non-active experiment. Restore it first.");
            }
            Optional<Experiment> same = SqlExperiments.find(tx, by.tenant(), name);
            if (same.isPresent() && same.get().id() != id) {
                throw MlflowError.RESOURCE_ALREADY_EXISTS.because("Experiment '" + name + "' already exists.");
            }
            SqlExperiments.update(tx, by.tenant(), id, name, false, clock.millis());
            return true;
        });
    }

    /** Moves an experiment with its runs into the bin, or out of it. */
    void setDeleted(Caller by, long id, boolean deleted) {
        ensureDefault(by.tenant());
        store.writeAndWait(tx -> {
            Experiment experiment = find(tx, by.tenant(), id);
            if (experiment.deleted() == deleted) {
                throw MlflowError.RESOURCE_DOES_NOT_EXIST.because(
                        "No " + (deleted ? "active" : "deleted") + " Experiment with id=" + id + " exists");
            }
            SqlExperiments.update(tx, by.tenant(), id, experiment.name(), deleted, clock.millis());
            runs.setDeleted(tx, by.tenant(), id, deleted);
            ledger.append(
                    tx,
                    new LedgerEntry(
                            by,
                            deleted ? "experiment.deleted" : "experiment.restored",
                            "experiment/" + id,
                            Json.object().put("name", experiment.name())));
            return true;
        });
    }

    void setTag(Caller by, long id, String key, String value) {
        checkTag(key, value);
        ensureDefault(by.tenant());
        store.writeAndWait(tx -> {
            findActive(tx, by.tenant(), id);
            SqlExperiments.setTag(tx, by.tenant(), id, key, value);
            return true;
        });
    }

    void deleteTag(Caller by, long id, String key) {
        ensureDefault(by.tenant());
        store.writeAndWait(tx -> {
            findActive(tx, by.tenant(), id);
            if (!SqlExperiments.deleteTag(tx, by.tenant(), id, key)) {
                throw MlflowError.RESOURCE_DOES_NOT_EXIST.because(
                        "No tag with name: " + key + " in experiment with id " + id);
            }
            return true;
        });
    }

    PageToken.Page<Experiment> search(
            String tenant, String filter, List<String> orderBy, ViewType view, int most, Optional<String> token) {
        List<SearchClause> clauses = GRAMMAR.filter(filter);
        List<SearchOrder> orders = GRAMMAR.order(orderBy);
        ensureDefault(tenant);
        List<Experiment> found = store.read(tx -> SqlExperiments.all(tx, tenant)).stream()
                .filter(e -> view.shows(e.deleted()))
                .filter(e -> clauses.stream().allMatch(clause -> clause.passes(value(e, clause.kind(), clause.key()))))
                .sorted(order(orders))
                .toList();
        return PageToken.cut(found, token, most);
    }

    private static Comparator<Experiment> order(List<SearchOrder> orders) {
        // Without an order MLflow lists the newest first.
        Comparator<Experiment> natural =
                Comparator.comparingLong(orders.isEmpty() ? Experiment::createdAt : Experiment::id);
        natural = natural.reversed();
        for (SearchOrder order : orders.reversed()) {
            Comparator<Experiment> next =
                    switch (order.key()) {
                        case "name" -> Comparator.comparing(Experiment::name);
                        case "creation_time" -> Comparator.comparingLong(Experiment::createdAt);
                        case "last_update_time" -> Comparator.comparingLong(Experiment::updatedAt);
                        default -> Comparator.comparingLong(Experiment::id);
                    };
            natural = (order.ascending() ? next : next.reversed()).thenComparing(natural);
        }
        return natural.thenComparing(Comparator.comparingLong(Experiment::id).reversed());
    }

    private static @Nullable String value(Experiment experiment, SearchClause.Kind kind, String key) {
        if (kind == SearchClause.Kind.TAG) {
            return experiment.tags().get(key);
        }
        return switch (key) {
            case "name" -> experiment.name();
            case "experiment_id" -> Long.toString(experiment.id());
            case "creation_time" -> Long.toString(experiment.createdAt());
            default -> Long.toString(experiment.updatedAt());
        };
    }

    private static void checkName(String name) {
        if (name.isBlank()) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Invalid experiment name: '" + name + "'");
        }
        MlflowNames.value(name, NAME_LENGTH, "name");
    }

    private static void checkTag(String key, String value) {
        MlflowNames.key(key, "key");
        MlflowNames.value(value, MlflowNames.EXPERIMENT_TAG_LENGTH, "value");
    }
}
