package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/**
 * Kills the packaged server with SIGKILL at seeded moments of a release under traffic, starts it again on the same folder, and
 * looks whether the release came to its right end (good versions promoted, bad ones rolled back), whether every metric batch
 * that was acknowledged is there, and whether the ledger verifies.
 *
 * <p>Options: {@code --kills N} (default 60; 200 with {@code --full}), {@code --seed N}.
 */
final class KillsBenchmark implements Benchmark {
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(60);
    private static final String SERVICE = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata: {name: lookup}
            model: {name: lookup}
            rollout:
              steps: [25, 50, 100]
              min-requests: 40
              slow-after: 20s
              errors: {tolerance: 5%, margin: 25%}
              slow: {tolerance: 5%, margin: 25%}
            """;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private String key = "";
    private volatile String address = "";
    /** Requests and batches go on only while the server is meant to be up. */
    private volatile boolean up;

    private final AtomicInteger acknowledged = new AtomicInteger();

    @Override
    public String name() {
        return "kills";
    }

    @Override
    public String about() {
        return "kill -9 at seeded moments of a release (--kills 60, --full 200): right end, nothing lost, ledger verifies";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        int kills = Arguments.number(arguments, "--kills", arguments.contains("--full") ? 200 : 60);
        int seed = Arguments.number(arguments, "--seed", 1);
        var random = new Random(seed);
        report.note("seed " + seed);
        try (var program = new Program(scratch)) {
            Path state = scratch.resolve("state");
            var server = program.serve(state);
            key = server.adminKey();
            address = server.address();
            up = true;
            call("POST", "/api/v1/models/lookup/versions?file=model.onnx", OnnxBytes.table(0, 1, 2), 201);
            call("POST", "/api/v1/apply?file=pilothouse.yaml", SERVICE.getBytes(StandardCharsets.UTF_8), 200);
            call("POST", "/api/v1/services/lookup/releases", "{}".getBytes(StandardCharsets.UTF_8), 201);
            String ended = end();
            if (!ended.equals("promoted")) {
                throw new IllegalStateException("The first release was not promoted but " + ended);
            }
            String run = newRun();
            for (int i = 0; i < 2; i++) {
                Thread.ofPlatform().daemon().start(this::ask);
            }
            Thread.ofPlatform().daemon().start(() -> log(run));
            long typical = typicalNanos(report);
            int right = 0;
            int lost = 0;
            double longest = 0;
            for (int kill = 0; kill < kills; kill++) {
                boolean good = random.nextInt(3) > 0;
                register(good, kill + 10);
                call("POST", "/api/v1/services/lookup/releases", "{}".getBytes(StandardCharsets.UTF_8), 201);
                long wait = (long) (random.nextDouble() * typical);
                LockSupport.parkNanos(wait);
                String before = phase();
                up = false;
                server.process().destroyForcibly().waitFor();
                int promised = acknowledged.get();
                long restarted = System.nanoTime();
                server = program.serve(state);
                address = server.address();
                up = true;
                String phase = end();
                double seconds = (System.nanoTime() - restarted) / 1e9;
                longest = Math.max(longest, seconds);
                boolean asItShould = phase.equals(good ? "promoted" : "rolled-back");
                int stored = batches(run);
                right += asItShould ? 1 : 0;
                lost += Math.max(0, promised - stored);
                report.say(
                        "%-4d %-5s killed after %5d ms in %-12s -> %-12s %5.1f s after the restart; %d of %d batches%s",
                        kill + 1,
                        good ? "good" : "bad",
                        wait / 1_000_000,
                        before,
                        phase,
                        seconds,
                        Math.min(promised, stored),
                        promised,
                        asItShould ? "" : "  WRONG");
            }
            var verified = program.pilot(server.environment(key), "audit", "verify");
            report.say("%s", verified.last());
            report.atLeast("releases-ended-right", right, "of-" + kills, kills);
            report.atMost("acknowledged-batches-lost", lost, "batches", 0);
            report.atLeast("ledger-verifies", verified.code() == 0 ? 1 : 0, "yes", 1);
            report.atMost("restart-to-end-longest", longest, "s", (double) ENDS_WITHIN.toSeconds());
        }
    }

    /** How long releases take that nobody disturbs: the mean of one good and one bad. */
    private long typicalNanos(Report report) throws IOException, InterruptedException {
        long start = System.nanoTime();
        for (boolean good : new boolean[] {true, false}) {
            register(good, good ? 3 : 4);
            call("POST", "/api/v1/services/lookup/releases", "{}".getBytes(StandardCharsets.UTF_8), 201);
            end();
        }
        long typical = (System.nanoTime() - start) / 2;
        report.say("an undisturbed release takes %.1f s", typical / 1e9);
        return Math.min(typical, Duration.ofSeconds(10).toNanos());
    }

    /** A good version answers for entries 0, 1 and 2; a bad one has no entry 2. */
    private void register(boolean good, int number) throws IOException, InterruptedException {
        byte[] graph = good ? OnnxBytes.table(number, number + 1, number + 2) : OnnxBytes.table(number, number + 1);
        call("POST", "/api/v1/models/lookup/versions?file=model.onnx", graph, 201);
    }

    private String phase() throws IOException, InterruptedException {
        return call("GET", "/api/v1/services/lookup", new byte[0], 200)
                .path("release")
                .path("state")
                .asString();
    }

    /** The phase in which the release in motion ends. */
    private String end() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + ENDS_WITHIN.toNanos();
        String phase = phase();
        while (System.nanoTime() < deadline
                && !List.of("promoted", "rolled-back", "rejected", "aborted").contains(phase)) {
            TimeUnit.MILLISECONDS.sleep(50);
            phase = phase();
        }
        return phase;
    }

    private void ask() {
        for (long n = 0; ; n++) {
            if (up) {
                byte[] body = ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[" + n % 3
                                + "]}]}")
                        .getBytes(StandardCharsets.UTF_8);
                try {
                    send("POST", "/v2/models/lookup/infer", body, "customer-" + n);
                } catch (IOException _) {
                    // The server was killed on purpose; clients try again.
                } catch (InterruptedException _) {
                    return;
                }
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    private String newRun() throws IOException, InterruptedException {
        String experiment = call(
                        "POST",
                        "/api/2.0/mlflow/experiments/create",
                        "{\"name\":\"kills\"}".getBytes(StandardCharsets.UTF_8),
                        200)
                .path("experiment_id")
                .asString();
        return call(
                        "POST",
                        "/api/2.0/mlflow/runs/create",
                        ("{\"experiment_id\":\"" + experiment + "\",\"start_time\":1}")
                                .getBytes(StandardCharsets.UTF_8),
                        200)
                .path("run")
                .path("info")
                .path("run_id")
                .asString();
    }

    /** Logs batch after batch, each again until it is acknowledged. */
    private void log(String run) {
        while (true) {
            int batch = acknowledged.get();
            byte[] body = ("{\"run_id\":\"" + run + "\",\"metrics\":[{\"key\":\"batch\",\"value\":" + batch
                            + ",\"timestamp\":" + (1_700_000_000_000L + batch) + ",\"step\":" + batch + "}]}")
                    .getBytes(StandardCharsets.UTF_8);
            try {
                if (up
                        && send("POST", "/api/2.0/mlflow/runs/log-batch", body, "")
                                        .statusCode()
                                == 200) {
                    acknowledged.incrementAndGet();
                }
            } catch (IOException _) {
                // Killed on purpose.
            } catch (InterruptedException _) {
                return;
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** How many batches are there without a gap. */
    private int batches(String run) throws IOException, InterruptedException {
        var steps = new ArrayList<Integer>();
        String page = "";
        do {
            JsonNode answer = call(
                    "GET",
                    "/api/2.0/mlflow/metrics/get-history?metric_key=batch&max_results=25000&run_id=" + run
                            + (page.isEmpty() ? "" : "&page_token=" + page),
                    new byte[0],
                    200);
            answer.path("metrics")
                    .forEach(metric ->
                            steps.add(Integer.parseInt(metric.path("step").asString())));
            page = answer.path("next_page_token").asString("");
        } while (!page.isEmpty());
        var distinct = new java.util.TreeSet<>(steps);
        int dense = 0;
        for (int step : distinct) {
            if (step != dense) {
                break;
            }
            dense++;
        }
        return dense;
    }

    private JsonNode call(String method, String path, byte[] body, int expected)
            throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = send(method, path, body, "");
        if (answer.statusCode() != expected) {
            throw new IOException(method + " " + path + " answered " + answer.statusCode() + ": "
                    + new String(answer.body(), StandardCharsets.UTF_8));
        }
        return Json.parse(answer.body());
    }

    private HttpResponse<byte[]> send(String method, String path, byte[] body, String splitKey)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(address + path))
                .timeout(Duration.ofSeconds(20))
                .header("authorization", "Bearer " + key)
                .header("content-type", path.contains("/apply") ? "application/yaml" : "application/json")
                .method(method, BodyPublishers.ofByteArray(body));
        if (!splitKey.isEmpty()) {
            request.header("x-pilothouse-key", splitKey);
        }
        try {
            return http.send(request.build(), BodyHandlers.ofByteArray());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
