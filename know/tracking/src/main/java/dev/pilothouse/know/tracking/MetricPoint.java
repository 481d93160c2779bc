package dev.pilothouse.know.tracking;

import java.util.Comparator;

/**
 * One value of a metric.
 *
 * @param key the metric's name
 * @param value any double, NaN and infinities included
 * @param timestamp milliseconds since the epoch
 * @param step position in the training, often 0
 * @param dataset dataset and model it was measured on
 */
record MetricPoint(String key, double value, long timestamp, long step, Origin dataset) {
    /** Which of two points of one metric is its latest: by step, then time, then value, as MLflow decides. */
    static final Comparator<MetricPoint> LATEST = Comparator.comparingLong(MetricPoint::step)
            .thenComparingLong(MetricPoint::timestamp)
            .thenComparingDouble(MetricPoint::value);

    /**
     * What a point was measured on; empty texts where nothing was said.
     *
     * @param datasetName name of the dataset
     * @param datasetDigest its digest
     * @param model id of the logged model
     */
    record Origin(String datasetName, String datasetDigest, String model) {
        static final Origin NONE = new Origin("", "", "");

        static Origin of(String datasetName, String datasetDigest, String model) {
            return datasetName.isEmpty() && datasetDigest.isEmpty() && model.isEmpty()
                    ? NONE
                    : new Origin(datasetName, datasetDigest, model);
        }
    }
}
