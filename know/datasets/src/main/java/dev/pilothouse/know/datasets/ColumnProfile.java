package dev.pilothouse.know.datasets;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a column of a version looks like.
 *
 * @param column its name and type
 * @param rows number of rows
 * @param missing number of missing values
 * @param distinct number of different values
 * @param least smallest text or time
 * @param most largest text or time
 * @param numbers for numeric columns
 * @param top most frequent values, at most {@link #TOP}
 * @param histogram counts of {@link #BUCKETS} equally wide buckets from the smallest to the largest number
 */
record ColumnProfile(
        Datasets.Column column,
        long rows,
        long missing,
        long distinct,
        @Nullable String least,
        @Nullable String most,
        @Nullable Numbers numbers,
        List<Count> top,
        List<Long> histogram) {
    static final int TOP = 50;
    static final int BUCKETS = 20;
    private static final int TOP_SHOWN = 10;

    /** Moments and quantiles (linear between order statistics) of a numeric column. */
    record Numbers(
            double min,
            double max,
            double mean,
            double stddev,
            double p01,
            double p05,
            double p25,
            double p50,
            double p75,
            double p95,
            double p99) {}

    /** A value and its number of rows. */
    record Count(String value, long count) {}

    ObjectNode json() {
        ObjectNode json = Json.object()
                .put("name", column.name())
                .put("type", Names.of(column.type()))
                .put("nulls", missing)
                .put("distinct", distinct);
        if (least != null && most != null) {
            json.put("min", least).put("max", most);
        }
        if (numbers != null) {
            json.put("min", numbers.min)
                    .put("max", numbers.max)
                    .put("mean", numbers.mean)
                    .put("stddev", numbers.stddev);
            json.putObject("quantiles")
                    .put("p05", numbers.p05)
                    .put("p25", numbers.p25)
                    .put("p50", numbers.p50)
                    .put("p75", numbers.p75)
                    .put("p95", numbers.p95);
            var buckets = json.putArray("histogram");
            double width = (numbers.max - numbers.min) / BUCKETS;
            for (int i = 0; i < histogram.size(); i++) {
                buckets.addObject()
                        .put("from", numbers.min + i * width)
                        .put("to", i == BUCKETS - 1 ? numbers.max : numbers.min + (i + 1) * width)
                        .put("count", histogram.get(i));
            }
        }
        var values = json.putArray("top");
        top.stream()
                .limit(TOP_SHOWN)
                .forEach(entry -> values.addObject().put("value", entry.value).put("count", entry.count));
        return json;
    }
}
