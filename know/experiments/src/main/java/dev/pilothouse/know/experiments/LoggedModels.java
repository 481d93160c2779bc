package dev.pilothouse.know.experiments;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.know.mlflow.GivenNames;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.know.mlflow.MlflowRequest;
import dev.pilothouse.know.mlflow.SearchClause;
import dev.pilothouse.know.mlflow.SearchGrammar;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Logged models (MLflow 3): make, finish, find. Thread-safe; calls block. */
public final class LoggedModels {
    /** A dataset that metrics must have been measured on; an empty digest means any version of it. */
    record OnDataset(String name, String digest) {}

    /** What a search is ordered by. */
    record Order(String field, boolean ascending, OnDataset dataset) {}

    private static final Set<String> NUMBERS =
            Set.of("creation_timestamp", "creation_time", "last_updated_timestamp", "last_updated_time");
    private static final Set<String> TEXTS = Set.of("name", "model_id", "model_type", "status", "source_run_id");
    private static final SearchGrammar GRAMMAR = new SearchGrammar(
            EnumSet.of(
                    SearchClause.Kind.ATTRIBUTE,
                    SearchClause.Kind.TAG,
                    SearchClause.Kind.PARAM,
                    SearchClause.Kind.METRIC),
            TEXTS,
            NUMBERS,
            TEXTS,
            Set.of(),
            Set.of(),
            Map.of());

    private final Store store;
    private final Experiments experiments;
    private final Ids ids;
    private final InstantSource clock;

    /** Logged models on the store of their experiments. */
    public LoggedModels(Store store, Experiments experiments, Ids ids, InstantSource clock) {
        this.store = store;
        this.experiments = experiments;
        this.ids = ids;
        this.clock = clock;
    }

    LoggedModel create(Caller by, MlflowRequest request) {
        String id = "m-" + ids.next();
        String name = request.filled("name").map(MlflowNames::model).orElseGet(() -> GivenNames.of(id));
        long experimentId = Experiments.id(request.required("experiment_id"));
        Map<String, String> params = checked(request.pairs("params"), MlflowNames.PARAM_LENGTH);
        Map<String, String> tags = checked(request.pairs("tags"), MlflowNames.TAG_LENGTH);
        experiments.ensureDefault(by.tenant());
        return store.writeAndWait(tx -> {
            Experiment experiment = Experiments.findActive(tx, by.tenant(), experimentId);
            long now = clock.millis();
            String location = experiment.artifactLocation();
            var model = new LoggedModel(
                    id,
                    experimentId,
                    name,
                    request.text("model_type").orElse(""),
                    request.text("source_run_id").orElse(""),
                    (location.endsWith("/") ? location : location + "/") + "models/" + id + "/artifacts",
                    "LOGGED_MODEL_PENDING",
                    now,
                    now,
                    params,
                    tags,
                    List.of());
            SqlModels.insert(tx, by.tenant(), model, by.principal());
            return model;
        });
    }

    LoggedModel get(String tenant, String id) {
        return store.read(tx -> get(tx, tenant, id));
    }

    LoggedModel finish(Caller by, String id, String status) {
        if (!LoggedModel.STATUSES.contains(status)) {
            throw MlflowRequest.invalid("status", status, "Use one of " + LoggedModel.STATUSES + ".");
        }
        return change(by, id, tx -> SqlModels.setStatus(tx, by.tenant(), id, status, clock.millis()));
    }

    LoggedModel setTags(Caller by, String id, Map<String, String> tags) {
        checked(tags, MlflowNames.TAG_LENGTH);
        return change(by, id, tx -> SqlModels.setTags(tx, by.tenant(), id, tags));
    }

    LoggedModel deleteTag(Caller by, String id, String key) {
        return change(by, id, tx -> {
            if (!SqlModels.deleteTag(tx, by.tenant(), id, key)) {
                throw MlflowError.RESOURCE_DOES_NOT_EXIST.because(
                        "No tag with key '" + key + "' found for model with ID '" + id + "'.");
            }
        });
    }

    LoggedModel addParams(Caller by, String id, Map<String, String> params) {
        checked(params, MlflowNames.PARAM_LENGTH);
        return change(by, id, tx -> SqlModels.addParams(tx, by.tenant(), id, params));
    }

    void delete(Caller by, String id) {
        store.writeAndWait(tx -> {
            get(tx, by.tenant(), id);
            SqlModels.delete(tx, by.tenant(), id);
            return true;
        });
    }

    /** All models of some experiments that pass, in order. */
    List<LoggedModel> search(
            String tenant, List<Long> experiments, String filter, List<OnDataset> datasets, List<Order> orders) {
        List<SearchClause> clauses = GRAMMAR.filter(filter);
        var models = new ArrayList<LoggedModel>();
        for (long experiment : experiments.stream().distinct().toList()) {
            models.addAll(store.read(tx -> SqlModels.ofExperiment(tx, tenant, experiment)));
        }
        boolean asksMetrics = clauses.stream().anyMatch(c -> c.kind() == SearchClause.Kind.METRIC);
        return models.stream()
                .filter(model -> datasets.isEmpty() || asksMetrics || measuredOn(model, datasets))
                .filter(model -> clauses.stream().allMatch(clause -> passes(model, clause, datasets)))
                .sorted(order(orders))
                .toList();
    }

    /** Checks an order's field. */
    static Order order(MlflowRequest request) {
        String field = request.required("field_name").strip();
        boolean metric = field.startsWith("metrics.");
        if (!metric && !NUMBERS.contains(field) && !TEXTS.contains(field)) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Invalid order by field name: " + field
                    + ". Use metrics.<name> or one of "
                    + TEXTS.stream().sorted().toList() + " and "
                    + NUMBERS.stream().sorted().toList() + ".");
        }
        return new Order(
                field,
                !request.has("ascending") || request.flag("ascending"),
                new OnDataset(
                        request.text("dataset_name").orElse(""),
                        request.text("dataset_digest").orElse("")));
    }

    private static boolean measuredOn(LoggedModel model, List<OnDataset> datasets) {
        return datasets.stream()
                .anyMatch(dataset -> model.metrics().stream()
                        .map(m -> m.point().dataset())
                        .anyMatch(origin -> origin.datasetName().equals(dataset.name())
                                && (dataset.digest().isEmpty()
                                        || origin.datasetDigest().equals(dataset.digest()))));
    }

    private static boolean passes(LoggedModel model, SearchClause clause, List<OnDataset> datasets) {
        return switch (clause.kind()) {
            case METRIC -> {
                List<OnDataset> on = datasets.isEmpty() ? List.of(new OnDataset("", "")) : datasets;
                yield on.stream()
                        .anyMatch(dataset -> model.metric(clause.key(), dataset.name(), dataset.digest())
                                .filter(clause::passes)
                                .isPresent());
            }
            case PARAM -> clause.passes(model.params().get(clause.key()));
            case TAG -> clause.passes(model.tags().get(clause.key()));
            case ATTRIBUTE, DATASET -> clause.passes(attribute(model, clause.key()));
        };
    }

    private static @Nullable String attribute(LoggedModel model, String key) {
        return switch (key) {
            case "name" -> model.name();
            case "model_id" -> model.id();
            case "model_type" -> model.modelType();
            case "status" -> model.status().replace("LOGGED_MODEL_", "");
            case "source_run_id" -> model.sourceRun();
            case "creation_timestamp", "creation_time" -> Long.toString(model.createdAt());
            default -> Long.toString(model.updatedAt());
        };
    }

    private static Comparator<LoggedModel> order(List<Order> orders) {
        Comparator<LoggedModel> all =
                Comparator.comparingLong(LoggedModel::createdAt).reversed().thenComparing(LoggedModel::id);
        for (Order order : orders.reversed()) {
            Comparator<LoggedModel> next = order.field().startsWith("metrics.") ? byMetric(order) : byAttribute(order);
            all = next.thenComparing(all);
        }
        return all;
    }

    private static Comparator<LoggedModel> byMetric(Order order) {
        String key = order.field().substring("metrics.".length());
        return (a, b) -> {
            Optional<Double> left =
                    a.metric(key, order.dataset().name(), order.dataset().digest());
            Optional<Double> right =
                    b.metric(key, order.dataset().name(), order.dataset().digest());
            if (left.isEmpty() || right.isEmpty()) {
                return Boolean.compare(left.isEmpty(), right.isEmpty());
            }
            int compared = Double.compare(left.get(), right.get());
            return order.ascending() ? compared : -compared;
        };
    }

    private static Comparator<LoggedModel> byAttribute(Order order) {
        Comparator<LoggedModel> by = NUMBERS.contains(order.field())
                ? Comparator.comparingLong(
                        order.field().startsWith("creation") ? LoggedModel::createdAt : LoggedModel::updatedAt)
                : Comparator.comparing(model -> String.valueOf(attribute(model, order.field())));
        return order.ascending() ? by : by.reversed();
    }

    private interface Change {
        void apply(Tx tx);
    }

    private LoggedModel change(Caller by, String id, Change change) {
        return store.writeAndWait(tx -> {
            get(tx, by.tenant(), id);
            change.apply(tx);
            return get(tx, by.tenant(), id);
        });
    }

    /** The model inside a unit, unless it does not exist or was deleted. */
    public static Optional<LoggedModel> find(Tx tx, String tenant, String id) {
        return SqlModels.find(tx, tenant, id);
    }

    /**
     * The model inside a unit.
     *
     * @throws dev.pilothouse.kernel.PilothouseException RESOURCE_DOES_NOT_EXIST
     */
    public static LoggedModel get(Tx tx, String tenant, String id) {
        return find(tx, tenant, id)
                .orElseThrow(() ->
                        MlflowError.RESOURCE_DOES_NOT_EXIST.because("Logged model with ID '" + id + "' not found."));
    }

    /** Keeps those points of a run that name a logged model with that model too, inside the unit that logs them. */
    public static void addMetrics(Tx tx, String tenant, String run, List<MetricPoint> points) {
        SqlModels.addMetrics(tx, tenant, run, points);
    }

    private static Map<String, String> checked(Map<String, String> pairs, int limit) {
        pairs.forEach((key, value) -> {
            MlflowNames.key(key, "key");
            MlflowNames.value(value, limit, "value");
        });
        return pairs;
    }
}
