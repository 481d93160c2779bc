package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.experiments.MetricPoint;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.know.mlflow.MlflowRequest;
import dev.pilothouse.know.mlflow.PageToken;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** MLflow's endpoints for the history of metrics. */
final class MetricRoutes {
    private static final Access READ = Access.role(Role.VIEWER);
    private static final int BULK_RUNS = 100;
    private static final int BULK_POINTS = 25_000;

    private final MetricHistory history;

    MetricRoutes(MetricHistory history) {
        this.history = history;
    }

    void addTo(RouteTable table) {
        MlflowPaths.versioned(table)
                .on("GET", "/mlflow/metrics/get-history", READ, "getMetricHistory", this::one)
                .on("GET", "/mlflow/metrics/get-history-bulk", READ, "getMetricHistoryBulk", this::bulk)
                .on(
                        "GET",
                        "/mlflow/metrics/get-history-bulk-interval",
                        READ,
                        "getMetricHistoryBulkInterval",
                        this::interval);
    }

    private Reply one(Call call) {
        var request = MlflowRequest.of(call);
        PageToken.Page<MetricPoint> page = history.page(
                call.caller().tenant(),
                request.runId(),
                request.required("metric_key"),
                request.text("page_token"),
                request.maxResults(BULK_POINTS, 100_000));
        ObjectNode body = Json.object();
        var metrics = body.putArray("metrics");
        page.items().forEach(point -> point.addTo(metrics));
        page.next().ifPresent(token -> body.put("next_page_token", token));
        return Reply.json(body);
    }

    private Reply bulk(Call call) {
        var request = MlflowRequest.of(call);
        List<String> runs = runs(request, "run_id");
        String key = request.required("metric_key");
        int left = request.maxResults(BULK_POINTS, BULK_POINTS);
        ObjectNode body = Json.object();
        var metrics = body.putArray("metrics");
        for (String run : runs) {
            List<MetricPoint> points = history.of(call.caller().tenant(), run, key);
            points.stream().limit(left).forEach(point -> point.addTo(metrics).put("run_id", run));
            left -= Math.min(left, points.size());
        }
        return Reply.json(body);
    }

    private Reply interval(Call call) {
        var request = MlflowRequest.of(call);
        List<String> runs = runs(request, "run_ids");
        String key = request.required("metric_key");
        long start = request.number("start_step").orElse(Long.MIN_VALUE);
        long end = request.number("end_step").orElse(Long.MAX_VALUE);
        if (start > end) {
            throw MlflowRequest.invalid(
                    "end_step", end, "end_step must be at least start_step, which is " + start + ".");
        }
        int most = request.maxResults(2500, 2500);
        ObjectNode body = Json.object();
        var metrics = body.putArray("metrics");
        for (String run : runs) {
            history.sample(call.caller().tenant(), run, key, start, end, most)
                    .forEach(point -> point.addTo(metrics).put("run_id", run));
        }
        return Reply.json(body);
    }

    private static List<String> runs(MlflowRequest request, String field) {
        List<String> runs = request.texts(field);
        if (runs.isEmpty()) {
            throw MlflowRequest.missing(field);
        }
        if (runs.size() > BULK_RUNS) {
            throw MlflowRequest.invalid(
                    field,
                    runs.size() + " runs",
                    "Ask for the metric history of at most " + BULK_RUNS + " runs at once.");
        }
        return runs;
    }
}
