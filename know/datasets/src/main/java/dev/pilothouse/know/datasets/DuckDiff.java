package dev.pilothouse.know.datasets;

import dev.pilothouse.platform.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Compares two versions: schema, rows (as bags, where the schemas agree), and profiles column by column. */
final class DuckDiff {
    private static final Duration WITHIN = Duration.ofSeconds(60);
    private static final long MOST_ROWS = 2_000_000;
    private static final List<String> FIGURES = List.of("nulls", "distinct", "min", "max", "mean", "stddev");

    private DuckDiff() {}

    static ObjectNode of(DuckFiles files, SqlDatasets.Row from, SqlDatasets.Row to) {
        ObjectNode json = Json.object()
                .put("name", to.version().name())
                .put("from", from.version().version())
                .put("to", to.version().version());
        schema(json.putObject("schema"), from.version().schema(), to.version().schema());
        ObjectNode rows = json.putObject("rows")
                .put("from", from.version().rows())
                .put("to", to.version().rows());
        boolean same = from.version().schema().equals(to.version().schema());
        if (same && from.version().rows() + to.version().rows() <= MOST_ROWS) {
            String columns = columns(from.version().schema().size());
            long[] counts = files.withBoth(from, to, WITHIN, session -> new long[] {
                session.query(
                                "SELECT count(*) FROM (SELECT " + columns + " FROM b EXCEPT ALL SELECT " + columns
                                        + " FROM a)",
                                row -> row.getLong(1))
                        .getFirst(),
                session.query(
                                "SELECT count(*) FROM (SELECT " + columns + " FROM a EXCEPT ALL SELECT " + columns
                                        + " FROM b)",
                                row -> row.getLong(1))
                        .getFirst()
            });
            rows.put("added", counts[0]).put("removed", counts[1]);
        }
        columns(json.putArray("columns"), from.profile(), to.profile());
        return json;
    }

    private static String columns(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("c" + i);
        }
        return String.join(", ", names);
    }

    private static void schema(ObjectNode json, List<Datasets.Column> from, List<Datasets.Column> to) {
        Map<String, Datasets.ColumnType> before = new LinkedHashMap<>();
        from.forEach(column -> before.put(column.name(), column.type()));
        Map<String, Datasets.ColumnType> after = new LinkedHashMap<>();
        to.forEach(column -> after.put(column.name(), column.type()));
        var added = json.putArray("added");
        var removed = json.putArray("removed");
        var changed = json.putArray("changed");
        after.forEach((name, type) -> {
            Datasets.ColumnType old = before.get(name);
            if (old == null) {
                added.addObject().put("name", name).put("type", Names.of(type));
            } else if (old != type) {
                changed.addObject().put("name", name).put("from", Names.of(old)).put("to", Names.of(type));
            }
        });
        before.forEach((name, type) -> {
            if (!after.containsKey(name)) {
                removed.addObject().put("name", name).put("type", Names.of(type));
            }
        });
    }

    private static void columns(tools.jackson.databind.node.ArrayNode json, JsonNode from, JsonNode to) {
        Map<String, JsonNode> before = new LinkedHashMap<>();
        from.forEach(column -> before.put(column.path("name").asString(), column));
        for (JsonNode after : to) {
            JsonNode old = before.get(after.path("name").asString());
            if (old == null) {
                continue;
            }
            ObjectNode changes = Json.object().put("name", after.path("name").asString());
            for (String figure : FIGURES) {
                if (!Objects.equals(old.get(figure), after.get(figure))) {
                    ObjectNode change = changes.putObject(figure);
                    change.set("from", old.path(figure).isMissingNode() ? Json.MAPPER.nullNode() : old.get(figure));
                    change.set("to", after.path(figure).isMissingNode() ? Json.MAPPER.nullNode() : after.get(figure));
                }
            }
            values(changes, old, after);
            if (changes.size() > 1) {
                json.add(changes);
            }
        }
    }

    /** Frequent values that only one of the two has. */
    private static void values(ObjectNode changes, JsonNode old, JsonNode after) {
        if (!after.path("type").asString().equals("text")) {
            return;
        }
        List<String> before = old.path("top")
                .valueStream()
                .map(v -> v.path("value").asString())
                .toList();
        List<String> now = after.path("top")
                .valueStream()
                .map(v -> v.path("value").asString())
                .toList();
        List<String> appeared = now.stream().filter(v -> !before.contains(v)).toList();
        List<String> vanished = before.stream().filter(v -> !now.contains(v)).toList();
        if (!appeared.isEmpty()) {
            appeared.forEach(changes.putArray("newlyFrequent")::add);
        }
        if (!vanished.isEmpty()) {
            vanished.forEach(changes.putArray("noLongerFrequent")::add);
        }
    }
}
