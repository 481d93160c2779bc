package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the rows of a dataset must be like.
 *
 * @param extraColumns whether a file may have columns that are not named here
 * @param columns by name; a file must have each of them
 */
record Expectations(boolean extraColumns, Map<String, OfColumn> columns) {
    private static final List<String> KEYS = List.of("extra-columns", "columns");
    private static final List<String> COLUMN_KEYS = List.of("type", "nulls", "min", "max", "categories", "unique");
    private static final int SMALLEST_FOR_CATEGORIES = 40;
    private static final int SMALLEST_FOR_UNIQUE = 100;
    private static final int MOST_CATEGORIES = ColumnProfile.TOP - 1;

    Expectations {
        columns = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    }

    /**
     * What a column must be like.
     *
     * @param type its type; whole numbers pass where fractions are expected
     * @param nulls largest share of missing values, in [0, 1]
     * @param min smallest number, where there is one
     * @param max largest number, where there is one
     * @param categories the only values, where they are known
     * @param unique whether no value may occur twice
     */
    record OfColumn(
            Datasets.ColumnType type,
            double nulls,
            @Nullable Double min,
            @Nullable Double max,
            @Nullable List<String> categories,
            boolean unique) {
        /** How many single expectations this is. */
        int count() {
            return 2 + (min == null ? 0 : 1) + (max == null ? 0 : 1) + (categories == null ? 0 : 1) + (unique ? 1 : 0);
        }
    }

    /**
     * What the first version suggests. Missing values: none where there were none, else twice their share and 5 points.
     * Ranges: a tenth of the spread beyond what was seen, or twice the distance from the outermost per cent to the extreme
     * where that is more (long tails); never below zero where nothing was. Categories: where a text column has fewer than
     * 50 values, each in 20 rows on average. Unique: where a text or whole-number column of at least 100 rows never
     * repeated a value.
     */
    static Expectations inferred(List<ColumnProfile> profiles) {
        Map<String, OfColumn> columns = new LinkedHashMap<>();
        for (ColumnProfile profile : profiles) {
            long present = profile.rows() - profile.missing();
            double share = profile.rows() == 0 ? 0 : profile.missing() / (double) profile.rows();
            Double min = null;
            Double max = null;
            var numbers = profile.numbers();
            if (numbers != null) {
                double tenth = (numbers.max() - numbers.min()) / 10;
                double low = numbers.min() - Math.max(tenth, 2 * (numbers.p01() - numbers.min()));
                min = numbers.min() >= 0 ? Math.max(0, low) : low;
                max = numbers.max() + Math.max(tenth, 2 * (numbers.max() - numbers.p99()));
            }
            boolean text = profile.column().type() == Datasets.ColumnType.TEXT;
            boolean few = text
                    && present >= SMALLEST_FOR_CATEGORIES
                    && profile.distinct() <= MOST_CATEGORIES
                    && profile.distinct() * 20 <= present;
            boolean unique = (text || profile.column().type() == Datasets.ColumnType.LONG)
                    && present >= SMALLEST_FOR_UNIQUE
                    && profile.missing() == 0
                    && profile.distinct() == present;
            columns.put(
                    profile.column().name(),
                    new OfColumn(
                            profile.column().type(),
                            share == 0 ? 0 : Math.min(1, 2 * share + .05),
                            min,
                            max,
                            few
                                    ? profile.top().stream()
                                            .map(ColumnProfile.Count::value)
                                            .sorted()
                                            .toList()
                                    : null,
                            unique));
        }
        return new Expectations(false, columns);
    }

    int count() {
        return columns.values().stream().mapToInt(OfColumn::count).sum() + (extraColumns ? 0 : 1);
    }

    ObjectNode json() {
        ObjectNode json = Json.object().put("extra-columns", extraColumns);
        ObjectNode all = json.putObject("columns");
        columns.forEach((name, expected) -> {
            ObjectNode column =
                    all.putObject(name).put("type", Names.of(expected.type)).put("nulls", expected.nulls);
            if (expected.min != null) {
                column.put("min", expected.min);
            }
            if (expected.max != null) {
                column.put("max", expected.max);
            }
            if (expected.categories != null) {
                expected.categories.forEach(column.putArray("categories")::add);
            }
            if (expected.unique) {
                column.put("unique", true);
            }
        });
        return json;
    }

    /**
     * Reads what {@link #json} writes.
     *
     * @throws PilothouseException INVALID with every problem at once
     */
    static Expectations parse(ObjectNode json) {
        List<Problem> problems = new ArrayList<>();
        unknown("", json, KEYS, problems);
        Map<String, OfColumn> columns = new LinkedHashMap<>();
        if (json.get("columns") instanceof ObjectNode all) {
            all.properties().forEach(member -> column(member.getKey(), member.getValue(), columns, problems));
        } else {
            problems.add(new Problem("columns", "missing; write an object of column names"));
        }
        boolean extra = read(
                "extra-columns",
                json.get("extra-columns"),
                false,
                JsonNode::isBoolean,
                JsonNode::asBoolean,
                "true or false",
                problems);
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The expectations have " + problems.size() + " problems.", problems);
        }
        return new Expectations(extra, columns);
    }

    private static void column(String name, JsonNode node, Map<String, OfColumn> columns, List<Problem> problems) {
        String where = "columns." + name;
        if (!(node instanceof ObjectNode column)) {
            problems.add(new Problem(where, "must be an object such as {\"type\": \"double\", \"min\": 0}"));
            return;
        }
        unknown(where + ".", column, COLUMN_KEYS, problems);
        Datasets.ColumnType type = Datasets.ColumnType.TEXT;
        try {
            type = Names.type(column.path("type").asString(""));
        } catch (PilothouseException e) {
            problems.add(new Problem(where + ".type", e.detail()));
        }
        double nulls = read(
                where + ".nulls",
                column.get("nulls"),
                1.0,
                JsonNode::isNumber,
                JsonNode::asDouble,
                "a share from 0 to 1",
                problems);
        if (nulls < 0 || nulls > 1) {
            problems.add(new Problem(where + ".nulls", nulls + " is no share; use a number from 0 to 1"));
        }
        Double min = Expectations.<@Nullable Double>read(
                where + ".min", column.get("min"), null, JsonNode::isNumber, JsonNode::asDouble, "a number", problems);
        Double max = Expectations.<@Nullable Double>read(
                where + ".max", column.get("max"), null, JsonNode::isNumber, JsonNode::asDouble, "a number", problems);
        if (min != null && max != null && min > max) {
            problems.add(new Problem(where + ".min", min + " is above max, " + max));
        }
        List<String> categories = Expectations.<@Nullable List<String>>read(
                where + ".categories",
                column.get("categories"),
                null,
                array -> array.isArray() && array.valueStream().noneMatch(JsonNode::isContainer),
                array -> array.valueStream().map(JsonNode::asString).toList(),
                "an array of texts",
                problems);
        boolean unique = read(
                where + ".unique",
                column.get("unique"),
                false,
                JsonNode::isBoolean,
                JsonNode::asBoolean,
                "true or false",
                problems);
        columns.put(name, new OfColumn(type, nulls, min, max, categories, unique));
    }

    private static void unknown(String prefix, ObjectNode json, List<String> known, List<Problem> problems) {
        json.propertyNames().stream()
                .filter(key -> !known.contains(key))
                .forEach(key -> problems.add(new Problem(prefix + key, "is not known." + Nearest.hint(key, known))));
    }

    private static <T extends @Nullable Object> T read(
            String where,
            @Nullable JsonNode node,
            T fallback,
            java.util.function.Predicate<JsonNode> is,
            Function<JsonNode, T> value,
            String what,
            List<Problem> problems) {
        if (node == null || node.isNull()) {
            return fallback;
        }
        if (!is.test(node)) {
            problems.add(new Problem(where, "must be " + what));
            return fallback;
        }
        return value.apply(node);
    }
}
