package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The sampled requests of a service: the last ones with what went in and came out, and how long they took by version and
 * minute. Inputs and outputs may be personal data, so they need the role engineer; times do not.
 */
public final class SampleRoutes {
    private static final Duration WITHIN = Duration.ofSeconds(10);
    private static final int LONGEST_MINUTES = 1_440;
    private static final int LONGEST_TEXT = 4_000;
    private static final double MICROS_PER_MILLI = 1e3;

    private static final String LAST = """
            SELECT "at", request_id, version, "release", shadow, latency_us, status,
                   left(inputs, ?), length(inputs), left(outputs, ?), length(outputs)
            FROM inference_samples
            WHERE endpoint = ? AND "at" >= ? AND (NOT ? OR status >= 400) AND (? = '' OR version = ?)
            ORDER BY "at" DESC LIMIT ?
            """;

    private static final String BY_MINUTE = """
            SELECT version, "at" // 60000000 AS minute, count(*),
                   quantile_cont(latency_us, 0.5), quantile_cont(latency_us, 0.95), quantile_cont(latency_us, 0.99)
            FROM inference_samples
            WHERE endpoint = ? AND "at" >= ? AND NOT shadow AND status < 400
            GROUP BY version, minute ORDER BY version, minute
            """;

    private final Columns columns;
    private final InstantSource clock;

    /** Routes over the samples that {@link Endpoints} wrote to the same columns. */
    public SampleRoutes(Columns columns, InstantSource clock) {
        this.columns = columns;
        this.clock = clock;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/services/{name}/samples", Access.role(Role.ENGINEER), "listSamples", this::last)
                .on("GET", "/api/v1/services/{name}/latency", Access.role(Role.VIEWER), "getLatency", this::byMinute);
    }

    private Reply last(Call call) {
        int limit = call.intQuery("limit", 50, 1, 500);
        boolean failed =
                switch (call.query("status").orElse("")) {
                    case "" -> false;
                    case "failed" -> true;
                    default ->
                        throw CommonError.INVALID.because("The query parameter 'status' is 'failed' or left out.");
                };
        String version = call.query("version").orElse("");
        var rows = ask(
                call,
                LAST,
                List.of(LONGEST_TEXT, LONGEST_TEXT, call.param("name"), since(call), failed, version, version, limit));
        var answer = Json.object();
        var items = answer.putArray("items");
        for (List<?> row : rows) {
            var item = items.addObject()
                    .put("at", instant(number(row, 0)).toString())
                    .put("requestId", String.valueOf(row.get(1)))
                    .put("version", String.valueOf(row.get(2)))
                    .put("release", String.valueOf(row.get(3)))
                    .put("shadow", Boolean.TRUE.equals(row.get(4)))
                    .put("millis", number(row, 5) / MICROS_PER_MILLI)
                    .put("status", number(row, 6));
            put(item, "inputs", row.get(7), number(row, 8));
            put(item, "outputs", row.get(9), number(row, 10));
        }
        return Reply.json(answer.putNull("next")).with("cache-control", "no-store");
    }

    /** Rows as JSON where they were kept whole; else their beginning as a text. */
    private static void put(ObjectNode item, String name, Object text, long length) {
        if (text == null || length == 0) {
            item.putNull(name);
        } else if (length > LONGEST_TEXT) {
            item.put(name, text + " …");
        } else {
            JsonNode rows = Json.parse(String.valueOf(text));
            item.set(name, rows);
        }
    }

    private Reply byMinute(Call call) {
        long since = since(call);
        var answer = Json.object()
                .put("from", instant(since).toString())
                .put("minutes", call.intQuery("minutes", 60, 1, LONGEST_MINUTES));
        var versions = answer.putArray("versions");
        ObjectNode item = null;
        for (List<?> row : ask(call, BY_MINUTE, List.of(call.param("name"), since))) {
            String version = String.valueOf(row.getFirst());
            if (item == null || !item.path("version").asString().equals(version)) {
                item = versions.addObject().put("version", version);
                item.putArray("points");
            }
            item.withArray("points")
                    .addObject()
                    .put("at", Instant.ofEpochSecond(number(row, 1) * 60).toString())
                    .put("samples", number(row, 2))
                    .put("p50", millis(row, 3))
                    .put("p95", millis(row, 4))
                    .put("p99", millis(row, 5));
        }
        return Reply.json(answer);
    }

    private List<? extends List<?>> ask(Call call, String sql, List<?> parameters) {
        try {
            return columns.query(call.caller().tenant(), sql, parameters, WITHIN)
                    .join()
                    .rows();
        } catch (CompletionException e) {
            throw e.getCause() instanceof PilothouseException refusal ? refusal : e;
        }
    }

    /** Begin of the first minute asked for, in microseconds. */
    private long since(Call call) {
        int minutes = call.intQuery("minutes", 60, 1, LONGEST_MINUTES);
        return TimeUnit.MINUTES.toMicros(Math.floorDiv(clock.millis(), 60_000L) - minutes + 1);
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochMilli(Math.floorDiv(micros, 1_000L));
    }

    private static long number(List<?> row, int place) {
        return row.get(place) instanceof Number number ? number.longValue() : 0;
    }

    private static double millis(List<?> row, int place) {
        return row.get(place) instanceof Number number ? number.doubleValue() / MICROS_PER_MILLI : 0;
    }
}
