package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.experiments.ExperimentRoutes;
import dev.pilothouse.know.experiments.Experiments;
import dev.pilothouse.know.experiments.LoggedModels;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import java.time.InstantSource;

/** Tracking as a whole: built once, serves its routes until closed. Thread-safe. */
public final class Tracking implements AutoCloseable {
    /** Tables of tracking, and of the experiments and artifacts that its runs have. */
    public static final Migrations MIGRATIONS = new Migrations("tracking");
    /** The MLflow version whose API is answered; clients choose features by it. */
    public static final String API_VERSION = "3.17.0";

    private final RunIndexes indexes;
    private final ExperimentRoutes experimentRoutes;
    private final RunRoutes runRoutes;
    private final MetricRoutes metricRoutes;

    private Tracking(Store store, RunFiles files, Ledger ledger, Ids ids, InstantSource clock) {
        this.indexes = new RunIndexes(store, clock);
        var runs = new Runs(store, ledger, indexes, files, ids, clock);
        var experiments = new Experiments(store, ledger, runs::setDeleted, clock);
        this.experimentRoutes = new ExperimentRoutes(experiments, new LoggedModels(store, experiments, ids, clock));
        this.runRoutes = new RunRoutes(store, runs, indexes, clock);
        this.metricRoutes = new MetricRoutes(new MetricHistory(store));
    }

    /**
     * Opens tracking on a store that has {@link #MIGRATIONS} and the ledger's. Close it before both.
     *
     * @param files what runs keep besides what they log
     */
    public static Tracking open(Store store, RunFiles files, Ledger ledger, Ids ids, InstantSource clock) {
        var tracking = new Tracking(store, files, ledger, ids, clock);
        tracking.indexes.start();
        return tracking;
    }

    /**
     * The MLflow URI below which a run keeps its files, inside a unit.
     *
     * @throws dev.pilothouse.kernel.PilothouseException RESOURCE_DOES_NOT_EXIST for an unknown run
     */
    public static String artifactUri(Tx tx, String tenant, String run) {
        return Runs.find(tx, tenant, run).artifactUri();
    }

    /**
     * Adds MLflow's routes of experiments, logged models, runs and metrics, those by which clients probe a server, and the
     * refusal of every endpoint that nobody else adds.
     */
    public void addRoutes(RouteTable table) {
        experimentRoutes.addTo(table);
        runRoutes.addTo(table);
        metricRoutes.addTo(table);
        MlflowPaths.bases(table).on("GET", "/version", Access.open(), "mlflowVersion", _ -> Reply.text(API_VERSION));
        MlflowPaths.refuseTheRest(table);
        MlflowPaths.versioned(table)
                .on("GET", "/mlflow/server-info", Access.open(), "mlflowServerInfo", _ -> serverInfo())
                .on(
                        "GET",
                        "/mlflow/server-features",
                        Access.role(Role.VIEWER),
                        "mlflowServerFeatures",
                        _ -> serverInfo());
    }

    private Reply serverInfo() {
        var body = Json.object()
                .put("store_type", "SqlStore")
                .put("workspaces_enabled", false)
                .put("trace_archival_enabled", false)
                .put("multipart_uploads_enabled", true)
                .put("multipart_downloads_enabled", true)
                .put("presigned_upload_run_id_supported", false)
                .put("presigned_upload_model_id_supported", false);
        body.putObject("features_enabled").put("gateway", false);
        return Reply.json(body);
    }

    /** Writes back what is only in memory; the store stays open. */
    @Override
    public void close() {
        indexes.close();
    }
}
