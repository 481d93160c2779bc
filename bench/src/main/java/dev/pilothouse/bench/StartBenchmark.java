package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How soon the packaged server is ready on a folder that has state, from the start of its process to the line that says so,
 * and how much memory it holds when nobody asks anything. Medians of seven starts.
 */
final class StartBenchmark implements Benchmark {
    private static final int STARTS = 7;
    private static final int SETTLE_SECONDS = 5;

    @Override
    public String name() {
        return "start";
    }

    @Override
    public String about() {
        return "server start to ready, and memory when idle";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        double[] seconds = new double[STARTS];
        double[] megabytes = new double[STARTS];
        try (var program = new Program(scratch)) {
            report.note(
                    Files.isReadable(Path.of(System.getProperty("pilot.release"), "server.aot"))
                            ? "with the AOT cache that the build recorded"
                            : "without an AOT cache, since the build has recorded none");
            var first = program.serve(scratch.resolve("state"));
            program.pilot(first.environment(first.adminKey()), "keys", "create", "someone", "--role", "viewer")
                    .well("pilot keys create");
            program.end(first.process());
            report.say("%-6s %8s %8s", "start", "s", "MB");
            for (int i = 0; i < STARTS; i++) {
                long before = System.nanoTime();
                var server = program.serve(scratch.resolve("state"));
                seconds[i] = (System.nanoTime() - before) / 1e9;
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                megabytes[i] = residentMegabytes(server.process().pid());
                program.end(server.process());
                report.say("%-6d %8.2f %8.0f", i + 1, seconds[i], megabytes[i]);
            }
        }
        report.atMost("start-to-ready", Percentiles.median(seconds), "s", 1.5);
        report.atMost("resident-when-idle", Percentiles.median(megabytes), "MB", 350);
    }

    /** Resident memory of a process; NaN where the system does not tell. */
    static double residentMegabytes(long pid) throws IOException {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        if (!Files.isReadable(status)) {
            return Double.NaN;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D+", "")) / 1024)
                .findFirst()
                .orElse(Double.NaN);
    }
}
