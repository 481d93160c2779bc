package dev.pilothouse.know.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoggedModelTest {
    @Test
    void aMetricIsItsNewestValueOnTheDatasetThatIsAskedFor() {
        LoggedModel model = measured(
                point(0.9, 20, MetricPoint.Origin.of("valid", "d1", "m-1")),
                point(0.7, 30, MetricPoint.Origin.of("valid", "d2", "m-1")),
                point(0.5, 10, MetricPoint.Origin.NONE));
        assertThat(model.metric("auc", "", "")).contains(0.7);
        assertThat(model.metric("auc", "valid", "")).contains(0.7);
        assertThat(model.metric("auc", "valid", "d1")).contains(0.9);
        assertThat(model.metric("auc", "test", "")).isEmpty();
        assertThat(model.metric("loss", "", "")).isEmpty();
    }

    @Test
    void whatJsonCannotSayAsANumberIsText() {
        var metrics = Json.array();
        point(Double.NEGATIVE_INFINITY, 5, MetricPoint.Origin.of("valid", "", "m-1"))
                .addTo(metrics);
        point(0.25, 6, MetricPoint.Origin.NONE).addTo(metrics);
        assertThat(metrics.at("/0/value").asString()).isEqualTo("-Infinity");
        assertThat(metrics.at("/0/dataset_name").asString()).isEqualTo("valid");
        assertThat(metrics.at("/0").has("dataset_digest")).isFalse();
        assertThat(metrics.at("/1/value").isNumber()).isTrue();
        assertThat(metrics.at("/1").has("model_id")).isFalse();
    }

    private static MetricPoint point(double value, long timestamp, MetricPoint.Origin origin) {
        return new MetricPoint("auc", value, timestamp, 0, origin);
    }

    private static LoggedModel measured(MetricPoint... points) {
        return new LoggedModel(
                "m-1",
                0,
                "scorer",
                "",
                "",
                "mlflow-artifacts:/0/models/m-1/artifacts",
                "LOGGED_MODEL_READY",
                0,
                0,
                Map.of(),
                Map.of(),
                List.of(points).stream()
                        .map(point -> new LoggedModel.Measured("run", point))
                        .toList());
    }
}
