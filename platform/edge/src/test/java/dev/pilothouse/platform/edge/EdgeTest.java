package dev.pilothouse.platform.edge;

import static dev.pilothouse.platform.edge.TestEdge.problem;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Reply;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edge as clients see it: keys, paths, errors, health and metrics. */
class EdgeTest {
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
                                    + call.header("traceparent").orElse("none")));
            table.protocol("mlflow", TestEdge.MLFLOW, "/mlflow", "")
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
        for (HttpClient.Version version : HttpClient.Version.values()) {
            var brewed = server.send(
                    server.request("/api/v1/whoami").version(version).method("BREW", BodyPublishers.noBody()));
            assertThat(brewed.statusCode()).isEqualTo(405);
            assertThat(brewed.headers().firstValue("allow").orElseThrow()).contains("GET");
        }
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
}
