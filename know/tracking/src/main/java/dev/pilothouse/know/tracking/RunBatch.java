package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowNames;
import dev.pilothouse.know.mlflow.MlflowRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one request logs to a run. Values that are too long are cut, as MLflow's server does by default: its clients count on it
 * for long texts that nobody reads whole.
 *
 * @param points metric points
 * @param params parameters by key
 * @param tags tags by key
 */
record RunBatch(List<MetricPoint> points, Map<String, String> params, Map<String, String> tags) {
    private static final int METRICS = 1000;
    private static final int PARAMS = 100;
    private static final int TAGS = 100;
    private static final int ALL = 1000;

    RunBatch {
        points = List.copyOf(points);
        params = new LinkedHashMap<>(params);
        params.replaceAll((_, value) -> MlflowNames.shortened(value, MlflowNames.PARAM_LENGTH));
        tags = new LinkedHashMap<>(tags);
        tags.replaceAll((_, value) -> MlflowNames.shortened(value, MlflowNames.TAG_LENGTH));
    }

    /**
     * Reads a log-batch request.
     *
     * @param now time for points that name none
     */
    static RunBatch of(MlflowRequest request, long now) {
        List<ObjectNode> metrics = request.objects("metrics");
        List<ObjectNode> paramNodes = request.objects("params");
        List<ObjectNode> tagNodes = request.objects("tags");
        limit("metrics", METRICS, metrics.size());
        limit("params", PARAMS, paramNodes.size());
        limit("tags", TAGS, tagNodes.size());
        limit("metrics, params, and tags", ALL, metrics.size() + paramNodes.size() + tagNodes.size());
        var points = new ArrayList<MetricPoint>(metrics.size());
        for (int i = 0; i < metrics.size(); i++) {
            points.add(point(MlflowRequest.of(metrics.get(i)), "metrics[" + i + "].", now));
        }
        var params = new LinkedHashMap<String, String>();
        var twice = new ArrayList<String>();
        for (int i = 0; i < paramNodes.size(); i++) {
            var param = MlflowRequest.of(paramNodes.get(i));
            String key = MlflowNames.key(param.text("key").orElse(null), "params[" + i + "].key");
            if (params.put(key, param.text("value").orElse("")) != null) {
                twice.add(key);
            }
        }
        if (!twice.isEmpty()) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Duplicate parameter keys have been submitted: " + twice
                    + ". Please ensure the request contains only one param value per param key.");
        }
        var tags = new LinkedHashMap<String, String>();
        for (int i = 0; i < tagNodes.size(); i++) {
            var tag = MlflowRequest.of(tagNodes.get(i));
            tags.put(
                    MlflowNames.key(tag.text("key").orElse(null), "tags[" + i + "].key"),
                    tag.text("value").orElse(""));
        }
        return new RunBatch(points, params, tags);
    }

    /** Reads one metric. */
    static MetricPoint point(MlflowRequest metric, String path, long now) {
        String key = MlflowNames.key(metric.text("key").orElse(null), path + "name");
        double value = metric.fraction("value").orElseThrow(() -> MlflowRequest.missing(path + "value"));
        long timestamp = metric.number("timestamp").orElse(now);
        if (timestamp < 0) {
            throw MlflowRequest.invalid(
                    path + "timestamp",
                    timestamp,
                    "metric '" + key + "' (value=" + value
                            + "). Timestamp must be a nonnegative long (64-bit integer).");
        }
        return new MetricPoint(
                key,
                value,
                timestamp,
                metric.number("step").orElse(0L),
                MetricPoint.Origin.of(
                        metric.text("dataset_name").orElse(""),
                        metric.text("dataset_digest").orElse(""),
                        metric.text("model_id").orElse("")));
    }

    /**
     * Checks keys.
     *
     * @throws PilothouseException INVALID_PARAMETER_VALUE
     */
    void check() {
        params.keySet().forEach(key -> MlflowNames.key(key, "key"));
        tags.keySet().forEach(key -> MlflowNames.key(key, "key"));
    }

    private static void limit(String what, int limit, int length) {
        if (length > limit) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "A batch logging request can contain at most " + limit + " "
                            + what + ". Got " + length + " " + what + ". Please split up " + what
                            + " across multiple requests and try again.");
        }
    }
}
