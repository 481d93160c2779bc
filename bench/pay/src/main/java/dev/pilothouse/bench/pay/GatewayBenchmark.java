package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.measure.Wrk;
import dev.pilothouse.cli.machine.ServerMemory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Speed of the gateway with authentication, budgets of five scopes, usage records and metrics, in front of the simulated provider
 * in its instant mode, beside Portkey and LiteLLM in front of the same: requests a second at 10 and 50 connections, what is added
 * to a direct call on one connection, and memory. Load tool, gateway and provider share the machine. The rounds alternate;
 * figures are medians, ratios are of each round's pair. {@code --rounds N} and {@code --seconds N} change how often and how
 * long, {@code --no-peers} leaves the others out, {@code --mib N} starts the server with
 * {@code pilot up --memory Nm}.
 */
final class GatewayBenchmark implements Benchmark {
    private static final int FEW = 10;
    private static final int MANY = 50;
    private static final int STREAMS = 2_000;
    /** Rounds' lengths before the first round, at either number of connections. */
    private static final int WARM_UP = 3;

    private static final long PLENTY = 1_000_000_000_000_000L;
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = body(Simulator.MINI);
    private static final String STREAM = stream(Simulator.MINI);
    /** Of another model, so that the invoice tells what came through the gateway. */
    private static final String DIRECT = body(Simulator.DIRECT);

    private static final String DIRECT_STREAM = stream(Simulator.DIRECT);
    private static final Map<String, String> JSON = Map.of("content-type", "application/json");

    private static String body(String model) {
        return "{\"model\":\"" + model + "\",\"max_tokens\":64,\"messages\":[{\"role\":\"system\",\"content\":"
                + "\"You are a terse assistant.\"},{\"role\":\"user\",\"content\":\"Where is the harbour light?\"}]}";
    }

    private static String stream(String model) {
        return "{\"stream\":true," + body(model).substring(1);
    }

    private int rounds;
    private int seconds;

    @Override
    public String name() {
        return "gateway";
    }

    @Override
    public String about() {
        return "the gateway of language models beside Portkey and LiteLLM: requests a second, what it adds, lost records, memory";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        rounds = Arguments.number(arguments, "--rounds", 3);
        seconds = Arguments.number(arguments, "--seconds", 10);
        if (!Wrk.isThere()) {
            report.note("skipped: wrk is not installed (Debian: wrk)");
            report.atLeast("gateway-10", Double.NaN, "req/s", 10_000);
            return;
        }
        try (var simulator = Simulator.start(scratch, 0, "{}");
                var program = program(scratch, Arguments.number(arguments, "--mib", 0))) {
            direct(scratch, simulator, report);
            var server = program.serve(scratch.resolve("state"));
            var api = Api.of(server);
            var ours = ours(server, new GatewaySetup(api), simulator);
            // As long as Java still compiles, which takes part of the two processors.
            Wrk.post(scratch, ours.url(), BODY, ours.headers(), FEW, WARM_UP * seconds);
            Wrk.post(scratch, ours.url(), BODY, ours.headers(), MANY, WARM_UP * seconds);
            boolean alone = arguments.contains("--no-peers");
            List<PeerGateway> peers = alone ? List.of() : PeerGateway.installed(scratch, simulator, report);
            Map<String, List<Double>> ratios =
                    compare(scratch, ours, server.process().toHandle(), peers, report);
            if (!alone) {
                over(PeerGateway.PORTKEY, "gateway-over-portkey", ratios, report);
                over(PeerGateway.LITELLM, "gateway-over-litellm", ratios, report);
            }
            added(scratch, ours, simulator, report);
            report.atMost("gateway-lost-records", (double) Records.lost(api, simulator, report), "records", 0);
            memory(server.process().pid(), report);
        }
    }

    private static Program program(Path scratch, int mib) {
        return mib == 0 ? new Program(scratch) : Program.within(ServerMemory.parse(mib + "m"), scratch);
    }

    /** Where load goes. */
    private record Target(String url, Map<String, String> headers) {}

    private void direct(Path scratch, Simulator simulator, Report report) throws IOException, InterruptedException {
        String url = simulator.address() + CHAT;
        Wrk.post(scratch, url, DIRECT, JSON, MANY, seconds);
        Wrk.Load load = Wrk.post(scratch, url, DIRECT, JSON, MANY, seconds);
        report.say("%-12s %4s %10s %9s %9s %6s", "server", "conn", "req/s", "p50 ms", "p99 ms", "bad");
        say(report, "direct", MANY, load);
        report.atLeast("simulator-direct", load.rate(), "req/s", 40_000);
    }

    private static Target ours(Program.Server server, GatewaySetup setup, Simulator simulator)
            throws IOException, InterruptedException {
        setup.provider(simulator, List.of(Simulator.MINI));
        var key = setup.key("bench");
        setup.budget("all", "organisation:default", "day", PLENTY);
        setup.budget("of-key", "key:" + key.id(), "day", PLENTY);
        setup.budget("of-agent", "agent:bench-agent", "day", PLENTY);
        setup.budget("of-session", "session:bench-session", "total", PLENTY);
        setup.budget("of-tag", "tag:bench-tag", "month", PLENTY);
        var headers = new HashMap<>(GatewaySetup.SCOPES);
        headers.putAll(JSON);
        headers.put("authorization", "Bearer " + key.secret());
        return new Target(server.address() + CHAT, headers);
    }

    private static void over(String peer, String figure, Map<String, List<Double>> ratios, Report report) {
        report.atLeast(figure, Percentiles.median(ratios.getOrDefault(peer, List.of())), "x", 5);
    }

    /** How many times each peer's rate ours was, by round. */
    private Map<String, List<Double>> compare(
            Path scratch, Target ours, ProcessHandle process, List<PeerGateway> peers, Report report)
            throws IOException, InterruptedException {
        var few = new ArrayList<Double>();
        var many = new ArrayList<Double>();
        var p99 = new ArrayList<Double>();
        var cpu = new ArrayList<Double>();
        Map<String, List<Double>> theirs = new HashMap<>();
        Map<String, List<Double>> ratios = new HashMap<>();
        for (int round = 0; round < rounds; round++) {
            Wrk.Load at10 = Wrk.post(scratch, ours.url, BODY, ours.headers, FEW, seconds);
            say(report, "pilothouse", FEW, at10);
            Duration before = process.info().totalCpuDuration().orElse(Duration.ZERO);
            Wrk.Load at50 = Wrk.post(scratch, ours.url, BODY, ours.headers, MANY, seconds);
            say(report, "pilothouse", MANY, at50);
            few.add(at10.rate());
            many.add(at50.rate());
            p99.add(at50.p99());
            Duration used =
                    process.info().totalCpuDuration().orElse(Duration.ZERO).minus(before);
            cpu.add(used.toNanos() / 1e3 / at50.answers());
            for (PeerGateway peer : peers) {
                try (var running = peer.start()) {
                    Wrk.post(scratch, running.url(), DIRECT, running.headers(), FEW, seconds);
                    Wrk.Load load = Wrk.post(scratch, running.url(), DIRECT, running.headers(), FEW, seconds);
                    say(report, peer.name(), FEW, load);
                    theirs.computeIfAbsent(peer.name(), _ -> new ArrayList<>()).add(load.rate());
                    ratios.computeIfAbsent(peer.name(), _ -> new ArrayList<>()).add(at10.rate() / load.rate());
                } catch (IOException e) {
                    report.note("no round of " + peer.name() + ": " + e.getMessage());
                }
            }
        }
        double portkey = Percentiles.median(theirs.getOrDefault(PeerGateway.PORTKEY, List.of()));
        report.beside("gateway-10", Percentiles.median(few), "req/s", Report.Goal.AT_LEAST, 10_000, portkey);
        report.atLeast("gateway-50", Percentiles.median(many), "req/s", 13_000);
        report.say(
                "at %d connections: p99 %.2f ms, %.0f us of processor time of the gateway for each request",
                MANY, Percentiles.median(p99), Percentiles.median(cpu));
        return ratios;
    }

    /** The same load on one connection, directly and through the gateway. */
    private void added(Path scratch, Target ours, Simulator simulator, Report report)
            throws IOException, InterruptedException {
        String direct = simulator.address();
        var p50 = new ArrayList<Double>();
        var p99 = new ArrayList<Double>();
        var first = new ArrayList<Double>();
        for (int round = 0; round < rounds; round++) {
            Wrk.Load without = Wrk.post(scratch, direct + CHAT, DIRECT, JSON, 1, seconds);
            Wrk.Load with = Wrk.post(scratch, ours.url, BODY, ours.headers, 1, seconds);
            say(report, "direct", 1, without);
            say(report, "pilothouse", 1, with);
            p50.add(with.p50() - without.p50());
            p99.add(with.p99() - without.p99());
            Percentiles streamedDirectly = FirstToken.of(URI.create(direct + CHAT), DIRECT_STREAM, JSON, STREAMS);
            Percentiles streamed = FirstToken.of(URI.create(ours.url), STREAM, ours.headers, STREAMS);
            report.say(
                    "first token of a stream: p50 %.3f ms, p99 %.3f ms; directly %.3f ms, %.3f ms",
                    streamed.millis(.5),
                    streamed.millis(.99),
                    streamedDirectly.millis(.5),
                    streamedDirectly.millis(.99));
            first.add(streamed.millis(.5) - streamedDirectly.millis(.5));
        }
        report.atMost("gateway-added-p50", Percentiles.median(p50), "ms", 0.8);
        report.atMost("gateway-added-p99", Percentiles.median(p99), "ms", 5);
        report.atMost("gateway-added-ttft", Percentiles.median(first), "ms", 1);
    }

    private static void memory(long pid, Report report) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        report.say(
                "of its memory, %.0f MiB are the process' own at the end, the rest is pages of files",
                mebibytes(process.resolve("smaps_rollup"), "Private_Dirty:"));
        report.atMost("gateway-peak-rss", mebibytes(process.resolve("status"), "VmHWM:"), "MiB", 256);
    }

    private static double mebibytes(Path file, String name) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(Double.NaN);
    }

    private static void say(Report report, String who, int connections, Wrk.Load load) {
        report.say(
                "%-12s %4d %10.0f %9.3f %9.3f %6d",
                who, connections, load.perSecond(), load.p50(), load.p99(), load.bad());
    }
}
