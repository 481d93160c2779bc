package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What runs read and make: datasets and logged models. Stateless; called inside units. */
final class SqlInputs {
    /** Tag of a dataset input that says what it was used for. */
    static final String CONTEXT = "mlflow.data.context";

    private SqlInputs() {}

    /** A dataset as a run's input. */
    record DatasetInput(
            String name,
            String digest,
            String sourceType,
            String source,
            Optional<String> schema,
            Optional<String> profile,
            Map<String, String> tags) {
        DatasetInput {
            tags = new LinkedHashMap<>(tags);
        }

        RunChange.DatasetRef ref() {
            return new RunChange.DatasetRef(name, digest, tags.getOrDefault(CONTEXT, ""));
        }
    }

    /** A logged model as a run's input or output. */
    record ModelLink(String model, long step) {}

    static void add(Tx tx, String tenant, String run, DatasetInput input) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_inputs
                            (tenant, run, name, digest, source_type, source, schema_text, profile, tags)
                        VALUES (:tenant, :run, :name, :digest, :type, :source, :schema, :profile, :tags)
                        ON CONFLICT (tenant, run, name, digest) DO UPDATE SET tags = excluded.tags
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("name", input.name())
                .bind("digest", input.digest())
                .bind("type", input.sourceType())
                .bind("source", input.source())
                .bind("schema", input.schema().orElse(null))
                .bind("profile", input.profile().orElse(null))
                .bind("tags", Json.write(Json.MAPPER.valueToTree(input.tags())))
                .execute();
    }

    static List<DatasetInput> of(Tx tx, String tenant, String run) {
        return datasets(tx, tenant, List.of(run)).getOrDefault(run, List.of());
    }

    /** All that some runs read and make. */
    static Map<String, RunJson.Links> links(Tx tx, String tenant, List<String> runs) {
        if (runs.isEmpty()) {
            return Map.of();
        }
        Map<String, List<DatasetInput>> datasets = datasets(tx, tenant, runs);
        Map<String, List<ModelLink>> inputs = models(tx, tenant, runs, "input");
        Map<String, List<ModelLink>> outputs = models(tx, tenant, runs, "output");
        var links = new HashMap<String, RunJson.Links>();
        for (String run : runs) {
            links.put(
                    run,
                    new RunJson.Links(
                            datasets.getOrDefault(run, List.of()),
                            inputs.getOrDefault(run, List.of()),
                            outputs.getOrDefault(run, List.of())));
        }
        return links;
    }

    private static Map<String, List<DatasetInput>> datasets(Tx tx, String tenant, List<String> runs) {
        var datasets = new HashMap<String, List<DatasetInput>>();
        tx.sql()
                .createQuery("""
                        SELECT name, digest, source_type, source, schema_text, profile, tags, run FROM tracking_inputs
                        WHERE tenant = :tenant AND run IN (<runs>) ORDER BY name, digest
                        """)
                .bind("tenant", tenant)
                .bindList("runs", runs)
                .map((row, _) -> datasets.computeIfAbsent(row.getString(8), r -> new ArrayList<>())
                        .add(new DatasetInput(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                Optional.ofNullable(row.getString(5)),
                                Optional.ofNullable(row.getString(6)),
                                tags(row.getString(7)))))
                .list();
        return datasets;
    }

    /** What searches ask of the inputs of runs between two ids. */
    static Map<String, List<RunChange.DatasetRef>> refs(Tx tx, String tenant, String first, String last) {
        var refs = new HashMap<String, List<RunChange.DatasetRef>>();
        tx.sql()
                .createQuery("""
                        SELECT run, name, digest, tags FROM tracking_inputs
                        WHERE tenant = :tenant AND run >= :first AND run <= :last
                        """)
                .bind("tenant", tenant)
                .bind("first", first)
                .bind("last", last)
                .map((row, _) -> refs.computeIfAbsent(row.getString(1), r -> new ArrayList<>())
                        .add(new RunChange.DatasetRef(
                                row.getString(2),
                                row.getString(3),
                                tags(row.getString(4)).getOrDefault(CONTEXT, ""))))
                .list();
        return refs;
    }

    static void link(Tx tx, String tenant, String run, String direction, ModelLink link) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO tracking_run_models (tenant, run, direction, model, step)
                        VALUES (:tenant, :run, :direction, :model, :step)
                        ON CONFLICT (tenant, run, direction, model) DO UPDATE SET step = excluded.step
                        """)
                .bind("tenant", tenant)
                .bind("run", run)
                .bind("direction", direction)
                .bind("model", link.model())
                .bind("step", link.step())
                .execute();
    }

    private static Map<String, List<ModelLink>> models(Tx tx, String tenant, List<String> runs, String direction) {
        var models = new HashMap<String, List<ModelLink>>();
        tx.sql()
                .createQuery("""
                        SELECT run, model, step FROM tracking_run_models
                        WHERE tenant = :tenant AND run IN (<runs>) AND direction = :direction ORDER BY model
                        """)
                .bind("tenant", tenant)
                .bindList("runs", runs)
                .bind("direction", direction)
                .map((row, _) -> models.computeIfAbsent(row.getString(1), r -> new ArrayList<>())
                        .add(new ModelLink(row.getString(2), row.getLong(3))))
                .list();
        return models;
    }

    private static Map<String, String> tags(String json) {
        var tags = new LinkedHashMap<String, String>();
        for (Map.Entry<String, JsonNode> tag : Json.parse(json).properties()) {
            tags.put(tag.getKey(), tag.getValue().asString());
        }
        return tags;
    }
}
