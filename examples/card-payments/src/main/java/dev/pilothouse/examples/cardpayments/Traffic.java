package dev.pilothouse.examples.cardpayments;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Live traffic: sends the rows of a file, over and over, as single inference requests at a steady rate, and reports the true
 * label of each a moment later, as a payment system would once it knows.
 *
 * <pre>{@code
 * traffic --data live.csv --target fraud --service fraud [--no-header] [--rate 400] [--seconds N] [--no-labels]
 *         [--output label]
 * }</pre>
 *
 * Address and key come from {@code PILOTHOUSE_URL} and {@code PILOTHOUSE_API_KEY}. It prints a line a second: requests
 * per second, share of errors, median latency, and the share that each version answered. It stops by itself after {@code
 * --seconds} (default and maximum 3600), and a request that finds too many in flight is left out, not queued.
 */
public final class Traffic {
    private static final int IN_FLIGHT = 64;
    private static final int KEYS = 5_000;
    private static final int LABELS_AT_ONCE = 500;

    private final HttpClient http;
    private final URI infer;
    private final URI feedback;
    private final String key;
    private final Table data;
    private final int target;
    private final InferenceRequest request;
    private final Semaphore free = new Semaphore(IN_FLIGHT);
    private final Window window = new Window();
    private final ConcurrentLinkedQueue<String> labels = new ConcurrentLinkedQueue<>();
    private final boolean labelled;
    private final String output;

    private Traffic(Arguments arguments) throws IOException, InterruptedException {
        String base = environment("PILOTHOUSE_URL");
        String service = arguments.required("service");
        this.key = environment("PILOTHOUSE_API_KEY");
        this.data = Table.read(Path.of(arguments.required("data")), !arguments.has("no-header"));
        this.target = data.position(arguments.required("target"));
        this.labelled = !arguments.has("no-labels");
        this.output = arguments.text("output", "label");
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5))
                .executor(Executors.newFixedThreadPool(1))
                .build();
        this.infer = URI.create(base + "/v2/models/" + service + "/infer");
        this.feedback = URI.create(base + "/api/v1/services/" + service + "/feedback");
        this.request = InferenceRequest.of(http, URI.create(base + "/v2/models/" + service), key, data);
    }

    /** Sends until its time is over or it is ended. */
    public static void main(String[] line) throws IOException, InterruptedException {
        try {
            var arguments = new Arguments(
                    line,
                    List.of("no-header", "no-labels"),
                    List.of("data", "target", "service", "rate", "seconds", "output"));
            var traffic = new Traffic(arguments);
            traffic.run(
                    Math.clamp(arguments.number("rate", 400), 1, 20_000),
                    Math.clamp(arguments.number("seconds", 3_600), 1, 3_600));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
        System.exit(0);
    }

    private void run(long rate, long seconds) throws InterruptedException {
        var reporter = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().factory());
        var _ = reporter.scheduleAtFixedRate(window::print, 1, 1, TimeUnit.SECONDS);
        var _ = reporter.scheduleWithFixedDelay(this::sendLabels, 250, 250, TimeUnit.MILLISECONDS);
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        for (long n = 0; System.nanoTime() < end; n++) {
            long due = start + n * TimeUnit.SECONDS.toNanos(1) / rate;
            long wait = due - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            }
            if (free.tryAcquire()) {
                send(n);
            }
        }
        free.acquire(IN_FLIGHT);
        sendLabels();
        reporter.shutdown();
        window.print();
    }

    private void send(long n) {
        String[] row = data.rows().get((int) (n % data.size()));
        HttpRequest call = HttpRequest.newBuilder(infer)
                .timeout(Duration.ofSeconds(10))
                .header("authorization", "Bearer " + key)
                .header("content-type", "application/json")
                .header("x-pilothouse-key", "card-" + n % KEYS)
                .POST(HttpRequest.BodyPublishers.ofString(request.json(row)))
                .build();
        long sent = System.nanoTime();
        var _ = http.sendAsync(call, HttpResponse.BodyHandlers.discarding()).whenComplete((answer, failure) -> {
            free.release();
            boolean well = failure == null && answer.statusCode() == 200;
            String version = failure == null
                    ? answer.headers().firstValue("x-pilothouse-version").orElse("none")
                    : "none";
            window.count(well, System.nanoTime() - sent, version);
            if (well && labelled) {
                answer.headers().firstValue("x-request-id").ifPresent(id -> labels.add(label(id, row[target].strip())));
            }
        });
    }

    private String label(String requestId, String label) {
        var text = new StringBuilder("{\"requestId\":");
        InferenceRequest.quote(requestId, text);
        text.append(",\"output\":");
        InferenceRequest.quote(output, text);
        text.append(",\"label\":");
        InferenceRequest.quote(label, text);
        return text.append('}').toString();
    }

    private void sendLabels() {
        while (!labels.isEmpty()) {
            var body = new StringBuilder("{\"items\":[");
            int n = 0;
            for (String label; n < LABELS_AT_ONCE && (label = labels.poll()) != null; n++) {
                body.append(n == 0 ? "" : ",").append(label);
            }
            HttpRequest call = HttpRequest.newBuilder(feedback)
                    .timeout(Duration.ofSeconds(10))
                    .header("authorization", "Bearer " + key)
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body.append("]}").toString()))
                    .build();
            try {
                HttpResponse<String> answer = http.send(call, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() >= 400) {
                    System.err.println("Labels were refused: " + answer.body());
                }
            } catch (IOException e) {
                System.err.println("Labels were not delivered: " + e.getMessage());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static String environment(String name) {
        String value = System.getenv(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("Set " + name + " first.");
        }
        return value;
    }

    /** What happened since the last line. */
    private static final class Window {
        private final AtomicLong second = new AtomicLong();
        private final TreeMap<String, Long> versions = new TreeMap<>();
        private long[] latencies = new long[1024];
        private int requests;
        private int errors;

        synchronized void count(boolean well, long nanos, String version) {
            if (requests == latencies.length) {
                latencies = Arrays.copyOf(latencies, requests * 2);
            }
            latencies[requests++] = nanos;
            errors += well ? 0 : 1;
            versions.merge(version, 1L, Long::sum);
        }

        synchronized void print() {
            long at = second.incrementAndGet();
            if (requests > 0) {
                Arrays.sort(latencies, 0, requests);
                var text = new StringBuilder(String.format(
                        Locale.ROOT,
                        "%4d s  %,d requests/s  errors %.2f %%  median %.2f ms  p95 %.2f ms ",
                        at,
                        requests,
                        100.0 * errors / requests,
                        latencies[requests / 2] / 1e6,
                        latencies[(int) (requests * .95)] / 1e6));
                for (var entry : versions.entrySet()) {
                    text.append(String.format(
                            Locale.ROOT, "  %s: %.1f %%", entry.getKey(), 100.0 * entry.getValue() / requests));
                }
                System.out.println(text);
            }
            requests = 0;
            errors = 0;
            versions.clear();
        }
    }
}
