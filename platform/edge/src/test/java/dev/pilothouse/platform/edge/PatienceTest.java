package dev.pilothouse.platform.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.EventSink;
import dev.pilothouse.platform.http.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are slow to a purpose lose their connection; others are answered meanwhile. */
class PatienceTest {
    private static final Duration PATIENCE = Duration.ofMillis(800);
    private static final long MOST_SECONDS = 20;

    private final AtomicLong sent = new AtomicLong();
    private final CountDownLatch streamEnded = new CountDownLatch(1);
    private TestEdge server;

    @BeforeEach
    void start() {
        var config = new EdgeConfig(
                "127.0.0.1",
                0,
                List.of(),
                Optional.empty(),
                Duration.ofMinutes(2),
                Duration.ofMinutes(2),
                10_000,
                Duration.ZERO,
                Duration.ofSeconds(1),
                Duration.ofMillis(200),
                1 << 20,
                List.of(),
                new EdgeConfig.Patience(PATIENCE, PATIENCE, 1000));
        server = new TestEdge(
                config,
                table -> table.api()
                        .on("POST", "/api/v1/take", Access.open(), "take", call -> Reply.text("" + call.body().length))
                        .on(
                                "GET",
                                "/api/v1/flood",
                                Access.open(),
                                "flood",
                                _ -> Reply.stream("text/plain", new Flood()))
                        .on("GET", "/api/v1/news", Access.open(), "news", _ -> Reply.events(this::tell))
                        .on("GET", "/api/v1/slow", Access.open(), "slow", _ -> {
                            TimeUnit.MILLISECONDS.sleep(3 * PATIENCE.toMillis());
                            return Reply.text("late");
                        }));
    }

    /** Events without end, counted. */
    private void tell(EventSink sink) throws IOException {
        String news = "n".repeat(64 << 10);
        try {
            while (true) {
                sink.send("news", news);
                sent.addAndGet(news.length());
            }
        } finally {
            streamEnded.countDown();
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Bytes without end, counted. */
    private final class Flood extends InputStream {
        @Override
        public int read() {
            return 'x';
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            sent.addAndGet(length);
            return length;
        }

        @Override
        public void close() {
            streamEnded.countDown();
        }
    }

    @Test
    void aHeaderThatTricklesEndsAlthoughItIsNeverIdle() throws IOException, InterruptedException {
        try (var socket = connect()) {
            assertThat(trickle(socket, "GET /health HTTP/1.1\r\nhost: x\r\nx-long: ", 'a'))
                    .isTrue();
        }
        assertThat(server.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void aSecondHeaderOnAKeptConnectionThatTricklesEnds() throws IOException, InterruptedException {
        try (var socket = connect()) {
            socket.getOutputStream()
                    .write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            assertThat(trickle(socket, "GET /hea", 'a')).isTrue();
        }
    }

    @Test
    void aBodyThatTricklesEnds() throws IOException, InterruptedException {
        try (var socket = connect()) {
            assertThat(trickle(socket, "POST /api/v1/take HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n", 'b'))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"flood", "news"})
    void aClientThatStopsReadingEndsAndTheServerMakesNoMoreThanItsBuffersHold(String path) throws Exception {
        try (var socket = connect()) {
            socket.setReceiveBufferSize(4096);
            String request = "GET /api/v1/" + path + " HTTP/1.1\r\nhost: x\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(streamEnded.await(MOST_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(sent.get()).isLessThan(64L << 20);
    }

    @Test
    void aThousandSlowConnectionsKeepNobodyWaitingAndAllEnd() throws Exception {
        var slow = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 1000; i++) {
                Socket socket = connect();
                slow.add(socket);
                socket.getOutputStream().write("GET / HTTP/1.1\r\nho".getBytes(StandardCharsets.US_ASCII));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(server.get("/health").statusCode()).isEqualTo(200);
            }
            for (Socket socket : slow) {
                assertThat(ended(socket)).isTrue();
            }
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @Test
    void aHandlerThatTakesLongIsNotTheClientsSlowness() throws IOException, InterruptedException {
        assertThat(server.get("/api/v1/slow").body()).isEqualTo("late");
    }

    /** Sends a byte now and then; whether the server ended the connection within the test's patience. */
    private static boolean trickle(Socket socket, String start, char next) throws IOException, InterruptedException {
        OutputStream out = socket.getOutputStream();
        out.write(start.getBytes(StandardCharsets.US_ASCII));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        while (System.nanoTime() < end) {
            try {
                out.write(next);
            } catch (IOException ended) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return false;
    }

    private static boolean ended(Socket socket) throws IOException {
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(MOST_SECONDS));
        try {
            while (socket.getInputStream().read() >= 0) {
                // a last word before the end
            }
            return true;
        } catch (java.net.SocketTimeoutException stillOpen) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), server.edge.port());
    }
}
