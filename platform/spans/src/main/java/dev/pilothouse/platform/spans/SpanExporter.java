package dev.pilothouse.platform.spans;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Sends spans to a collector, in batches of at most {@value #BATCH}, five times a second. Where it cannot be reached, a batch
 * is tried again for two minutes, with growing pauses (OTLP, "Failures" and "All Other Responses"). Thread-safe; to add one never
 * waits.
 */
public final class SpanExporter implements AutoCloseable {
    static final int BATCH = 512;

    private static final Logger log = LoggerFactory.getLogger(SpanExporter.class);
    private static final int WAITING = 16_384;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final int TRIES = 7;
    private static final long GATHERING_MILLIS = 200;
    private static final int LAST_SECONDS = 3;
    private static final int OK = 200;
    private static final Set<Integer> AGAIN = Set.of(429, 502, 503, 504);

    private final OtlpConfig config;
    private final BlockingQueue<Span> waiting = new ArrayBlockingQueue<>(WAITING);
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private final Thread sending;
    private volatile boolean closed;

    /** Begins to send. */
    public SpanExporter(OtlpConfig config) {
        this.config = config;
        this.sending = Thread.ofVirtual().name("spans").start(this::run);
    }

    /** Takes a span; drops it where too many wait. */
    public void add(Span span) {
        if (!waiting.offer(span)) {
            dropped.incrementAndGet();
        }
    }

    /** Spans that the collector took. */
    public long sent() {
        return sent.get();
    }

    /** Spans that it did not: too many waited, it refused them, or it could not be reached for too long. */
    public long dropped() {
        return dropped.get();
    }

    private void run() {
        try {
            while (!closed || !waiting.isEmpty()) {
                Span first = waiting.poll(GATHERING_MILLIS, TimeUnit.MILLISECONDS);
                if (first != null) {
                    if (!closed && waiting.size() < BATCH) {
                        // So that what comes together goes together.
                        Thread.sleep(GATHERING_MILLIS);
                    }
                    send(batch(first));
                }
            }
        } catch (InterruptedException _) {
            lose(waiting.size(), "the server stopped");
        }
    }

    private List<Span> batch(Span first) {
        var batch = new ArrayList<Span>();
        batch.add(first);
        waiting.drainTo(batch, BATCH - 1);
        return batch;
    }

    private void send(List<Span> batch) throws InterruptedException {
        try {
            sendWhole(batch);
        } catch (InterruptedException stopped) {
            lose(batch.size(), "the server stopped");
            throw stopped;
        }
    }

    private void sendWhole(List<Span> batch) throws InterruptedException {
        byte[] body = OtlpJson.request(batch, config.version());
        Duration pause = FIRST_PAUSE;
        for (int attempt = 1; attempt <= TRIES; attempt++) {
            Duration asked = attempt(batch, body);
            if (asked.isNegative()) {
                return;
            }
            if (closed) {
                break;
            }
            Thread.sleep(asked.compareTo(pause) > 0 ? asked : pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
        }
        lose(batch.size(), "it could not be reached");
    }

    /** Sends once; how long the collector wants to be left alone before the next try, negative where there is none to be. */
    private Duration attempt(List<Span> batch, byte[] body) throws InterruptedException {
        var request = HttpRequest.newBuilder(config.traces())
                .timeout(TIMEOUT)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(body));
        config.headers().forEach(request::header);
        try {
            HttpResponse<byte[]> answer = client.send(request.build(), BodyHandlers.ofByteArray());
            if (AGAIN.contains(answer.statusCode())) {
                return answer.headers()
                        .firstValue("retry-after")
                        .filter(seconds -> seconds.matches("[0-9]{1,2}"))
                        .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
                        .orElse(Duration.ZERO);
            }
            if (answer.statusCode() == OK) {
                long rejected = rejected(answer.body());
                sent.addAndGet(batch.size() - rejected);
                lose(rejected, "it rejected them");
            } else {
                lose(batch.size(), "it answered " + answer.statusCode());
            }
            return Duration.ofSeconds(-1);
        } catch (IOException e) {
            log.debug("Spans could not be sent", e);
            return Duration.ZERO;
        }
    }

    /** A collector may take a part (OTLP, "Partial Success"). */
    private static long rejected(byte[] body) {
        if (body.length == 0) {
            return 0;
        }
        try {
            JsonNode rejected = Json.parse(body).path("partialSuccess").path("rejectedSpans");
            long count = rejected.isString() ? Long.parseLong(rejected.stringValue()) : rejected.longValue(0);
            return Math.clamp(count, 0, BATCH);
        } catch (PilothouseException | NumberFormatException _) {
            return 0;
        }
    }

    private void lose(long spans, String why) {
        if (spans > 0) {
            dropped.addAndGet(spans);
            log.warn("The collector at {} did not get {} spans: {}", config.traces(), spans, why);
        }
    }

    /** Sends what waits, for {@value #LAST_SECONDS} seconds at most. */
    @Override
    public void close() {
        closed = true;
        try {
            if (!sending.join(Duration.ofSeconds(LAST_SECONDS))) {
                sending.interrupt();
                sending.join();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        client.shutdownNow();
    }
}
