package dev.pilothouse.pay.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.ColumnsConfig;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.Position;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is asked about usage, over the real columns and a real server. */
class UsageRoutesTest {
    private static final Instant NOW = Instant.parse("2026-11-27T12:30:30Z");
    private static final long MICROS = NOW.toEpochMilli() * 1_000;
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private Columns columns;
    private UsageSink sink;
    private Edge edge;
    private long offset;

    @BeforeEach
    void start() {
        columns = DuckColumns.open(ColumnsConfig.in(folder.resolve("columns")), () -> NOW);
        sink = new ColumnsSink(columns, FOR_EVER);
        var routes = new RouteTable();
        new UsageRoutes(new Usages(columns, FOR_EVER, () -> NOW), (_, _, _) -> {}, () -> NOW).addTo(routes);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(
                        switch (key) {
                            case "acme" -> Optional.of(caller("acme", Role.ENGINEER));
                            case "viewer" -> Optional.of(caller("acme", Role.VIEWER));
                            case "invoker" -> Optional.of(caller("acme", Role.INVOKER));
                            case "other" -> Optional.of(caller("other", Role.ENGINEER));
                            default -> Optional.empty();
                        }));
    }

    @AfterEach
    void stop() throws Exception {
        edge.close();
        columns.close();
        client.close();
    }

    private static Caller caller(String tenant, Role role) {
        return new Caller(tenant, "ada", "ada", Caller.Kind.PERSON, Set.of(role));
    }

    private UsageRecord call(
            String request, int attempt, String agent, String model, Outcome outcome, long cost, String... tags) {
        var who = new Who("acme", "k1", "ada", agent, "s1", "p1", "u1", List.of(tags));
        var target = new Target("sim", model, "0123456789ab", false);
        return new UsageRecord(
                "5e1f",
                new Position(1, ++offset),
                new UsageOpening(
                        who,
                        new Asked(request, "openai.chat", "fast", false, MICROS - 60_000_000 + offset),
                        attempt,
                        target),
                new UsageEnd(
                        target,
                        outcome,
                        200,
                        "",
                        false,
                        0,
                        Usage.NONE
                                .with(TokenClass.INPUT, 10)
                                .with(TokenClass.CACHE_READ, 5)
                                .with(TokenClass.OUTPUT, 3),
                        1_000,
                        200,
                        List.of("pii email redact 2")),
                List.of("b1"),
                cost,
                cost);
    }

    /** The same call as a kept answer answered it, which was dear when it was made. */
    private UsageRecord cached(UsageRecord call, long saved) {
        UsageEnd end = call.end();
        return new UsageRecord(
                call.log(),
                call.at(),
                call.opening(),
                UsageEnd.cached(end.target(), end.usage(), saved, end.latencyMicros(), end.guards()),
                List.of(),
                saved,
                0);
    }

    private void append(UsageRecord... calls) {
        sink.append("acme", List.of(calls));
        columns.flush().join();
    }

    private HttpResponse<String> get(String path, String key) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(edge.address() + "/api/v1/" + path))
                .header("x-api-key", key)
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private JsonNode json(String path, String key) throws Exception {
        HttpResponse<String> answer = get(path, key);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.parse(answer.body());
    }

    private int tell(String key, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(edge.address() + "/api/v1/outcomes"))
                .header("x-api-key", key)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        int status = client.send(request, BodyHandlers.ofString()).statusCode();
        columns.flush().join();
        return status;
    }

    private List<String> requests(JsonNode page) {
        List<String> requests = new ArrayList<>();
        page.path("items").forEach(item -> requests.add(item.path("requestId").asString()));
        return requests;
    }

    @Test
    void callsAreListedByWhatTheyAreOfTheNewestFirstAndByPages() throws Exception {
        append(
                call("r1", 1, "crawler", "small", Outcome.OK, 1_000_000_000, "search", "demo"),
                call("r2", 1, "writer", "large", Outcome.ERROR, 0, "demo"),
                call("r3", 1, "crawler", "large", Outcome.OK, 7));
        JsonNode all = json("usage", "viewer");
        assertThat(requests(all)).containsExactly("r3", "r2", "r1");
        assertThat(all.path("next").isNull()).isTrue();
        JsonNode first = all.path("items").get(2);
        assertThat(first.path("costUsd").asString()).isEqualTo("1");
        assertThat(first.path("tags").toString()).isEqualTo("[\"search\",\"demo\"]");
        assertThat(first.path("tokens").toString()).isEqualTo("{\"input\":10,\"cache-read\":5,\"output\":3}");
        assertThat(first.path("budgets").toString()).isEqualTo("[\"b1\"]");
        assertThat(first.path("guards").toString())
                .isEqualTo("[{\"guard\":\"pii\",\"kind\":\"email\",\"action\":\"redact\",\"count\":2}]");
        assertThat(requests(json("usage?tag=demo", "viewer"))).containsExactly("r2", "r1");
        assertThat(requests(json("usage?tag=", "viewer"))).containsExactly("r3");
        assertThat(requests(json("usage?agent=crawler&model=large", "viewer"))).containsExactly("r3");
        assertThat(requests(json("usage?outcome=error", "viewer"))).containsExactly("r2");
        assertThat(requests(json("usage?from=2026-11-27T12:30:00Z", "viewer"))).isEmpty();

        List<String> paged = new ArrayList<>();
        String cursor = "";
        for (int page = 0; page < 3; page++) {
            JsonNode some = json("usage?limit=1" + cursor, "viewer");
            paged.addAll(requests(some));
            cursor = "&cursor=" + some.path("next").asString();
        }
        assertThat(paged).containsExactly("r3", "r2", "r1");
        assertThat(requests(json("usage?limit=1" + cursor, "viewer"))).isEmpty();
    }

    @Test
    void sumsAreGroupedByAnythingAndACallOfTwoTagsIsInBothGroups() throws Exception {
        append(
                call("r1", 1, "crawler", "small", Outcome.OK, 100, "search", "demo"),
                call("r2", 1, "writer", "large", Outcome.ERROR, 20, "demo"),
                call("r3", 1, "crawler", "large", Outcome.BOUNDED, 3));
        JsonNode sums = json("usage/summary?by=tag", "viewer");
        assertThat(sums.path("total").path("calls").longValue()).isEqualTo(3);
        assertThat(sums.path("total").path("costUsd").asString()).isEqualTo("0.000000123");
        assertThat(sums.path("total").path("inputTokens").longValue()).isEqualTo(45);
        assertThat(sums.path("total").path("bounded").longValue()).isEqualTo(1);
        List<String> groups = new ArrayList<>();
        sums.path("items")
                .forEach(item -> groups.add(
                        item.path("tag").asString() + "=" + item.path("costUsd").asString()));
        assertThat(groups).containsExactly("demo=0.00000012", "search=0.0000001", "=0.000000003");
        JsonNode two = json("usage/summary?by=agent,model&tag=demo", "viewer").path("items");
        assertThat(two).hasSize(2);
        assertThat(two.get(0).path("agent").asString()).isEqualTo("crawler");
        assertThat(json("usage/summary?by=day,hour", "viewer")
                        .path("items")
                        .get(0)
                        .path("hour")
                        .asString())
                .isEqualTo("2026-11-27T12");
    }

    @Test
    void sumsComeInTheOrderThatIsAskedFor() throws Exception {
        append(
                call("r1", 1, "dear", "small", Outcome.OK, 100),
                call("r2", 1, "busy", "small", Outcome.OK, 2),
                call("r3", 1, "busy", "small", Outcome.OK, 3));
        assertThat(first("usage/summary?by=agent")).isEqualTo("dear");
        assertThat(first("usage/summary?by=agent&order=calls&limit=1")).isEqualTo("busy");
        assertThat(first("usage/summary?by=agent&order=tokens")).isEqualTo("busy");
        assertThat(get("usage/summary?by=agent&order=call", "viewer").body()).contains("calls");
    }

    private String first(String path) throws Exception {
        return json(path, "viewer").path("items").get(0).path("agent").asString();
    }

    @Test
    void whatKeptAnswersSavedIsSummedApartFromWhatCallsCost() throws Exception {
        append(
                call("r1", 1, "crawler", "small", Outcome.OK, 100, "search"),
                cached(call("r2", 1, "crawler", "small", Outcome.OK, 0, "search"), 100),
                cached(call("r3", 1, "crawler", "small", Outcome.OK, 0), 7),
                call("r4", 1, "writer", "small", Outcome.OK, 20));
        JsonNode sums = json("usage/summary?by=agent", "viewer");
        assertThat(sums.path("total").path("cached").longValue()).isEqualTo(2);
        assertThat(sums.path("total").path("savedUsd").asString()).isEqualTo("0.000000107");
        assertThat(sums.path("total").path("costUsd").asString()).isEqualTo("0.00000012");
        JsonNode crawler = sums.path("items").get(0);
        assertThat(crawler.path("agent").asString()).isEqualTo("crawler");
        assertThat(crawler.path("savedUsd").asString()).isEqualTo("0.000000107");
        assertThat(sums.path("items").get(1).path("savedUsd").asString()).isEqualTo("0");
        assertThat(json("usage/summary?tag=search", "viewer")
                        .path("total")
                        .path("savedUsd")
                        .asString())
                .isEqualTo("0.0000001");
        JsonNode rows = json("usage", "viewer").path("items");
        assertThat(rows.findValuesAsString("savedUsd")).containsExactly("0", "0.000000007", "0.0000001", "0");
        List<String> lines = List.of(get("usage.csv", "viewer").body().split("\r\n"));
        assertThat(lines.getFirst()).endsWith(",saved_usd");
        assertThat(lines.stream().skip(1).map(line -> line.substring(line.lastIndexOf(',') + 1)))
                .containsExactly("0", "0.0000001", "0.000000007", "0");
    }

    @Test
    void theCourseOfAnHourIsSummedByItsParts() throws Exception {
        append(
                call("r1", 1, "crawler", "small", Outcome.OK, 100),
                call("r2", 1, "crawler", "small", Outcome.REFUSED, 0),
                call("r3", 1, "writer", "small", Outcome.OK, 7));
        String hour = "usage/course?from=2026-11-27T12:00:00Z&to=2026-11-27T13:00:00Z";
        JsonNode course = json(hour + "&parts=60", "viewer");
        assertThat(course.path("partMicros").longValue()).isEqualTo(60_000_000);
        assertThat(course.path("items")).hasSize(1);
        JsonNode part = course.path("items").get(0);
        assertThat(part.path("at").asString()).isEqualTo("2026-11-27T12:29:00Z");
        assertThat(part.path("calls").longValue()).isEqualTo(3);
        assertThat(part.path("refused").longValue()).isEqualTo(1);
        assertThat(part.path("costUsd").asString()).isEqualTo("0.000000107");
        assertThat(part.at("/latencyMicros/p95").longValue()).isEqualTo(1_000);
        assertThat(json(hour + "&parts=1&outcome=refused", "viewer")
                        .at("/items/0")
                        .has("latencyMicros"))
                .as("nobody answered")
                .isFalse();
        assertThat(json(hour + "&parts=1&agent=writer", "viewer")
                        .path("items")
                        .get(0)
                        .path("costUsd")
                        .asString())
                .isEqualTo("0.000000007");
        assertThat(json(hour, "other").path("items")).isEmpty();
        for (String parts : List.of("0", "501", "some")) {
            assertThat(get(hour + "&parts=" + parts, "viewer").statusCode()).isEqualTo(400);
        }
    }

    @Test
    void anOutcomeCountsOnceInTheLastAttemptsGroupHoweverOftenItIsTold() throws Exception {
        append(
                call("r1", 1, "a", "large", Outcome.ERROR, 100, "search"),
                call("r1", 2, "a", "small", Outcome.OK, 50, "search"),
                call("r2", 1, "a", "small", Outcome.OK, 50, "search"));
        assertThat(tell("invoker", "{\"requestId\":\"r1\",\"success\":false,\"valueUsd\":\"3\"}"))
                .isEqualTo(204);
        assertThat(tell("invoker", "{\"requestId\":\"r1\",\"success\":true,\"valueUsd\":\"0.000001\"}"))
                .isEqualTo(204);
        assertThat(tell("acme", "{\"requestId\":\"r2\",\"success\":false}")).isEqualTo(204);
        assertThat(tell("acme", "{\"requestId\":\"unknown\",\"success\":true,\"valueUsd\":\"9\"}"))
                .isEqualTo(204);
        assertThat(tell("other", "{\"requestId\":\"r2\",\"success\":true,\"valueUsd\":\"9\"}"))
                .isEqualTo(204);

        JsonNode total = json("usage/summary?by=tag", "viewer").path("items").get(0);
        assertThat(total.path("outcomes").longValue()).isEqualTo(2);
        assertThat(total.path("successes").longValue()).isEqualTo(1);
        assertThat(total.path("valueUsd").asString()).isEqualTo("0.000001");
        assertThat(total.path("marginUsd").asString()).isEqualTo("0.0000008");
        assertThat(total.path("costPerSuccessUsd").asString()).isEqualTo("0.0000002");
        JsonNode models = json("usage/summary?by=model", "viewer").path("items");
        for (JsonNode model : models) {
            boolean small = model.path("model").asString().equals("small");
            assertThat(model.path("outcomes").longValue()).isEqualTo(small ? 2 : 0);
            assertThat(model.path("costPerSuccessUsd").isNull()).isEqualTo(!small);
        }
    }

    @Test
    void anExportHasALineForEachCallTheOldestFirst() throws Exception {
        append(
                call("=HYPERLINK(\"http://evil\")", 1, "a,b", "small", Outcome.OK, 1_500_000_000, "x"),
                call("r2", 1, "a", "large", Outcome.OK, 7));
        HttpResponse<String> answer = get("usage.csv?from=2026-11-27T00:00:00Z", "viewer");
        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith("text/csv");
        List<String> lines = List.of(answer.body().split("\r\n"));
        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst()).startsWith("at,request_id,attempt,operation,key,");
        assertThat(lines.get(1))
                .contains(",\"'=HYPERLINK(\"\"http://evil\"\")\",")
                .contains(",\"a,b\",")
                .contains(",1.5,1.5,");
        assertThat(get("usage.csv", "other").body().split("\r\n")).hasSize(1);
    }

    @Test
    void whoMayDoWhatAndWhatIsNoQuestionIsToldApart() throws Exception {
        append(call("r1", 1, "a", "small", Outcome.OK, 1));
        assertThat(requests(json("usage", "other"))).isEmpty();
        assertThat(json("usage/summary", "other").path("total").path("calls").longValue())
                .isZero();
        assertThat(get("usage", "invoker").statusCode()).isEqualTo(403);
        assertThat(get("usage", "nobody").statusCode()).isEqualTo(401);
        assertThat(tell("viewer", "{\"requestId\":\"r1\",\"success\":true}")).isEqualTo(403);
        for (String body : List.of(
                "{}",
                "{\"requestId\":\"\",\"success\":true}",
                "{\"requestId\":\"" + "x".repeat(257) + "\",\"success\":true}",
                "{\"requestId\":\"r1\",\"success\":\"yes\"}",
                "{\"requestId\":\"r1\",\"success\":true,\"valueUsd\":1.5}",
                "{\"requestId\":\"r1\",\"success\":true,\"valueUsd\":\"1e3\"}")) {
            assertThat(tell("acme", body)).as(body).isEqualTo(400);
        }
        for (String path : List.of(
                "usage?limit=0",
                "usage?limit=1001",
                "usage?cursor=none",
                "usage?from=yesterday",
                "usage?from=2026-11-27T12:00:00Z&to=2026-11-27T11:00:00Z",
                "usage?outcome=good",
                "usage/summary?by=colour",
                "usage/summary?by=tag,agent,model,day")) {
            assertThat(get(path, "viewer").statusCode()).as(path).isEqualTo(400);
        }
        String quote = URLEncoder.encode("' OR 1=1 --", StandardCharsets.UTF_8);
        assertThat(requests(json("usage?agent=" + quote, "viewer"))).isEmpty();
    }
}
