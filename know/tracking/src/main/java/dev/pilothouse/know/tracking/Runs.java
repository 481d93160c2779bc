package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.know.experiments.Experiment;
import dev.pilothouse.know.experiments.Experiments;
import dev.pilothouse.know.experiments.LoggedModels;
import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.know.mlflow.GivenNames;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Runs: start, log, end, bin. Thread-safe; calls block. */
final class Runs {
    /** Tag in which clients keep a run's name. */
    static final String NAME_TAG = "mlflow.runName";

    private final Store store;
    private final Ledger ledger;
    private final RunIndexes indexes;
    private final RunRecords records;
    private final Ids ids;
    private final InstantSource clock;

    Runs(Store store, Ledger ledger, RunIndexes indexes, RunFiles files, Ids ids, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.indexes = indexes;
        this.records = new RunRecords(indexes, files);
        this.ids = ids;
        this.clock = clock;
    }

    /** What a client asks for when it starts a run. */
    record Start(
            long experiment, String user, Optional<String> name, Optional<Long> startedAt, Map<String, String> tags) {}

    Run create(Caller by, Start start) {
        var tags = new TreeMap<>(start.tags());
        shorten(tags);
        Optional<String> tagged = Optional.ofNullable(tags.get(NAME_TAG)).filter(n -> !n.isEmpty());
        if (start.name().isPresent() && tagged.isPresent() && !start.name().equals(tagged)) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Both 'run_name' argument and 'mlflow.runName' tag are"
                    + " specified, but with different values (run_name='"
                    + start.name().get() + "', mlflow.runName='"
                    + tagged.get() + "').");
        }
        String id = ids.next();
        String name = start.name().or(() -> tagged).orElseGet(() -> GivenNames.of(id));
        tags.put(NAME_TAG, MlflowNames.value(name, MlflowNames.TAG_LENGTH, "run_name"));
        indexes.of(by.tenant());
        return store.writeAndWait(tx -> {
            Experiment experiment = Experiments.findActive(tx, by.tenant(), start.experiment());
            String uri = experiment.artifactLocation();
            uri = (uri.endsWith("/") ? uri : uri + "/") + id + "/artifacts";
            var run = new Run(
                    id,
                    experiment.id(),
                    name,
                    start.user(),
                    "RUNNING",
                    start.startedAt().orElseGet(clock::millis),
                    OptionalLong.empty(),
                    false,
                    uri);
            SqlRuns.insert(tx, by.tenant(), run, by.principal());
            SqlRuns.setTags(tx, by.tenant(), id, tags);
            ledger.append(tx, records.started(by, run, experiment, tags));
            indexes.afterCommit(tx, by.tenant(), new RunChange.Described(run));
            indexes.afterCommit(tx, by.tenant(), new RunChange.Tags(id, tags));
            return run;
        });
    }

    Run update(Caller by, String id, Optional<String> status, Optional<Long> endedAt, Optional<String> name) {
        if (status.isPresent() && !Run.STATUSES.contains(status.get())) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "'" + status.get() + "' is no status of a run. Use one of "
                            + Run.STATUSES.stream().sorted().toList() + ".");
        }
        indexes.of(by.tenant());
        List<MetricPoint> latest = records.latest(by.tenant(), id);
        return store.writeAndWait(tx -> {
            Run before = active(tx, by.tenant(), id);
            var after = new Run(
                    id,
                    before.experiment(),
                    name.orElse(before.name()),
                    before.user(),
                    status.orElse(before.status()),
                    before.startedAt(),
                    endedAt.isPresent() ? OptionalLong.of(endedAt.get()) : before.endedAt(),
                    false,
                    before.artifactUri());
            SqlRuns.update(tx, by.tenant(), after);
            indexes.afterCommit(tx, by.tenant(), new RunChange.Described(after));
            if (name.isPresent()) {
                setTags(tx, by.tenant(), id, Map.of(NAME_TAG, name.get()));
            }
            if (after.ended() && !before.ended()) {
                ledger.append(tx, records.ended(tx, by, after, latest));
            } else if (!after.ended() && before.ended()) {
                ledger.append(tx, records.plain(by, "run.resumed", after));
            }
            return after;
        });
    }

    void setDeleted(Caller by, String id, boolean deleted) {
        indexes.of(by.tenant());
        store.writeAndWait(tx -> {
            Run run = find(tx, by.tenant(), id);
            // As MLflow's server: a client may send the same twice.
            if (run.deleted() == deleted) {
                return false;
            }
            Run changed = run.withDeleted(deleted);
            SqlRuns.update(tx, by.tenant(), changed);
            ledger.append(tx, records.plain(by, deleted ? "run.deleted" : "run.restored", run));
            indexes.afterCommit(tx, by.tenant(), new RunChange.Described(changed));
            return true;
        });
    }

    /** Moves all runs of an experiment, inside the unit that moves the experiment. */
    void setDeleted(Tx tx, String tenant, long experiment, boolean deleted) {
        for (Run run : SqlRuns.ofExperiment(tx, tenant, experiment)) {
            Run changed = run.withDeleted(deleted);
            SqlRuns.update(tx, tenant, changed);
            indexes.afterCommit(tx, tenant, new RunChange.Described(changed));
        }
    }

    /** Logs a batch, all of it or nothing; when this returns it survives power loss. */
    void log(Caller by, String id, RunBatch batch) {
        batch.check();
        byte[] packed = batch.points().isEmpty() ? new byte[0] : MetricPoints.pack(batch.points());
        String tenant = by.tenant();
        indexes.of(tenant);
        store.writeAndWait(tx -> {
            active(tx, tenant, id);
            addParams(tx, tenant, id, batch.params());
            setTags(tx, tenant, id, batch.tags());
            Optional<String> name = Optional.ofNullable(batch.tags().get(NAME_TAG));
            if (name.isPresent()) {
                renameTo(tx, tenant, id, name.get());
            }
            if (packed.length > 0) {
                long row = SqlPoints.insert(tx, tenant, id, packed);
                LoggedModels.addMetrics(tx, tenant, id, batch.points());
                indexes.afterCommit(tx, tenant, new RunChange.Points(id, row, batch.points()));
            }
            return true;
        });
    }

    void deleteTag(Caller by, String id, String key) {
        indexes.of(by.tenant());
        store.writeAndWait(tx -> {
            active(tx, by.tenant(), id);
            if (!SqlRuns.deleteTag(tx, by.tenant(), id, key)) {
                throw MlflowError.RESOURCE_DOES_NOT_EXIST.because("No tag with name: " + key + " in run with id " + id);
            }
            indexes.afterCommit(tx, by.tenant(), new RunChange.TagRemoved(id, key));
            return true;
        });
    }

    void addInputs(Caller by, String id, List<SqlInputs.DatasetInput> datasets, List<SqlInputs.ModelLink> models) {
        indexes.of(by.tenant());
        store.writeAndWait(tx -> {
            active(tx, by.tenant(), id);
            datasets.forEach(dataset -> SqlInputs.add(tx, by.tenant(), id, dataset));
            models.forEach(model -> SqlInputs.link(tx, by.tenant(), id, "input", model));
            indexes.afterCommit(
                    tx,
                    by.tenant(),
                    new RunChange.Inputs(
                            id,
                            datasets.stream().map(SqlInputs.DatasetInput::ref).toList()));
            return true;
        });
    }

    void addOutputs(Caller by, String id, List<SqlInputs.ModelLink> models) {
        store.writeAndWait(tx -> {
            active(tx, by.tenant(), id);
            models.forEach(model -> SqlInputs.link(tx, by.tenant(), id, "output", model));
            return true;
        });
    }

    /** The run inside a unit. */
    static Run find(Tx tx, String tenant, String id) {
        return SqlRuns.find(tx, tenant, id)
                .orElseThrow(() -> MlflowError.RESOURCE_DOES_NOT_EXIST.because("Run with id=" + id + " not found"));
    }

    /** The run inside a unit, refused where it is in the bin. */
    static Run active(Tx tx, String tenant, String id) {
        Run run = find(tx, tenant, id);
        if (run.deleted()) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "The run " + id + " must be in the 'active' state. Current state is deleted. Restore it first.");
        }
        return run;
    }

    private void addParams(Tx tx, String tenant, String id, Map<String, String> params) {
        if (params.isEmpty()) {
            return;
        }
        SqlRuns.addParams(tx, tenant, id, params).forEach((key, kept) -> {
            if (!kept.equals(params.get(key))) {
                throw MlflowError.INVALID_PARAMETER_VALUE.because(
                        "Changing param values is not allowed. Param with key='" + key
                                + "' was already logged with value='"
                                + kept + "' for run ID='" + id + "'. Attempted logging new value '" + params.get(key)
                                + "'.");
            }
        });
        indexes.afterCommit(tx, tenant, new RunChange.Params(id, params));
    }

    private void setTags(Tx tx, String tenant, String id, Map<String, String> tags) {
        if (tags.isEmpty()) {
            return;
        }
        SqlRuns.setTags(tx, tenant, id, tags);
        indexes.afterCommit(tx, tenant, new RunChange.Tags(id, tags));
    }

    private void renameTo(Tx tx, String tenant, String id, String name) {
        Run renamed = find(tx, tenant, id).withName(name);
        SqlRuns.update(tx, tenant, renamed);
        indexes.afterCommit(tx, tenant, new RunChange.Described(renamed));
    }

    private static void shorten(Map<String, String> tags) {
        tags.keySet().forEach(key -> MlflowNames.key(key, "tags.key"));
        tags.replaceAll((_, value) -> MlflowNames.shortened(value, MlflowNames.TAG_LENGTH));
    }
}
