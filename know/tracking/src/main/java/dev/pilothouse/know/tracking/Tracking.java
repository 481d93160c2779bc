package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.trust.ledger.Ledger;
import java.security.SecureRandom;
import java.time.InstantSource;

/** Tracking as a whole: built once, serves its routes until closed. Thread-safe. */
public final class Tracking implements AutoCloseable {
    /** Tracking's tables. */
    public static final Migrations MIGRATIONS = new Migrations("tracking");
    /** The MLflow version whose API is answered; clients choose features by it. */
    public static final String API_VERSION = "3.17.0";

    private final Artifacts artifacts;
    private final RunIndexes indexes;
    private final ExperimentRoutes experimentRoutes;
    private final RunRoutes runRoutes;
    private final MetricRoutes metricRoutes;
    private final LoggedModelRoutes modelRoutes;
    private final ArtifactRoutes artifactRoutes;
    private final UploadRoutes uploadRoutes;

    private Tracking(Store store, Artifacts artifacts, Ledger ledger, Ids ids, InstantSource clock) {
        this.artifacts = artifacts;
        this.indexes = new RunIndexes(store, clock);
        var experiments = new Experiments(store, ledger, indexes, clock);
        var uploads = new Uploads(store, artifacts, ids, clock);
        byte[] offered = new byte[32];
        new SecureRandom().nextBytes(offered);
        var addresses = new SignedAddress(store.writeAndWait(tx -> SqlUploads.secret(tx, offered)), clock);
        this.experimentRoutes = new ExperimentRoutes(experiments);
        this.runRoutes = new RunRoutes(store, new Runs(store, ledger, indexes, ids, clock), indexes, clock);
        this.metricRoutes = new MetricRoutes(new MetricHistory(store));
        this.artifactRoutes = new ArtifactRoutes(store, artifacts, uploads, addresses);
        this.modelRoutes = new LoggedModelRoutes(new LoggedModels(store, indexes, ids, clock), artifactRoutes);
        this.uploadRoutes = new UploadRoutes(artifacts, uploads, addresses);
    }

    /**
     * Opens tracking on a store that has {@link #MIGRATIONS} and the ledger's. Close it before both.
     *
     * @param artifacts files of runs and models, on the same store
     */
    public static Tracking open(Store store, Artifacts artifacts, Ledger ledger, Ids ids, InstantSource clock) {
        var tracking = new Tracking(store, artifacts, ledger, ids, clock);
        tracking.indexes.start();
        return tracking;
    }

    /** The files of runs and models. */
    public Artifacts artifacts() {
        return artifacts;
    }

    /**
     * Adds all of MLflow's tracking and artifact routes, those by which clients probe a server, and the refusal of every
     * endpoint that nobody else adds.
     */
    public void addRoutes(RouteTable table) {
        experimentRoutes.addTo(table);
        runRoutes.addTo(table);
        metricRoutes.addTo(table);
        modelRoutes.addTo(table);
        artifactRoutes.addTo(table);
        uploadRoutes.addTo(table);
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
