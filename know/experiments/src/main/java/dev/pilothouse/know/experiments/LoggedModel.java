package dev.pilothouse.know.experiments;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A model that a run logged (MLflow 3).
 *
 * @param id {@code m-} and 32 hex digits
 * @param experiment its experiment
 * @param name for people
 * @param modelType what kind of model, empty where unknown
 * @param sourceRun run that made it, empty where none
 * @param artifactUri MLflow URI of its files
 * @param status one of {@code LOGGED_MODEL_PENDING}, {@code LOGGED_MODEL_READY}, {@code LOGGED_MODEL_UPLOAD_FAILED}
 * @param createdAt milliseconds since the epoch
 * @param updatedAt milliseconds since the epoch
 * @param params parameters by key
 * @param tags tags by key
 * @param metrics what was measured on it
 */
public record LoggedModel(
        String id,
        long experiment,
        String name,
        String modelType,
        String sourceRun,
        String artifactUri,
        String status,
        long createdAt,
        long updatedAt,
        Map<String, String> params,
        Map<String, String> tags,
        List<Measured> metrics) {
    /** Statuses a model can have. */
    static final List<String> STATUSES = List.of(
            "LOGGED_MODEL_STATUS_UNSPECIFIED",
            "LOGGED_MODEL_PENDING",
            "LOGGED_MODEL_READY",
            "LOGGED_MODEL_UPLOAD_FAILED");

    /** Copies parameters, tags and metrics. */
    public LoggedModel {
        params = new TreeMap<>(params);
        tags = new TreeMap<>(tags);
        metrics = List.copyOf(metrics);
    }

    /** A point measured on a model, by a run. */
    public record Measured(String run, MetricPoint point) {}

    /** The value of a metric, of the newest point there is. */
    Optional<Double> metric(String key, String datasetName, String datasetDigest) {
        return metrics.stream()
                .filter(m -> m.point().key().equals(key))
                .filter(m -> datasetName.isEmpty()
                        || (m.point().dataset().datasetName().equals(datasetName)
                                && (datasetDigest.isEmpty()
                                        || m.point().dataset().datasetDigest().equals(datasetDigest))))
                .max((a, b) -> Long.compare(a.point().timestamp(), b.point().timestamp()))
                .map(m -> m.point().value());
    }
}
