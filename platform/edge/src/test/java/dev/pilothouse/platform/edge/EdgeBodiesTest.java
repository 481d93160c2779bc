package dev.pilothouse.platform.edge;

import static dev.pilothouse.platform.edge.TestEdge.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.MediaType;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the edge does with bodies: limits, compression, streams, and answers to what was sent before. */
class EdgeBodiesTest {
    private static final AtomicInteger MADE = new AtomicInteger();
    private static final CountDownLatch SLOW = new CountDownLatch(1);
    private static final CountDownLatch SLOW_RUNS = new CountDownLatch(1);
    private static TestEdge server;

    @BeforeAll
    static void start() {
        server = new TestEdge(table -> {
            table.api()
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

    /** Each call of the system that sends wakes the client up. */
    @Test
    void anAnswersHeadAndItsBodyAreSentAtOnce() throws Exception {
        int whole = 0;
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.edge.port())) {
            byte[] buffer = new byte[16 << 10];
            for (int i = 0; i < 100; i++) {
                socket.getOutputStream()
                        .write("POST /api/v1/small HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1));
                String first = new String(buffer, 0, socket.getInputStream().read(buffer), StandardCharsets.ISO_8859_1);
                if (first.endsWith("\r\n\r\n0")) {
                    whole++;
                } else {
                    assertThat(socket.getInputStream().read(buffer)).isPositive();
                }
            }
        }
        assertThat(whole).isGreaterThan(95);
    }

    /** A stream that is cancelled before its client has read the answer is a lost connection to most clients. */
    @ParameterizedTest
    @CsvSource({
        "POST, /api/2.0/mlflow/%2e%2e%2fx, 400",
        "POST, /api/2.0/mlflow/runs/create, 413",
        "BREW, /api/2.0/mlflow/runs/create, 405",
        "POST, /.refused/204, 404"
    })
    void aRefusalIsReadOverHttp2WhileABodyIsStillSent(String method, String path, int status) throws Exception {
        byte[] body = new byte[4 << 20];
        // The first request upgrades the connection, so that the second comes in frames.
        server.get("/health");
        for (int i = 0; i < 20; i++) {
            var answer = server.send(server.request(path)
                    .header("x-api-key", TestEdge.ENGINEER)
                    .method(method, BodyPublishers.ofByteArray(body)));
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.statusCode()).isEqualTo(status);
            assertThat(problem(answer).has("error_code")).isTrue();
        }
    }

    /** As with gRPC's clients and curl: no request upgrades the connection. */
    @Test
    void aRefusalIsReadByClientsThatBeginWithHttp2() {
        for (int i = 0; i < 20; i++) {
            try (var factory = ClientFactory.builder().build()) {
                var answer = WebClient.builder("h2c://127.0.0.1:" + server.edge.port())
                        .factory(factory)
                        .build()
                        .prepare()
                        .post("/api/v1/small")
                        .header("expect", "a miracle")
                        .content(MediaType.OCTET_STREAM, new byte[4 << 20])
                        .execute()
                        .aggregate()
                        .join();
                assertThat(answer.status().code()).isEqualTo(417);
            }
        }
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

    /** RFC 9113 section 8.1: an early answer must not cost the client the answer. */
    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aRefusalIsReadByAClientThatStillSends(HttpClient.Version version) throws Exception {
        for (String path : List.of("/api/v1/make", "/api/v1/nowhere")) {
            var request = server.request(path)
                    .version(version)
                    .POST(BodyPublishers.ofInputStream(() -> new SlowBytes(5, Duration.ofMillis(60))));
            var answer = server.send(request);
            assertThat(answer.statusCode()).as(path).isIn(401, 404);
            assertThat(problem(answer).path("status").asInt()).isEqualTo(answer.statusCode());
        }
    }

    @Test
    void aClientThatSendsOnForeverAfterARefusalIsCutOff() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.edge.port())) {
            OutputStream out = socket.getOutputStream();
            out.write("POST /api/v1/make HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            byte[] chunk = new byte[64 << 10];
            long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                while (System.nanoTime() < end) {
                    out.write(chunk);
                }
            });
        }
    }

    /** Some bytes, each after a pause. */
    private static final class SlowBytes extends InputStream {
        private final Duration pause;
        private int left;

        SlowBytes(int count, Duration pause) {
            this.left = count;
            this.pause = pause;
        }

        @Override
        public int read() {
            if (left == 0) {
                return -1;
            }
            left--;
            LockSupport.parkNanos(pause.toNanos());
            return 'x';
        }

        @Override
        public int read(byte[] into, int from, int length) {
            int next = read();
            if (next < 0) {
                return -1;
            }
            into[from] = (byte) next;
            return 1;
        }
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

    private static HttpResponse<String> make(String key, String body) throws Exception {
        return server.send(server.request("/api/v1/make")
                .headers("x-api-key", TestEdge.ENGINEER, "idempotency-key", key)
                .POST(BodyPublishers.ofString(body)));
    }
}
