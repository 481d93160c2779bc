package dev.pilothouse.bench.pay;

import dev.pilothouse.platform.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * The simulated provider as a process of its own, on the class path of the benchmark. Its models cost
 * what {@link #PRICES} says. Thread-safe.
 */
final class Simulator implements AutoCloseable {
    /** A cheap model, and a dear one at ten times its price. */
    static final String MINI = "bench-mini";

    static final String LARGE = "bench-large";
    /** A model without a price, which no gateway of ours is told of. */
    static final String DIRECT = "bench-direct";

    /**
     * Prices as the overlay format has them, so low that an agent without a history stays below what the breaker lets it spend
     * while it learns, at any rate that this machine reaches.
     */
    static final String PRICES = """
            prices:
              - {provider: sim, model: bench-mini, usd-per-million: {input: 0.003, output: 0.012}}
              - {provider: sim, model: bench-large, usd-per-million: {input: 0.03, output: 0.12}}
            """;

    private static final String READY = "ready ";
    private static final int PAGE = 10_000;

    private final Process process;
    private final String address;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Simulator(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /**
     * Starts one on a free port.
     *
     * @param lines how many calls the invoice keeps one by one; later ones are in its sums only
     * @param controls how it answers, as JSON; {@code {}} for at once
     */
    static Simulator start(Path scratch, int lines, String controls) throws IOException {
        Path config = Files.writeString(scratch.resolve("simulator.json"), """
                {"max-lines": %d, "controls": %s, "models": {
                  "bench-direct": {},
                  "bench-mini": {"prices": {"input": 3000000, "output": 12000000}},
                  "bench-large": {"prices": {"input": 30000000, "output": 120000000}}}}
                """.formatted(lines, controls));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+UseSerialGC",
                        "-Xmx1g",
                        "-Dio.netty.leakDetection.level=disabled",
                        "dev.pilothouse.simulators.llm.Main",
                        "--config=" + config,
                        "--threads=1")
                .redirectErrorStream(true)
                .start();
        var lineReader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = lineReader.readLine();
        var said = new ArrayList<String>();
        while (line != null && !line.startsWith(READY)) {
            said.add(line);
            line = lineReader.readLine();
        }
        if (line == null) {
            throw new IOException("The simulator ended before it was ready: " + String.join("\n", said));
        }
        Thread.ofVirtual().start(() -> drain(lineReader));
        return new Simulator(process, line.substring(READY.length()).strip());
    }

    private static void drain(BufferedReader reader) {
        try (reader) {
            reader.lines().forEach(_ -> {});
        } catch (IOException | UncheckedIOException _) {
            // It ended.
        }
    }

    /** Where it listens, without a path. */
    String address() {
        return address;
    }

    /** Begins a new invoice. */
    void reset() throws IOException, InterruptedException {
        ask(HttpRequest.newBuilder(URI.create(address + "/sim/reset"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    /** The invoice's sums. */
    JsonNode invoice() throws IOException, InterruptedException {
        return ask(HttpRequest.newBuilder(URI.create(address + "/sim/invoice")).build());
    }

    /** Waits until no call is open, some seconds at most; answers the invoice's sums. */
    JsonNode closedInvoice(int seconds) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            JsonNode invoice = invoice();
            long open = 0;
            for (var model : invoice.path("models").properties()) {
                open += model.getValue().path("open").longValue();
            }
            if (open == 0 || System.nanoTime() > deadline) {
                return invoice;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** Hands over the invoice's lines, in their order. */
    void lines(Consumer<JsonNode> taker) throws IOException, InterruptedException {
        long last = -1;
        boolean more = true;
        while (more) {
            JsonNode page = ask(
                    HttpRequest.newBuilder(URI.create(address + "/sim/invoice/lines?after=" + last + "&limit=" + PAGE))
                            .build());
            page.path("data").forEach(taker);
            last = page.path("last").longValue();
            more = page.path("has_more").booleanValue();
        }
    }

    private JsonNode ask(HttpRequest request) throws IOException, InterruptedException {
        var answer = http.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw new IOException(request.uri() + " answered " + answer.statusCode());
        }
        return Json.parse(answer.body());
    }

    @Override
    public void close() {
        http.close();
        process.destroy();
    }
}
