package dev.pilothouse.know.experiments;

import java.util.Map;
import java.util.TreeMap;

/**
 * An experiment: a named set of runs.
 *
 * @param id number within the tenant; 0 is the default experiment
 * @param name unique within the tenant, deleted ones included
 * @param artifactLocation MLflow URI below which its runs keep files
 * @param deleted whether it is in the bin
 * @param createdAt milliseconds since the epoch
 * @param updatedAt milliseconds since the epoch
 * @param tags tags by key
 */
public record Experiment(
        long id,
        String name,
        String artifactLocation,
        boolean deleted,
        long createdAt,
        long updatedAt,
        Map<String, String> tags) {
    /** Copies the tags. */
    public Experiment {
        tags = new TreeMap<>(tags);
    }
}
