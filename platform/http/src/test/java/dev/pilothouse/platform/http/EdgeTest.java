package dev.pilothouse.platform.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edge as clients see it: keys, paths, bodies, errors. */
class EdgeTest {
    private static final ErrorShape MLFLOW = (refusal, _) -> Reply.json(
            refusal.code().status(),
            Json.object().put("error_code", "RESOURCE_DOES_NOT_EXIST").put("message", refusal.detail()));

    private static final AtomicInteger MADE = new AtomicInteger();
    private static final CountDownLatch SLOW = new CountDownLatch(1);
    private static final CountDownLatch SLOW_RUNS = new CountDownLatch(1);
    private static TestEdge server;

    @BeforeAll
    static void start() {
        server = new TestEdge(table -> {
            table.api()
                    .on(
                            "GET",
                            "/api/v1/whoami",
                            Access.caller(),
                            "whoami",
                            call -> Reply.text(call.caller().name()))
                    .on(
                            "GET",
                            "/api/v1/open",
                            Access.open(),
                            "open",
                            call -> Reply.text("hello " + call.caller().name()))
                    .on("GET", "/api/v1/admin", Access.role(Role.ADMIN), "admin", _ -> Reply.empty())
                    .on("GET", "/api/v1/things/{name}", Access.open(), "thing", call -> Reply.text(call.param("name")))
                    .on("GET", "/api/v1/files/{*path}", Access.open(), "file", call -> Reply.text(call.param("path")))
                    .on("GET", "/api/v1/fault", Access.open(), "fault", _ -> {
                        throw new IllegalStateException("secret at /home/me");
                    })
                    .on("GET", "/api/v1/bad", Access.open(), "bad", _ -> {
                        throw CommonError.invalid(
                                "Two fields are wrong.",
                                List.of(new Problem("a", "too big"), new Problem("b", "missing")));
                    })
                    .on(
                            "GET",
                            "/api/v1/echo-header",
                            Access.open(),
                            "echoHeader",
                            call -> Reply.empty()
                                    .with("x-said", call.query("say").orElse("")))
                    .on(
                            "GET",
                            "/api/v1/trace",
                            Access.open(),
                            "trace",
                            call -> Reply.text(call.requestId() + " "
                                    + call.header("traceparent").orElse("none")))
                    .on("GET", "/api/v1/big", Access.open(), "big", _ -> Reply.text("pilot ".repeat(1000)))
                    .on(
                            "GET",
                            "/api/v1/stream",
                            Access.open(),
                            "stream",
                            _ -> Reply.stream(
                                    "application/octet-stream", new ByteArrayInputStream(new byte[5_000_000])))
                    .on(
                            "POST",
                            "/api/v1/make",
                            Access.caller(),
                            "make",
                            call -> Reply.json(
                                    201,
                                    Json.object()
                                            .put("n", MADE.incrementAndGet())
                                            .put("size", call.body().length)))
                    .on("POST", "/api/v1/slow", Access.caller(), "slow", _ -> {
                        SLOW_RUNS.countDown();
                        SLOW.await();
                        return Reply.empty();
                    })
                    .maxBody(1000)
                    .on("POST", "/api/v1/small", Access.open(), "small", call -> Reply.text("" + call.body().length));
            table.protocol("mlflow", MLFLOW, "/mlflow", "")
                    .fallback("/api/2.0/mlflow")
                    .maxBody(1000)
                    .on("POST", "/api/2.0/mlflow/runs/create", Access.caller(), "createRun", _ -> Reply.empty());
        });
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aKeyWorksAsBearerAsBasicPasswordAndAsApiKeyHeader() throws Exception {
        String basic = "Basic " + Base64.getEncoder().encodeToString(("anyone:" + TestEdge.ENGINEER).getBytes(UTF_8));
        assertThat(server.get("/api/v1/whoami", "authorization", "Bearer " + TestEdge.ENGINEER)
                        .body())
                .isEqualTo("ada");
        assertThat(server.get("/api/v1/whoami", "authorization", basic).body()).isEqualTo("ada");
        assertThat(server.get("/api/v1/whoami", "x-api-key", TestEdge.VIEWER).body())
                .isEqualTo("vic");
    }

    @Test
    void aCallWithoutAKeyIsToldHowToBringOne() throws Exception {
        var answer = server.get("/api/v1/whoami");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("www-authenticate"))
                .hasValueSatisfying(v -> assertThat(v).contains("Bearer", "Basic"));
        assertThat(problem(answer).path("code").asString()).isEqualTo("unauthenticated");
        assertThat(server.get("/api/v1/whoami", "authorization", "Bearer wrong").statusCode())
                .isEqualTo(401);
        assertThat(server.get("/api/v1/whoami", "authorization", "Basic !!!").statusCode())
                .isEqualTo(401);
    }

    @Test
    void aKeyWithoutTheRoleIsForbidden() throws Exception {
        var answer = server.get("/api/v1/admin", "x-api-key", TestEdge.ENGINEER);
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(problem(answer).path("detail").asString()).contains("'admin'");
    }

    @Test
    void anOpenRouteNeedsNoKey() throws Exception {
        assertThat(server.get("/api/v1/open").body()).isEqualTo("hello anonymous");
    }

    @Test
    void unknownPathsAnswerInTheShapeOfTheirProtocol() throws Exception {
        var api = server.get("/api/v1/thongs");
        assertThat(api.statusCode()).isEqualTo(404);
        assertThat(api.headers().firstValue("content-type")).hasValue("application/problem+json");
        assertThat(problem(api).path("requestId").asString())
                .isEqualTo(api.headers().firstValue("x-request-id").orElseThrow());
        for (String path : List.of("/mlflow/none", "/api/2.0/mlflow/none")) {
            var mlflow = server.get(path);
            assertThat(mlflow.statusCode()).isEqualTo(404);
            assertThat(problem(mlflow).path("error_code").asString()).isEqualTo("RESOURCE_DOES_NOT_EXIST");
        }
        assertThat(server.get("/api/2.0/mlflowish").headers().firstValue("content-type"))
                .hasValue("application/problem+json");
    }

    @Test
    void anUnknownPathNamesTheNearestKnownOne() throws Exception {
        assertThat(problem(server.get("/api/v1/whoam")).path("detail").asString())
                .contains("Did you mean '/api/v1/whoami'?");
    }

    @Test
    void aMethodThePathLacksIsRefusedWithThoseItHas() throws Exception {
        var answer = server.send(server.request("/api/v1/whoami").DELETE());
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("allow")).hasValue("GET, HEAD, OPTIONS");
        var mlflow = server.get("/mlflow/api/2.0/mlflow/runs/create");
        assertThat(mlflow.statusCode()).isEqualTo(405);
        assertThat(problem(mlflow).has("error_code")).isTrue();
    }

    @Test
    void headAnswersAsGetWithoutItsBodyAndOptionsNamesTheMethods() throws Exception {
        var head = server.send(server.request("/api/v1/open").HEAD());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("content-length")).hasValue("15");
        assertThat(server.raw("HEAD /api/v1/open HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
                .endsWith("\r\n\r\n");
        var options = server.send(server.request("/api/v1/open").method("OPTIONS", BodyPublishers.noBody()));
        assertThat(options.statusCode()).isEqualTo(204);
        assertThat(options.headers().firstValue("allow")).hasValue("GET, HEAD, OPTIONS");
    }

    @Test
    void aFaultSaysNothingOfTheInsideButItsRequestId() throws Exception {
        var answer = server.get("/api/v1/fault", "x-request-id", "mine-1");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("mine-1").doesNotContain("secret", "Exception", "/home");
    }

    @Test
    void allProblemsOfAnInputComeTogether() throws Exception {
        assertThat(problem(server.get("/api/v1/bad")).path("problems")).hasSize(2);
    }

    @Test
    void aSaneRequestIdIsKeptAndAnotherIsReplaced() throws Exception {
        assertThat(server.get("/api/v1/open", "x-request-id", "abc.123/x")
                        .headers()
                        .firstValue("x-request-id"))
                .hasValue("abc.123/x");
        String strange = server.get("/api/v1/open", "x-request-id", "a b")
                .headers()
                .firstValue("x-request-id")
                .orElseThrow();
        assertThat(strange).matches("[0-9a-f]{32}");
        String tooLong = server.get("/api/v1/open", "x-request-id", "x".repeat(129))
                .headers()
                .firstValue("x-request-id")
                .orElseThrow();
        assertThat(tooLong).matches("[0-9a-f]{32}");
    }

    @Test
    void aTraceIsPassedOnAndBegunWhereThereIsNone() throws Exception {
        String sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assertThat(server.get("/api/v1/trace", "traceparent", sent).body()).endsWith(sent);
        assertThat(server.get("/api/v1/trace").body()).matches(".* 00-[0-9a-f]{32}-[0-9a-f]{16}-01");
        assertThat(server.get("/api/v1/trace", "traceparent", "00-" + "0".repeat(32) + "-00f067aa0ba902b7-01")
                        .body())
                .doesNotContain("0".repeat(32));
    }

    @Test
    void aBodyOverTheLimitIsRefusedInTheRoutesShape() throws Exception {
        var plain = server.send(server.request("/api/v1/small").POST(BodyPublishers.ofString("x".repeat(1001))));
        assertThat(plain.statusCode()).isEqualTo(413);
        assertThat(problem(plain).path("detail").asString()).contains("1000 bytes");
        var unknownLength = server.send(server.request("/api/v1/small")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[50_000]))));
        assertThat(unknownLength.statusCode()).isEqualTo(413);
        var mlflow = server.send(server.request("/mlflow/api/2.0/mlflow/runs/create")
                .header("x-api-key", TestEdge.ENGINEER)
                .POST(BodyPublishers.ofString("x".repeat(1001))));
        assertThat(mlflow.statusCode()).isEqualTo(413);
        assertThat(problem(mlflow).has("error_code")).isTrue();
        assertThat(server.send(server.request("/api/v1/small").POST(BodyPublishers.ofString("x".repeat(1000))))
                        .body())
                .isEqualTo("1000");
    }

    @Test
    void aCompressedBodyIsReadAndABombIsRefused() throws Exception {
        var fine = server.send(server.request("/api/v1/small")
                .header("content-encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(Gzip.of(new byte[900]))));
        assertThat(fine.body()).isEqualTo("900");
        var bomb = server.send(server.request("/api/v1/small")
                .header("content-encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(Gzip.of(new byte[900_000]))));
        assertThat(bomb.statusCode()).isEqualTo(413);
        assertThat(problem(bomb).path("detail").asString()).contains("after decompression");
        var broken = server.send(server.request("/api/v1/small")
                .header("content-encoding", "gzip")
                .POST(BodyPublishers.ofString("this is no gzip at all")));
        assertThat(broken.statusCode()).isEqualTo(400);
        var unknown = server.send(server.request("/api/v1/small")
                .header("content-encoding", "zstd")
                .POST(BodyPublishers.ofString("x")));
        assertThat(unknown.statusCode()).isEqualTo(415);
    }

    @Test
    void longTextIsCompressedForClientsThatAskAndShortTextIsNot() throws Exception {
        assertThat(server.get("/api/v1/big", "accept-encoding", "gzip")
                        .headers()
                        .firstValue("content-encoding"))
                .hasValue("gzip");
        assertThat(server.get("/api/v1/big").headers().firstValue("content-encoding"))
                .isEmpty();
        assertThat(server.get("/api/v1/open", "accept-encoding", "gzip")
                        .headers()
                        .firstValue("content-encoding"))
                .isEmpty();
        assertThat(server.get("/api/v1/stream", "accept-encoding", "gzip")
                        .headers()
                        .firstValue("content-encoding"))
                .isEmpty();
    }

    @Test
    void aStreamedAnswerArrivesWhole() throws Exception {
        assertThat(server.get("/api/v1/stream").body()).hasSize(5_000_000);
    }

    @Test
    void pathsAreDecodedOnce() throws Exception {
        assertThat(server.get("/api/v1/things/a%20b%252F").body()).isEqualTo("a b%2F");
        assertThat(server.get("/api/v1/files/a/b%3Fc").body()).isEqualTo("a/b?c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/files/../../etc/passwd",
                "/api/v1/files/%2e%2e/etc",
                "/api/v1/files/a/..%2f..%2fetc",
                "/api/v1/files/..%5cetc",
                "/api/v1/files/%2e%2e%2fetc",
                "/api/v1/files/a%00b",
                "/api/v1/files/a%0d%0ab",
                "/api/v1/files/%ff",
                "/api/v1/open?a=%zz",
                "/api/v1/files/%zz"
            })
    void aPathThatClimbsOrIsBrokenNeverReachesAHandler(String path) throws Exception {
        String answer = server.raw("GET " + path + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assertThat(answer)
                .matches("(?s)HTTP/1.1 (400|404) .*")
                .contains("application/problem+json")
                .doesNotContain("text/plain");
    }

    @Test
    void aHeaderValueCannotStartANewHeader() throws Exception {
        String answer = server.raw(
                "GET /api/v1/echo-header?say=a%0d%0aset-cookie:%20x=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assertThat(answer)
                .startsWith("HTTP/1.1 204")
                .contains("x-said: a  set-cookie: x=1")
                .doesNotContain("\nset-cookie");
    }

    @Test
    void whatIsNotHttpIsRefusedAsAProblem() throws Exception {
        String longLine = server.raw("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nhost: x\r\n\r\n");
        assertThat(longLine).startsWith("HTTP/1.1 414").contains("application/problem+json");
        String bigHeader = server.raw("GET / HTTP/1.1\r\nhost: x\r\nx: " + "a".repeat(40_000) + "\r\n\r\n");
        assertThat(bigHeader).startsWith("HTTP/1.1 431").contains("application/problem+json");
    }

    @Test
    void aRepeatedMutationIsAnsweredAgainAndNotDoneAgain() throws Exception {
        var first = make("k-1", "{}");
        var again = make("k-1", "{}");
        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("idempotent-replayed")).hasValue("true");
        assertThat(make("k-1", "{\"other\":1}").statusCode()).isEqualTo(422);
        assertThat(make("k-2", "{}").body()).isNotEqualTo(first.body());
    }

    @Test
    void aRepeatedMutationWhileTheFirstRunsIsAConflict() throws Exception {
        var slow = server.request("/api/v1/slow")
                .headers("x-api-key", TestEdge.ENGINEER, "idempotency-key", "slow")
                .POST(BodyPublishers.noBody());
        var first = server.client().sendAsync(slow.build(), HttpResponse.BodyHandlers.ofString());
        SLOW_RUNS.await();
        assertThat(server.send(slow).statusCode()).isEqualTo(409);
        SLOW.countDown();
        assertThat(first.join().statusCode()).isEqualTo(204);
    }

    @Test
    void readinessNamesWhatIsWrong() throws Exception {
        assertThat(server.get("/health").body()).contains("well");
        assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
        server.brokenStore = true;
        var answer = server.get("/health/ready");
        server.brokenStore = false;
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("store", "The disk is full.");
    }

    @Test
    void metricsCountRequestsByOperationForPrometheusWithBasic() throws Exception {
        server.get("/api/v1/open");
        assertThat(server.get("/metrics").statusCode()).isEqualTo(401);
        String basic = "Basic " + Base64.getEncoder().encodeToString(("prometheus:" + TestEdge.VIEWER).getBytes(UTF_8));
        var text = server.get("/metrics", "authorization", basic).body();
        assertThat(text)
                .containsPattern(
                        "http_server_requests_seconds_count\\{method=\"GET\",operation=\"open\",protocol=\"api\",status=\"2xx\"\\} [1-9]")
                .contains("http_server_requests_seconds_bucket", "jvm_memory_used_bytes", "http_server_connections");
    }

    @Test
    void twoOperationsOnOnePathAreRefusedAtStart() {
        var table = new RouteTable();
        table.api().on("GET", "/api/v1/x/{a}", Access.open(), "first", _ -> Reply.empty());
        assertThatThrownBy(() -> table.api().on("GET", "/api/v1/x/{b}", Access.open(), "second", _ -> Reply.empty()))
                .hasMessageContaining("api.first")
                .hasMessageContaining("api.second");
    }

    private static HttpResponse<String> make(String key, String body) throws Exception {
        return server.send(server.request("/api/v1/make")
                .headers("x-api-key", TestEdge.ENGINEER, "idempotency-key", key)
                .POST(BodyPublishers.ofString(body)));
    }

    private static tools.jackson.databind.JsonNode problem(HttpResponse<String> answer) {
        return Json.parse(answer.body());
    }
}
