package dev.pilothouse.know.experiments;

import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One value of a metric.
 *
 * @param key the metric's name
 * @param value any double, NaN and infinities included
 * @param timestamp milliseconds since the epoch
 * @param step position in the training, often 0
 * @param dataset dataset and model it was measured on
 */
public record MetricPoint(String key, double value, long timestamp, long step, Origin dataset) {
    /** Adds the point to an array as MLflow's JSON, in which NaN and infinities are texts; answers the object. */
    public ObjectNode addTo(ArrayNode array) {
        ObjectNode json = array.addObject().put("key", key);
        if (Double.isFinite(value)) {
            json.put("value", value);
        } else {
            json.put("value", Double.toString(value));
        }
        json.put("timestamp", timestamp).put("step", step);
        if (!dataset.datasetName().isEmpty()) {
            json.put("dataset_name", dataset.datasetName());
        }
        if (!dataset.datasetDigest().isEmpty()) {
            json.put("dataset_digest", dataset.datasetDigest());
        }
        if (!dataset.model().isEmpty()) {
            json.put("model_id", dataset.model());
        }
        return json;
    }

    /**
     * What a point was measured on; empty texts where nothing was said.
     *
     * @param datasetName name of the dataset
     * @param datasetDigest its digest
     * @param model id of the logged model
     */
    public record Origin(String datasetName, String datasetDigest, String model) {
        /** Nothing was said. */
        public static final Origin NONE = new Origin("", "", "");

        /** The origin, {@link #NONE} itself where all texts are empty. */
        public static Origin of(String datasetName, String datasetDigest, String model) {
            return datasetName.isEmpty() && datasetDigest.isEmpty() && model.isEmpty()
                    ? NONE
                    : new Origin(datasetName, datasetDigest, model);
        }
    }
}
