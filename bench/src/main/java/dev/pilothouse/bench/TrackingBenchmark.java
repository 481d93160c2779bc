package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.MlflowServer;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.measure.Venv;
import dev.pilothouse.bench.measure.Wrk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * Experiment tracking over MLflow's REST API: metrics a second by {@code log-batch} of 100 metrics from 8 clients beside
 * MLflow's own server (SQLite, two workers), and run search over 100,000 runs of 10 metrics and 10 params while 5,000
 * metrics a second are logged.
 */
final class TrackingBenchmark implements Benchmark {
    private static final int ROUNDS = 3;
    private static final int SECONDS = 10;
    private static final int CLIENTS = 8;
    private static final int BATCH = 100;
    private static final int RUNS = 100_000;
    private static final int SEARCHERS = 4;
    private static final int SEARCH_SECONDS = 30;
    /** One filter keeps half of the runs and orders them by another metric; the others are what people type. */
    private static final List<String> SEARCHES = List.of(
            "\"filter\":\"metrics.m0 > 0.5\",\"order_by\":[\"metrics.m1 DESC\"],\"max_results\":100",
            "\"filter\":\"params.p3 = 'v7'\",\"order_by\":[\"attributes.start_time DESC\"],\"max_results\":100",
            "\"order_by\":[\"attributes.start_time DESC\"],\"max_results\":100",
            "\"filter\":\"metrics.m2 > 0.99 AND params.p1 LIKE 'v1%'\",\"max_results\":100",
            "\"filter\":\"attributes.status = 'RUNNING'\",\"order_by\":[\"metrics.m4 ASC\"],\"max_results\":50");

    @Override
    public String name() {
        return "tracking";
    }

    @Override
    public String about() {
        return "metrics logged a second beside MLflow's server; search over 100,000 runs";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        if (!Wrk.isThere()) {
            report.note("skipped: wrk is not installed (Debian: wrk)");
            report.atLeast("log-batch", Double.NaN, "metrics/s", 60_000);
            return;
        }
        report.note("durability: store synchronous=FULL; MLflow's SQLite as it comes");
        try (var program = new Program(scratch)) {
            var server = program.serve(scratch.resolve("state"));
            logBatches(scratch, MlflowApi.of(server.address(), server.adminKey()), report);
            search(MlflowApi.of(server.address(), server.adminKey()), report);
        }
    }

    private static void logBatches(Path scratch, MlflowApi ours, Report report)
            throws IOException, InterruptedException {
        Optional<Venv> venv = MlflowServer.installed(report);
        double[] rates = new double[ROUNDS];
        double[] p99 = new double[ROUNDS];
        double[] peers = new double[ROUNDS];
        Arrays.fill(peers, Double.NaN);
        report.say("%-12s %12s %9s %9s %6s", "server", "metrics/s", "p50 ms", "p99 ms", "bad");
        logFrom(scratch, ours, "warm-up", 5);
        for (int round = 0; round < ROUNDS; round++) {
            Wrk.Load load = logFrom(scratch, ours, "round-" + round, SECONDS);
            say(report, "pilothouse", load);
            rates[round] = load.bad() == 0 ? BATCH * load.perSecond() : Double.NaN;
            p99[round] = load.p99();
            if (venv.isPresent()) {
                peers[round] = peer(scratch, venv.get(), round, report);
            }
        }
        report.beside(
                "log-batch",
                Percentiles.median(rates),
                "metrics/s",
                Report.Goal.AT_LEAST,
                60_000,
                Percentiles.median(peers));
        report.atLeast("log-batch-over-mlflow", Percentiles.median(rates) / Percentiles.median(peers), "x", 8);
        report.atMost("log-batch-p99", Percentiles.median(p99), "ms", 100);
    }

    private static double peer(Path scratch, Venv venv, int round, Report report)
            throws IOException, InterruptedException {
        try (var server = MlflowServer.start(venv, scratch.resolve("mlflow-" + round))) {
            var api = MlflowApi.of(server.address(), "");
            logFrom(scratch, api, "warm-up", 2);
            Wrk.Load load = logFrom(scratch, api, "round", SECONDS);
            say(report, "mlflow", load);
            return BATCH * load.perSecond();
        }
    }

    /** Batches of 100 metrics of rising steps into eight runs in turn. */
    private static Wrk.Load logFrom(Path scratch, MlflowApi api, String experiment, int seconds)
            throws IOException, InterruptedException {
        String id = api.newExperiment(experiment);
        var runs = new ArrayList<String>();
        for (int i = 0; i < CLIENTS; i++) {
            runs.add(api.newRun(id));
        }
        String metrics = IntStream.range(0, BATCH)
                .mapToObj(i -> "{\"key\":\"metric-" + i % 10 + "\",\"value\":0." + i
                        + ",\"timestamp\":1700000000000,\"step\":@" + i / 10 + "}")
                .collect(Collectors.joining(","));
        String script = """
                local runs = {%s}
                local body = [==["metrics":[%s]}]==]
                local n = 0
                wrk.method = "POST"
                wrk.headers["content-type"] = "application/json"
                %s
                request = function()
                  n = n + 1
                  local run = runs[n %% #runs + 1]
                  local steps = string.gsub(body, "@", tostring(n))
                  return wrk.format(nil, nil, nil, '{"run_id":"' .. run .. '",' .. steps)
                end
                """.formatted(
                        runs.stream().map(run -> "\"" + run + "\"").collect(Collectors.joining(",")),
                        metrics,
                        api.key().isEmpty() ? "" : "wrk.headers[\"authorization\"] = \"Bearer " + api.key() + "\"");
        return Wrk.run(scratch, api.base() + "/api/2.0/mlflow/runs/log-batch", script, CLIENTS, seconds);
    }

    private static void search(MlflowApi api, Report report) throws IOException, InterruptedException {
        String experiment = api.newExperiment("searched");
        long start = System.nanoTime();
        fill(api, experiment);
        report.say("%,d runs logged in %.0f s", RUNS, (System.nanoTime() - start) / 1e9);
        String busy = api.newRun(experiment);
        var waits = new ConcurrentLinkedQueue<long[]>();
        var logged = new AtomicLong();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SEARCH_SECONDS + 3);
        long measured = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
        Thread logger = Thread.ofPlatform().start(() -> log(api, busy, end, logged));
        List<Thread> searchers = IntStream.range(0, SEARCHERS)
                .mapToObj(i -> Thread.ofPlatform().start(() -> searchUntil(api, experiment, i, measured, end, waits)))
                .toList();
        for (Thread searcher : searchers) {
            searcher.join();
        }
        logger.join();
        for (int kind = 0; kind < SEARCHES.size(); kind++) {
            int which = kind;
            var of = new Percentiles(waits.stream()
                    .filter(w -> w[0] == which)
                    .mapToLong(w -> w[1])
                    .toArray());
            report.say("p50 %6.1f ms  p99 %6.1f ms  %s", of.millis(.5), of.millis(.99), SEARCHES.get(kind));
        }
        var all = new Percentiles(waits.stream().mapToLong(w -> w[1]).toArray());
        report.say(
                "%d searches, %.0f metrics/s logged beside them",
                waits.size(), logged.get() / (double) (SEARCH_SECONDS + 3));
        report.atMost("search-p99", all.millis(.99), "ms", 50);
        report.atLeast("logged-beside-search", logged.get() / (double) (SEARCH_SECONDS + 3), "metrics/s", 5_000);
    }

    private static void fill(MlflowApi api, String experiment) throws InterruptedException {
        var free = new Semaphore(32);
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var random = new Random(7);
        for (int i = 0; i < RUNS; i++) {
            free.acquire();
            String metrics = IntStream.range(0, 10)
                    .mapToObj(m -> String.format(
                            Locale.ROOT,
                            "{\"key\":\"m%d\",\"value\":%.6f,\"timestamp\":1700000000000,\"step\":0}",
                            m,
                            random.nextDouble()))
                    .collect(Collectors.joining(","));
            String params = IntStream.range(0, 10)
                    .mapToObj(p -> "{\"key\":\"p" + p + "\",\"value\":\"v" + random.nextInt(20) + "\"}")
                    .collect(Collectors.joining(","));
            CompletableFuture<JsonNode> logged = api.postAsync("runs/create", MlflowApi.newRunBody(experiment, i))
                    .thenCompose(run -> api.postAsync(
                            "runs/log-batch",
                            "{\"run_id\":\"" + MlflowApi.runId(run) + "\",\"metrics\":[" + metrics + "],\"params\":["
                                    + params + "]}"));
            var _ = logged.whenComplete((_, failure) -> {
                if (failure != null) {
                    failures.add(failure);
                }
                free.release();
            });
        }
        free.acquire(32);
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.size() + " runs were not logged", failures.peek());
        }
    }

    /** 5,000 metrics a second: 50 batches of 100. */
    private static void log(MlflowApi api, String run, long end, AtomicLong logged) {
        long start = System.nanoTime();
        for (long n = 0; System.nanoTime() < end; n++) {
            long wait = start + n * 20_000_000 - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            }
            long step = n;
            String metrics = IntStream.range(0, BATCH)
                    .mapToObj(i -> "{\"key\":\"busy-" + i + "\",\"value\":0.5,\"timestamp\":1700000000000,\"step\":"
                            + step + "}")
                    .collect(Collectors.joining(","));
            try {
                api.post("runs/log-batch", "{\"run_id\":\"" + run + "\",\"metrics\":[" + metrics + "]}");
                logged.addAndGet(BATCH);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static void searchUntil(
            MlflowApi api, String experiment, int first, long measured, long end, ConcurrentLinkedQueue<long[]> waits) {
        for (int n = first; System.nanoTime() < end; n++) {
            int kind = n % SEARCHES.size();
            long before = System.nanoTime();
            try {
                api.post("runs/search", "{\"experiment_ids\":[\"" + experiment + "\"]," + SEARCHES.get(kind) + "}");
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (before >= measured) {
                waits.add(new long[] {kind, System.nanoTime() - before});
            }
        }
    }

    private static void say(Report report, String who, Wrk.Load load) {
        report.say("%-12s %12.0f %9.2f %9.2f %6d", who, BATCH * load.perSecond(), load.p50(), load.p99(), load.bad());
    }
}
