package dev.pilothouse.ship.verdicts;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.run.serving.Latencies;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** The traffic of services by minute, from the counts that verdicts stand on. */
public final class TrafficRoutes {
    private static final int LONGEST = 1_440;
    private static final double NANOS_PER_MILLI = 1e6;

    private final Store store;
    private final Endpoints endpoints;
    private final BinaryOperator<String> known;
    private final InstantSource clock;

    /**
     * Routes over the counts in a store, with the latencies of this process's endpoints.
     *
     * @param known the stored name of a tenant's service, given tenant and name; refuses one that does not exist, with words
     */
    public TrafficRoutes(Store store, Endpoints endpoints, BinaryOperator<String> known, InstantSource clock) {
        this.store = store;
        this.endpoints = endpoints;
        this.known = known;
        this.clock = clock;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        var read = Access.role(Role.VIEWER);
        table.api()
                .on("GET", "/api/v1/traffic", read, "listTraffic", this::list)
                .on("GET", "/api/v1/services/{name}/traffic", read, "getServiceTraffic", this::service);
    }

    /** Some last minutes, the present one among them. */
    private record Span(long from, int minutes) {
        int[] course(List<Minute> counted, ToLongFunction<Minute> of) {
            int[] course = new int[minutes];
            for (Minute minute : counted) {
                int place = (int) (minute.minute() - from);
                if (place >= 0 && place < minutes) {
                    course[place] += (int) of.applyAsLong(minute);
                }
            }
            return course;
        }

        ObjectNode head() {
            return Json.object()
                    .put("from", Instant.ofEpochSecond(from * 60).toString())
                    .put("minutes", minutes);
        }
    }

    private Span span(Call call, int usual) {
        int minutes = call.intQuery("minutes", usual, 1, LONGEST);
        return new Span(Math.floorDiv(clock.millis(), 60_000L) - minutes + 1, minutes);
    }

    private Reply list(Call call) {
        Span span = span(call, 30);
        String tenant = call.caller().tenant();
        var answer = span.head();
        var items = answer.putArray("items");
        List<Minute> counted = store.read(tx -> Minute.since(tx, tenant, Optional.empty(), span.from));
        by(counted, Minute::service).forEach((service, minutes) -> {
            var item = items.addObject().put("service", service);
            put(item, "requests", span.course(minutes, Minute::requests));
            put(item, "errors", span.course(minutes, Minute::errors));
            put(item, endpoints.latencies(tenant, service));
        });
        return Reply.json(answer);
    }

    private Reply service(Call call) {
        Span span = span(call, 60);
        String tenant = call.caller().tenant();
        String name = known.apply(tenant, call.param("name"));
        List<Minute> counted = store.read(tx -> Minute.since(tx, tenant, Optional.of(name), span.from));
        var answer = span.head();
        var versions = answer.putArray("versions");
        by(counted, Minute::version).forEach((version, minutes) -> {
            var item = versions.addObject().put("version", version);
            put(item, "requests", span.course(minutes, Minute::requests));
            put(item, "errors", span.course(minutes, Minute::errors));
            put(item, "slow", span.course(minutes, Minute::slow));
            put(item, "labelled", span.course(minutes, Minute::labelled));
            put(item, "wrong", span.course(minutes, Minute::wrong));
            put(item, endpoints.latencies(tenant, name, version));
        });
        return Reply.json(answer);
    }

    private static Map<String, List<Minute>> by(List<Minute> counted, Function<Minute, String> what) {
        return counted.stream().collect(Collectors.groupingBy(what, TreeMap::new, Collectors.toList()));
    }

    private static void put(ObjectNode item, String name, int[] course) {
        var values = item.putArray(name);
        for (int value : course) {
            values.add(value);
        }
    }

    private static void put(ObjectNode item, Optional<Latencies> latencies) {
        latencies.ifPresentOrElse(
                found -> item.putObject("latency")
                        .put("p50", millis(found.p50()))
                        .put("p95", millis(found.p95()))
                        .put("p99", millis(found.p99())),
                () -> item.putNull("latency"));
    }

    private static double millis(Duration time) {
        return time.toNanos() / NANOS_PER_MILLI;
    }
}
