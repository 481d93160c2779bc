package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/**
 * Swaps the version behind an endpoint while eight clients ask it without a pause: each swap is a release that a person
 * promotes, each canary flip one that gets half of the traffic and is rolled back. Version n answers n plus the input, so that
 * every answer can be held against the version it names. Options: {@code --swaps N} (100), {@code --flips N} (20).
 */
final class SwapsBenchmark implements Benchmark {
    private static final int CLIENTS = 8;
    private static final String SERVICE = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata: {name: swapped}
            model: {name: swapped}
            rollout: {steps: [50, 100], min-requests: 1000000}
            """;

    private final Map<String, Integer> bases = new ConcurrentHashMap<>();
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();

    @Override
    public String name() {
        return "swaps";
    }

    @Override
    public String about() {
        return "100 hot swaps and 20 canary flips under load: no request lost, every answer its version's own";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        int swaps = Arguments.number(arguments, "--swaps", 100);
        int flips = Arguments.number(arguments, "--flips", 20);
        try (var program = new Program(scratch)) {
            var api = Api.of(program.serve(scratch.resolve("state")));
            register(api);
            api.call("POST", "/api/v1/apply?file=pilothouse.yaml", SERVICE);
            api.release("swapped");
            require("promoted", api.end("swapped"));
            var stop = new AtomicBoolean();
            var clients = new ArrayList<Thread>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(Thread.ofPlatform().start(() -> ask(api, stop)));
            }
            int swapped = 0;
            int flipped = 0;
            try {
                for (int i = 0; i < swaps; i++) {
                    swapped += turn(api, "promote", "promoted");
                }
                for (int i = 0; i < flips; i++) {
                    flipped += turn(api, "rollback", "rolled-back");
                }
            } finally {
                stop.set(true);
                for (Thread client : clients) {
                    client.join();
                }
            }
            report.say(
                    "%,d requests over %d swaps and %d flips; %d versions answered",
                    asked.get(), swapped, flipped, bases.size());
            faults.stream().limit(5).forEach(fault -> report.say("%s", fault));
            report.atLeast("hot-swaps", swapped, "of-" + swaps, swaps);
            report.atLeast("canary-flips", flipped, "of-" + flips, flips);
            report.atMost("requests-lost", (double) lost.get(), "requests", 0);
            report.atMost("answers-not-of-their-version", (double) wrong.get(), "answers", 0);
        }
    }

    private void register(Api api) throws IOException, InterruptedException {
        int base = 10 * bases.size();
        // Known before the first request can meet it.
        bases.put(Integer.toString(bases.size() + 1), base);
        String label = api.register("swapped", OnnxBytes.table(base, base + 1, base + 2));
        require(Integer.toString(bases.size()), label);
    }

    /** A release that meets traffic and then goes as a person says; answers 1 where it went there. */
    private int turn(Api api, String action, String end) throws IOException, InterruptedException {
        register(api);
        api.release("swapped");
        api.await("swapped", List.of("canary"));
        long until = asked.get() + 200;
        while (asked.get() < until) {
            LockSupport.parkNanos(1_000_000);
        }
        api.steer("swapped", action);
        return api.end("swapped").equals(end) ? 1 : 0;
    }

    private void ask(Api api, AtomicBoolean stop) {
        for (int n = 0; !stop.get(); n++) {
            int x = n % 3;
            byte[] body = ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[" + x + "]}]}")
                    .getBytes(StandardCharsets.UTF_8);
            try {
                HttpResponse<byte[]> answer = api.send("POST", "/v2/models/swapped/infer", body);
                asked.incrementAndGet();
                if (answer.statusCode() != 200) {
                    lost.incrementAndGet();
                    faults.add(answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
                } else {
                    check(answer, x);
                }
            } catch (IOException e) {
                lost.incrementAndGet();
                faults.add(e.toString());
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private void check(HttpResponse<byte[]> answer, int x) {
        JsonNode body = Json.parse(answer.body());
        String version = body.path("model_version").asString();
        double value = body.path("outputs").path(0).path("data").path(0).asDouble();
        Integer base = bases.get(version);
        boolean named =
                answer.headers().firstValue("x-pilothouse-version").orElse("").equals(version);
        if (!named || base == null || value != base + x) {
            wrong.incrementAndGet();
            faults.add("asked " + x + ": " + new String(answer.body(), StandardCharsets.UTF_8));
        }
    }

    private static void require(String wanted, String found) {
        if (!wanted.equals(found)) {
            throw new IllegalStateException("Expected '" + wanted + "', found '" + found + "'");
        }
    }
}
