package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Footprint;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Endurance: tracking, inference and releases at the same time, at half the rate that this machine reaches with the same
 * clients, for ten minutes (half an hour with {@code --full}, or {@code --seconds N}). Looks every tenth of the time at the
 * heap after a full collection and at open files; errors are counted. A new run is begun every ten seconds, as clients do.
 */
final class MixedBenchmark implements Benchmark {
    private static final int CLIENTS = 4;
    private static final int LOOKS = 10;
    private static final int PEAK_SECONDS = 20;
    private static final int BATCH = 20;
    /** Answers that the server is told to remember, so few that this memory, which has a bound, is full before the first look. */
    private static final int REMEMBERED = 20_000;

    private static final int ROUND_SECONDS = 10;
    private static final String INFER = "/v2/models/mixed/infer";
    private static final String SERVICE = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata: {name: mixed}
            model: {name: mixed}
            rollout: {steps: [25, 50, 100], min-requests: 50, slow-after: 20s}
            """;

    private final AtomicLong done = new AtomicLong();
    private final AtomicLong inferred = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private final AtomicLong released = new AtomicLong();
    private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();

    @Override
    public String name() {
        return "mixed";
    }

    @Override
    public String about() {
        return "ten minutes (--full 30, --seconds N) of tracking, inference and releases: heap and files flat, no error";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        int seconds = Arguments.number(arguments, "--seconds", arguments.contains("--full") ? 1_800 : 600);
        try (var program = new Program(scratch)) {
            var server = program.serve(scratch.resolve("state"), "--serving.remembered-answers=" + REMEMBERED);
            long pid = server.process().pid();
            var api = Api.of(server);
            release(api, 0);
            double peak = rate(api, PEAK_SECONDS, 0);
            report.say("peak of %d clients: %.0f requests/s; half of it from here on", CLIENTS, peak);
            var stop = new AtomicBoolean();
            Thread releases = Thread.ofPlatform().start(() -> releaseUntil(api, stop));
            goRound(api);
            // What the peak left to be done in the background is not part of what is held against the end.
            rate(api, Math.min(30, seconds / 10), peak / 2);
            var looks = new ArrayList<Footprint>();
            looks.add(look(pid, report, 0));
            double total = 0;
            for (int look = 1; look <= LOOKS; look++) {
                total += rate(api, seconds / LOOKS, peak / 2);
                looks.add(look(pid, report, look * seconds / LOOKS));
            }
            stop.set(true);
            releases.join();
            report.say("%.0f requests/s, %d releases promoted", total / LOOKS, released.get());
            faults.stream().limit(5).forEach(fault -> report.say("%s", fault));
            report.atMost("errors", (double) errors.get(), "requests", 0);
            report.atLeast("releases-promoted", (double) released.get(), "releases", 1);
            report.atMost("heap-growth", Footprint.heapGrowth(looks), "%", 10);
            report.atMost("open-files-growth", (double) Footprint.filesGrowth(looks), "files", 10);
        }
    }

    /**
     * Asks at full speed, releases beside, until the memory of answers has gone round once, so that its filling is not taken for a
     * leak.
     */
    private void goRound(Api api) throws IOException, InterruptedException {
        while (inferred.get() < REMEMBERED) {
            long before = inferred.get();
            rate(api, ROUND_SECONDS, 0);
            if (inferred.get() == before) {
                throw new IOException("The server answers no inference");
            }
        }
    }

    private static Footprint look(long pid, Report report, int second) throws IOException, InterruptedException {
        Footprint look = Footprint.of(pid);
        report.say("after %5d s: heap %.1f MB, %d open files", second, look.heapMegabytes(), look.openFiles());
        return look;
    }

    /** Asks for some seconds, half of it inference and half tracking, at a rate or, for 0, as fast as answers come. */
    private double rate(Api api, int seconds, double perSecond) throws InterruptedException {
        long start = System.nanoTime();
        long before = done.get();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        double every = perSecond == 0 ? 0 : 1e9 * CLIENTS / perSecond;
        var clients = new ArrayList<Thread>();
        for (int client = 0; client < CLIENTS; client++) {
            IntConsumer call = client % 2 == 0 ? n -> infer(api, n) : new Tracker(api);
            clients.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; System.nanoTime() < end; n++) {
                    long due = start + (long) (n * every);
                    while (System.nanoTime() < due) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                    call.accept(n);
                }
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
        return (done.get() - before) / ((System.nanoTime() - start) / 1e9);
    }

    private void infer(Api api, int n) {
        ask(api, INFER, body(n));
        inferred.incrementAndGet();
    }

    private static String body(int n) {
        return "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[" + n % 3 + "]}]}";
    }

    /** One client of tracking: batches into a run, and every ten seconds another run and a search. */
    private final class Tracker implements IntConsumer {
        private final Api api;
        private String run = "";
        private long next = System.nanoTime();

        Tracker(Api api) {
            this.api = api;
        }

        @Override
        public void accept(int n) {
            if (System.nanoTime() >= next) {
                next = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
                begin();
            }
            String metrics = IntStream.range(0, BATCH)
                    .mapToObj(i -> "{\"key\":\"m" + i + "\",\"value\":" + n + ",\"timestamp\":1700000000000,\"step\":"
                            + n + "}")
                    .collect(Collectors.joining(","));
            ask(api, "/api/2.0/mlflow/runs/log-batch", "{\"run_id\":\"" + run + "\",\"metrics\":[" + metrics + "]}");
        }

        private void begin() {
            try {
                if (!run.isEmpty()) {
                    ask(api, "/api/2.0/mlflow/runs/update", "{\"run_id\":\"" + run + "\",\"status\":\"FINISHED\"}");
                }
                run = MlflowApi.runId(api.call("POST", "/api/2.0/mlflow/runs/create", MlflowApi.newRunBody("0", 1)));
                ask(
                        api,
                        "/api/2.0/mlflow/runs/search",
                        "{\"experiment_ids\":[\"0\"],\"filter\":\"metrics.m0 > 0\",\"max_results\":20}");
            } catch (IOException e) {
                failed(e.toString());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void ask(Api api, String path, String body) {
        try {
            HttpResponse<byte[]> answer = api.send("POST", path, body.getBytes(StandardCharsets.UTF_8));
            done.incrementAndGet();
            if (answer.statusCode() != 200) {
                failed(path + " " + answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            failed(path + " " + e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(String what) {
        errors.incrementAndGet();
        faults.add(what);
    }

    private void releaseUntil(Api api, AtomicBoolean stop) {
        for (int number = 1; !stop.get(); number++) {
            try {
                if (release(api, number)) {
                    released.incrementAndGet();
                }
                TimeUnit.SECONDS.sleep(2);
            } catch (IOException e) {
                failed(e.toString());
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private static boolean release(Api api, int number) throws IOException, InterruptedException {
        api.register("mixed", OnnxBytes.table(number, number + 1, number + 2));
        if (number == 0) {
            api.call("POST", "/api/v1/apply?file=pilothouse.yaml", SERVICE);
        }
        api.release("mixed");
        return api.end("mixed").equals("promoted");
    }
}
