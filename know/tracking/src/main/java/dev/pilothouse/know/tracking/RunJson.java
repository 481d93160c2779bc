package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** Writes runs as MLflow's JSON, straight from the columns. */
final class RunJson {
    private RunJson() {}

    /** What a run reads and makes, which is kept outside the columns. */
    record Links(
            List<SqlInputs.DatasetInput> datasets,
            List<SqlInputs.ModelLink> inputs,
            List<SqlInputs.ModelLink> outputs) {
        static final Links NONE = new Links(List.of(), List.of(), List.of());
    }

    /** {@code {"runs": […], "next_page_token": …}}. */
    static byte[] page(List<RunSearch.Hit> hits, Map<String, Links> links, Optional<String> next) {
        var out = new ByteArrayOutputStream(1024 + 2048 * hits.size());
        try (JsonGenerator json = Json.MAPPER.createGenerator(out)) {
            json.writeStartObject();
            json.writeArrayPropertyStart("runs");
            hits.forEach(hit -> run(
                    json, hit.table(), hit.row(), links.getOrDefault(hit.run().id(), Links.NONE)));
            json.writeEndArray();
            next.ifPresent(token -> json.writeStringProperty("next_page_token", token));
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    /** {@code {"run": …}}. */
    static byte[] single(RunTable table, int row, Links links) {
        var out = new ByteArrayOutputStream(4096);
        try (JsonGenerator json = Json.MAPPER.createGenerator(out)) {
            json.writeStartObject();
            json.writeName("run");
            run(json, table, row, links);
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    /** {@code {"run_info": …}}. */
    static byte[] info(Run run) {
        var out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = Json.MAPPER.createGenerator(out)) {
            json.writeStartObject();
            json.writeName("run_info");
            info(json, run);
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    /** A double as protobuf's JSON has it: NaN and infinities are strings. */
    static void number(JsonGenerator json, String name, double value) {
        if (Double.isFinite(value)) {
            json.writeNumberProperty(name, value);
        } else {
            json.writeStringProperty(name, Double.toString(value));
        }
    }

    private static void run(JsonGenerator json, RunTable table, int row, Links links) {
        json.writeStartObject();
        json.writeName("info");
        info(json, table.run(row));
        json.writeObjectPropertyStart("data");
        json.writeArrayPropertyStart("metrics");
        table.metrics.each(row, column -> {
            json.writeStartObject();
            json.writeStringProperty("key", column.key);
            number(json, "value", column.value(row));
            json.writeNumberProperty("timestamp", column.timestamp(row));
            json.writeNumberProperty("step", column.step(row));
            json.writeEndObject();
        });
        json.writeEndArray();
        json.writeArrayPropertyStart("params");
        table.params.each(row, column -> pair(json, column.key, String.valueOf(column.get(row))));
        json.writeEndArray();
        json.writeArrayPropertyStart("tags");
        table.tags.each(row, column -> pair(json, column.key, String.valueOf(column.get(row))));
        json.writeEndArray();
        json.writeEndObject();
        inputs(json, links);
        if (!links.outputs().isEmpty()) {
            json.writeObjectPropertyStart("outputs");
            models(json, "model_outputs", links.outputs(), true);
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void inputs(JsonGenerator json, Links links) {
        json.writeObjectPropertyStart("inputs");
        if (!links.datasets().isEmpty()) {
            json.writeArrayPropertyStart("dataset_inputs");
            links.datasets().forEach(input -> dataset(json, input));
            json.writeEndArray();
        }
        if (!links.inputs().isEmpty()) {
            models(json, "model_inputs", links.inputs(), false);
        }
        json.writeEndObject();
    }

    private static void models(JsonGenerator json, String name, List<SqlInputs.ModelLink> models, boolean steps) {
        json.writeArrayPropertyStart(name);
        for (SqlInputs.ModelLink model : models) {
            json.writeStartObject();
            json.writeStringProperty("model_id", model.model());
            if (steps) {
                json.writeNumberProperty("step", model.step());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void dataset(JsonGenerator json, SqlInputs.DatasetInput input) {
        json.writeStartObject();
        json.writeArrayPropertyStart("tags");
        input.tags().forEach((key, value) -> pair(json, key, value));
        json.writeEndArray();
        json.writeObjectPropertyStart("dataset");
        json.writeStringProperty("name", input.name());
        json.writeStringProperty("digest", input.digest());
        json.writeStringProperty("source_type", input.sourceType());
        json.writeStringProperty("source", input.source());
        input.schema().ifPresent(schema -> json.writeStringProperty("schema", schema));
        input.profile().ifPresent(profile -> json.writeStringProperty("profile", profile));
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void info(JsonGenerator json, Run run) {
        json.writeStartObject();
        json.writeStringProperty("run_id", run.id());
        json.writeStringProperty("run_uuid", run.id());
        json.writeStringProperty("run_name", run.name());
        json.writeStringProperty("experiment_id", Long.toString(run.experiment()));
        json.writeStringProperty("user_id", run.user());
        json.writeStringProperty("status", run.status());
        json.writeNumberProperty("start_time", run.startedAt());
        run.endedAt().ifPresent(end -> json.writeNumberProperty("end_time", end));
        json.writeStringProperty("artifact_uri", run.artifactUri());
        json.writeStringProperty("lifecycle_stage", run.deleted() ? "deleted" : "active");
        json.writeEndObject();
    }

    private static void pair(JsonGenerator json, String key, String value) {
        json.writeStartObject();
        json.writeStringProperty("key", key);
        json.writeStringProperty("value", value);
        json.writeEndObject();
    }
}
