package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.know.experiments.Experiment;
import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** What the ledger learns of a run: its start, and its end with digests of everything it logged. */
final class RunRecords {
    private static final String COMMIT_TAG = "mlflow.source.git.commit";

    private final RunIndexes indexes;
    private final RunFiles files;

    RunRecords(RunIndexes indexes, RunFiles files) {
        this.indexes = indexes;
        this.files = files;
    }

    LedgerEntry started(Caller by, Run run, Experiment experiment, Map<String, String> tags) {
        ObjectNode payload = facts(run).put("experimentName", experiment.name());
        commit(payload, tags);
        return new LedgerEntry(by, "run.started", "run/" + run.id(), payload);
    }

    LedgerEntry ended(Tx tx, Caller by, Run run, List<MetricPoint> latest) {
        Map<String, String> params = SqlRuns.params(tx, by.tenant(), run.id());
        ObjectNode payload = facts(run)
                .put("params", digest(params))
                .put("paramCount", Integer.toString(params.size()))
                .put("metrics", digest(latest))
                .put("metricCount", Integer.toString(latest.size()));
        files.digests(tx, by.tenant(), run.artifactUri()).ifPresent(digests -> {
            ObjectNode manifest = Json.object();
            digests.forEach((path, digest) -> manifest.put(path, digest.hex()));
            payload.put("artifacts", Digest.of(CanonicalJson.bytes(manifest)).hex())
                    .put("artifactCount", Integer.toString(digests.size()));
        });
        var data = payload.putArray("data");
        SqlInputs.of(tx, by.tenant(), run.id())
                .forEach(input -> data.addObject()
                        .put("name", input.name())
                        .put("digest", input.digest())
                        .put("source", input.source())
                        .put("context", input.ref().context()));
        commit(payload, SqlRuns.tags(tx, by.tenant(), run.id()));
        return new LedgerEntry(by, "run.ended", "run/" + run.id(), payload);
    }

    LedgerEntry plain(Caller by, String kind, Run run) {
        return new LedgerEntry(by, kind, "run/" + run.id(), facts(run));
    }

    /** Latest metric values as the index knows them; empty where there is no such run. */
    List<MetricPoint> latest(String tenant, String run) {
        return indexes.current(tenant)
                .read(run, (table, row) -> table.latest(row))
                .orElse(List.of());
    }

    private static ObjectNode facts(Run run) {
        return Json.object()
                .put("experiment", Long.toString(run.experiment()))
                .put("name", run.name())
                .put("user", run.user())
                .put("status", run.status());
    }

    private static void commit(ObjectNode payload, Map<String, String> tags) {
        String commit = tags.get(COMMIT_TAG);
        if (commit != null) {
            payload.put("commit", commit);
        }
    }

    private static String digest(Map<String, String> params) {
        ObjectNode tree = Json.object();
        params.forEach(tree::put);
        return Digest.of(CanonicalJson.bytes(tree)).hex();
    }

    private static String digest(List<MetricPoint> latest) {
        ObjectNode tree = Json.object();
        latest.stream()
                .sorted(Comparator.comparing(MetricPoint::key))
                .forEach(point -> tree.putObject(point.key())
                        .put("value", Double.toString(point.value()))
                        .put("step", Long.toString(point.step()))
                        .put("timestamp", Long.toString(point.timestamp())));
        return Digest.of(CanonicalJson.bytes(tree)).hex();
    }
}
