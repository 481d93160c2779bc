package dev.pilothouse.platform.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.MediaType;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.GrpcRoute;
import dev.pilothouse.platform.http.Reply;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** How the edge starts, waits, streams and stops. */
class EdgeLifeTest {
    private static EdgeConfig config(Duration requests, Duration idle, Duration beat, Optional<EdgeConfig.Tls> tls) {
        return new EdgeConfig(
                "127.0.0.1",
                0,
                List.of(),
                tls,
                requests,
                idle,
                1000,
                Duration.ZERO,
                Duration.ofSeconds(10),
                beat,
                1 << 20,
                List.of(),
                EdgeConfig.Patience.STANDARD);
    }

    private static EdgeConfig quick() {
        return config(Duration.ofMillis(700), Duration.ofMillis(600), Duration.ofMillis(100), Optional.empty());
    }

    @Test
    void aRequestInFlightFinishesWhileTheServerDrains() throws Exception {
        var entered = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var server = new TestEdge(table -> table.api().on("GET", "/api/v1/wait", Access.open(), "wait", _ -> {
            entered.countDown();
            go.await();
            return Reply.text("finished");
        }));
        var answer = server.client().sendAsync(server.request("/api/v1/wait").build(), BodyHandlers.ofString());
        entered.await();
        var closing = CompletableFuture.runAsync(server.edge::close);
        await().until(() -> server.get("/health").body().contains("draining"));
        assertThat(server.get("/health/ready").statusCode()).isEqualTo(503);
        go.countDown();
        assertThat(answer.join().body()).isEqualTo("finished");
        closing.join();
        assertThatThrownBy(() -> server.get("/health")).isInstanceOf(java.io.IOException.class);
    }

    @Test
    void eventsArriveOneByOneWithCommentsBetweenAndEndWhenTheClientLeaves() throws Exception {
        var next = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        var stillOpen = new AtomicBoolean(true);
        try (var server = new TestEdge(
                quick(),
                table -> table.api()
                        .on(
                                "GET",
                                "/api/v1/watch",
                                Access.open(),
                                "watch",
                                _ -> Reply.events(sink -> {
                                    sink.onClose(left::countDown);
                                    sink.send("7", "status", "{\"step\":1}\n{\"more\":2}");
                                    next.await();
                                    sink.send("", "second");
                                    stillOpen.set(sink.pause(Duration.ofSeconds(20)));
                                })))) {
            var answer = server.client().send(server.request("/api/v1/watch").build(), BodyHandlers.ofInputStream());
            assertThat(answer.headers().firstValue("content-type")).hasValue("text/event-stream");
            try (var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
                assertThat(lines.readLine()).isEqualTo("id: 7");
                assertThat(lines.readLine()).isEqualTo("event: status");
                assertThat(lines.readLine()).isEqualTo("data: {\"step\":1}");
                assertThat(lines.readLine()).isEqualTo("data: {\"more\":2}");
                assertThat(lines.readLine()).isEmpty();
                assertThat(lines.readLine()).isEqualTo(": keep-alive");
                next.countDown();
                await().until(() -> "data: second".equals(lines.readLine()));
            }
            left.await();
            await().untilAsserted(() -> assertThat(stillOpen).isFalse());
        }
    }

    @Test
    void watchersDoNotHoldUpAStop() throws Exception {
        var watching = new CountDownLatch(1);
        var server = new TestEdge(table -> table.api()
                .on(
                        "GET",
                        "/api/v1/watch",
                        Access.open(),
                        "watch",
                        _ -> Reply.events(sink -> {
                            watching.countDown();
                            while (sink.pause(Duration.ofSeconds(60))) {
                                sink.send("", "tick");
                            }
                        })));
        var answer = server.client().sendAsync(server.request("/api/v1/watch").build(), BodyHandlers.ofString());
        watching.await();
        long start = System.nanoTime();
        server.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        assertThat(answer.join().statusCode()).isEqualTo(200);
    }

    @Test
    void aHandlerThatTakesTooLongIsAnsweredAsAProblem() throws Exception {
        var forever = new CountDownLatch(1);
        try (var server = new TestEdge(
                quick(),
                table -> table.api().on("GET", "/api/v1/hang", Access.open(), "hang", _ -> {
                    forever.await();
                    return Reply.empty();
                }))) {
            var answer = server.get("/api/v1/hang");
            forever.countDown();
            assertThat(answer.statusCode()).isEqualTo(504);
            assertThat(answer.body()).contains("http.request-timeout");
        }
    }

    @Test
    void slowClientsAreCutOff() throws Exception {
        try (var server = new TestEdge(
                quick(), table -> table.api().on("POST", "/api/v1/take", Access.open(), "take", _ -> Reply.empty()))) {
            String slowBody = server.raw("POST /api/v1/take HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nab");
            assertThat(slowBody).startsWith("HTTP/1.1 408").contains("application/problem+json");
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.edge.port())) {
                socket.setSoTimeout(5000);
                socket.getOutputStream().write("GET / HTTP/1.1\r\nho".getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().read())
                        .as("half a header is idle")
                        .isNotPositive();
            }
        }
    }

    @Test
    void answersToRequestsThatCameAtOnceAreWholeAndInOrder() throws Exception {
        var second = new CountDownLatch(1);
        try (var server = new TestEdge(quick(), table -> {
            table.api().on("GET", "/api/v1/slow", Access.open(), "slow", _ -> {
                second.await();
                return Reply.text("slow answer");
            });
            table.api().on("GET", "/api/v1/fast", Access.open(), "fast", _ -> {
                second.countDown();
                return Reply.text("fast answer");
            });
        })) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.edge.port())) {
                socket.setSoTimeout(20_000);
                // RFC 9112, section 9.3.2.
                String ask = "GET /api/v1/%s HTTP/1.1\r\nhost: x\r\n\r\n";
                socket.getOutputStream()
                        .write((ask.formatted("slow")
                                        + ask.formatted("fast")
                                        + ask.formatted("nothing")
                                        + ask.formatted("fast"))
                                .getBytes(StandardCharsets.US_ASCII));
                // Until the server closes an idle connection.
                String said = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(said.split("HTTP/1.1 ", -1)).as(said).hasSize(5);
                assertThat(said)
                        .matches("(?s)HTTP/1.1 200.*\r\n\r\nslow answerHTTP/1.1 200.*\r\n\r\nfast answer"
                                + "HTTP/1.1 404.*}HTTP/1.1 200.*\r\n\r\nfast answer");
            }
        }
    }

    @Test
    void whoAsksForTheEndOfTheConnectionSeesItAfterTheAnswer() throws Exception {
        try (var server = new TestEdge(table -> {})) {
            for (String ask : List.of(
                    "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
                    "GET /health HTTP/1.0\r\nhost: x\r\n\r\n",
                    "GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.edge.port())) {
                    socket.getOutputStream().write(ask.getBytes(StandardCharsets.US_ASCII));
                    assertThat(socket.getInputStream().read()).isEqualTo('H');
                    // The side of the client stays open, as that of one who waits for the end does.
                    socket.setSoTimeout(1_500);
                    assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .startsWith("TTP/1.")
                            .containsIgnoringCase("connection: close")
                            .endsWith("}");
                }
            }
        }
    }

    @Test
    void clientsOfHttpOneDotZeroAreToldWhetherTheConnectionGoesOn() throws Exception {
        try (var server = new TestEdge(table -> table.api()
                        .on(
                                "GET",
                                "/api/v1/stream",
                                Access.open(),
                                "stream",
                                _ -> Reply.stream(
                                        "text/plain",
                                        new ByteArrayInputStream("all of it".getBytes(StandardCharsets.US_ASCII)))));
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.edge.port())) {
            socket.setSoTimeout(20_000);
            String ask = "GET %s HTTP/1.0\r\nhost: x\r\nConnection: Keep-Alive\r\n\r\n";
            for (int i = 0; i < 2; i++) {
                socket.getOutputStream().write(ask.formatted("/health").getBytes(StandardCharsets.US_ASCII));
                var answer = new StringBuilder();
                while (answer.indexOf("}") < 0) {
                    answer.append((char) socket.getInputStream().read());
                }
                assertThat(answer)
                        .containsIgnoringCase("connection: keep-alive")
                        .contains("content-length");
            }
            socket.getOutputStream().write(ask.formatted("/api/v1/stream").getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .containsIgnoringCase("connection: close")
                    .doesNotContainIgnoringCase("chunked")
                    .endsWith("\r\n\r\nall of it");
        }
    }

    @Test
    void httpTwoWorksWithoutTls() {
        try (var server = new TestEdge(table -> {})) {
            var answer = WebClient.of("h2c://127.0.0.1:" + server.edge.port())
                    .blocking()
                    .get("/health");
            assertThat(answer.status().code()).isEqualTo(200);
        }
    }

    @Test
    void tlsServesWithTheGivenCertificate() throws Exception {
        var tls = Optional.of(new EdgeConfig.Tls(resource("/tls/cert.pem"), resource("/tls/key.pem")));
        var config = config(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(15), tls);
        try (var server = new TestEdge(config, table -> {});
                var trusting = ClientFactory.builder().tlsNoVerify().build()) {
            assertThat(server.edge.address().getScheme()).isEqualTo("https");
            var client = WebClient.builder("https://127.0.0.1:" + server.edge.port())
                    .factory(trusting)
                    .build();
            assertThat(client.execute(HttpRequest.of(com.linecorp.armeria.common.HttpMethod.GET, "/health"))
                            .aggregate()
                            .join()
                            .status()
                            .code())
                    .isEqualTo(200);
            // The first request over TLS comes with the end of the handshake; its stream is not cancelled while it is
            // sent.
            try (var another = ClientFactory.builder().tlsNoVerify().build()) {
                var refused = WebClient.builder("h2://127.0.0.1:" + server.edge.port())
                        .factory(another)
                        .build()
                        .prepare()
                        .post("/health")
                        .header("expect", "a miracle")
                        .content(MediaType.OCTET_STREAM, new byte[4 << 20])
                        .execute()
                        .aggregate()
                        .join();
                assertThat(refused.status().code()).isEqualTo(417);
                assertThat(refused.contentUtf8()).contains("\"requestId\"");
            }
        }
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(EdgeLifeTest.class.getResource(name).toURI());
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        try (var first = new TestEdge(table -> {})) {
            assertThatThrownBy(() -> new TestEdge(EdgeConfig.onPort(first.edge.port()), table -> {}))
                    .isInstanceOf(PilothouseException.class)
                    .hasMessageContaining("port " + first.edge.port())
                    .hasMessageContaining("http.port");
        }
    }

    /** What a client of reflection hears; both versions have the same messages. */
    private static String services(
            String address, MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse> method) {
        Channel channel = GrpcClients.builder(address)
                .addHeader("authorization", "Bearer " + TestEdge.VIEWER)
                .build(HealthGrpc.HealthBlockingStub.class)
                .getChannel();
        var heard = new CompletableFuture<String>();
        var ask = ServerReflectionRequest.newBuilder().setListServices("").build();
        var requests = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(method, CallOptions.DEFAULT), new StreamObserver<ServerReflectionResponse>() {
                    @Override
                    public void onNext(ServerReflectionResponse answer) {
                        heard.complete(answer.toString());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        heard.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        requests.onNext(ask);
        requests.onCompleted();
        return heard.join();
    }

    @Test
    void grpcSharesThePortAndAsksForAKey() {
        var health = new HealthStatusManager();
        health.setStatus("", ServingStatus.SERVING);
        var route = new GrpcRoute("oip", health.getHealthService(), Access.role(Role.ENGINEER), Map.of());
        try (var server = new TestEdge(EdgeConfig.onPort(0), table -> {}, route)) {
            String address = "gproto+h2c://127.0.0.1:" + server.edge.port();
            var request = HealthCheckRequest.getDefaultInstance();
            var known = GrpcClients.builder(address)
                    .addHeader("authorization", "Bearer " + TestEdge.ENGINEER)
                    .build(HealthGrpc.HealthBlockingStub.class);
            assertThat(known.check(request).getStatus()).isEqualTo(ServingStatus.SERVING);
            var unknown = GrpcClients.newClient(address, HealthGrpc.HealthBlockingStub.class);
            assertThatThrownBy(() -> unknown.check(request)).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                assertThat(e.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.UNAUTHENTICATED);
                assertThat(e.getStatus().getDescription()).contains("needs a key");
            });
            var viewer = GrpcClients.builder(address)
                    .addHeader("authorization", "Bearer " + TestEdge.VIEWER)
                    .build(HealthGrpc.HealthBlockingStub.class);
            assertThatThrownBy(() -> viewer.check(request)).hasMessageContaining("PERMISSION_DENIED");
            assertThat(services(address, ServerReflectionGrpc.getServerReflectionInfoMethod()))
                    .contains("grpc.health.v1.Health");
            var older = ServerReflectionGrpc.getServerReflectionInfoMethod().toBuilder()
                    .setFullMethodName("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
                    .build();
            assertThat(services(address, older)).contains("grpc.health.v1.Health");
        }
    }
}
