package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Footprint;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Endurance of the gateway: 500 requests a second, every fifth a stream, for ten minutes (half an hour with {@code --full}, or
 * {@code --minutes N}). Looks every tenth of the time at the heap after a full collection and at open files, and compares the
 * records with the provider's invoice at the end.
 */
final class SoakBenchmark implements Benchmark {
    private static final int PER_SECOND = 500;
    private static final int CLIENTS = 8;
    private static final int LOOKS = 10;
    private static final int STREAMED = 5;
    private static final int WARM_UP_SECONDS = 30;
    private static final long PLENTY = 1_000_000_000_000_000L;

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public String about() {
        return "ten minutes (--full 30, --minutes N) of the gateway at 500 requests a second: heap and files flat, no record lost";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        int minutes = Arguments.number(arguments, "--minutes", arguments.contains("--full") ? 30 : 10);
        try (var simulator = Simulator.start(scratch, 0, "{}");
                var program = new Program(scratch)) {
            var server = program.serve(scratch.resolve("state"));
            var api = Api.of(server);
            var setup = new GatewaySetup(api);
            setup.provider(simulator, List.of(Simulator.MINI));
            var key = setup.key("soak");
            setup.budget("all", "organisation:default", "day", PLENTY);
            setup.budget("of-key", "key:" + key.id(), "hour", PLENTY);
            setup.budget("of-tag", "tag:bench-tag", "total", PLENTY);
            HttpRequest whole = request(server.address(), key, false);
            HttpRequest stream = request(server.address(), key, true);
            ask(whole, stream, WARM_UP_SECONDS);
            var looks = new ArrayList<Footprint>();
            long pid = server.process().pid();
            looks.add(look(pid, 0, report));
            long before = answered.get();
            long begun = System.nanoTime();
            for (int look = 1; look <= LOOKS; look++) {
                ask(whole, stream, minutes * 60 / LOOKS);
                looks.add(look(pid, look * minutes * 60 / LOOKS, report));
            }
            double rate = (answered.get() - before) * 1e9 / (System.nanoTime() - begun);
            report.atLeast("soak-rate", rate, "req/s", PER_SECOND * 0.95);
            report.atMost("soak-errors", (double) errors.get(), "requests", 0);
            report.atMost("soak-heap-growth", Footprint.heapGrowth(looks), "%", 10);
            report.atMost("soak-open-files-growth", (double) Footprint.filesGrowth(looks), "files", 10);
            report.atMost("soak-lost-records", (double) Records.lost(api, simulator, report), "records", 0);
        }
    }

    private static Footprint look(long pid, int second, Report report) throws IOException, InterruptedException {
        Footprint look = Footprint.of(pid);
        report.say("after %5d s: heap %.1f MB, %d open files", second, look.heapMegabytes(), look.openFiles());
        return look;
    }

    private static HttpRequest request(String address, GatewaySetup.AppKey key, boolean stream) {
        String body =
                "{\"model\":\"%s\",\"stream\":%s,\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"Where is it?\"}]}"
                        .formatted(Simulator.MINI, stream);
        return HttpRequest.newBuilder(URI.create(address + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + key.secret())
                .header("x-pilothouse-tags", "bench-tag")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private void ask(HttpRequest whole, HttpRequest stream, int seconds) throws InterruptedException {
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        double every = 1e9 * CLIENTS / PER_SECOND;
        var clients = new ArrayList<Thread>();
        for (int client = 0; client < CLIENTS; client++) {
            clients.add(Thread.ofPlatform().start(() -> {
                try (HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
                    for (int n = 0; System.nanoTime() < end; n++) {
                        long due = start + (long) (n * every);
                        while (System.nanoTime() < due) {
                            LockSupport.parkNanos(due - System.nanoTime());
                        }
                        ask(http, n % STREAMED == 0 ? stream : whole);
                    }
                }
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
    }

    private void ask(HttpClient http, HttpRequest request) {
        try {
            if (http.send(request, BodyHandlers.discarding()).statusCode() != 200) {
                errors.incrementAndGet();
            }
            answered.incrementAndGet();
        } catch (IOException _) {
            errors.incrementAndGet();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
