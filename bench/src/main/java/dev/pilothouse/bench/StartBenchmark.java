package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Footprint;
import dev.pilothouse.bench.measure.MlflowServer;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.measure.Venv;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How soon the packaged server is ready on a folder that has state, from the start of its process to the line that says so,
 * and how much memory it holds when nobody asks anything; beside it, in turn, MLflow's server on a folder that has its tables,
 * until it answers. Medians of seven starts.
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
        double[] theirSeconds = new double[STARTS];
        double[] theirMegabytes = new double[STARTS];
        Arrays.fill(theirSeconds, Double.NaN);
        Arrays.fill(theirMegabytes, Double.NaN);
        try (var program = new Program(scratch)) {
            report.note(
                    Files.isReadable(Path.of(System.getProperty("pilot.release"), "server.aot"))
                            ? "with the AOT cache that the build recorded"
                            : "without an AOT cache, since the build has recorded none");
            var first = program.serve(scratch.resolve("state"));
            program.pilot(first.environment(first.adminKey()), "keys", "create", "someone", "--role", "viewer")
                    .well("pilot keys create");
            program.end(first.process());
            Optional<Venv> mlflow = MlflowServer.installed(report);
            Path theirs = scratch.resolve("mlflow");
            if (mlflow.isPresent()) {
                MlflowServer.start(mlflow.get(), theirs).close();
            }
            report.say("%-12s %8s %8s", "start", "s", "MB");
            for (int i = 0; i < STARTS; i++) {
                long before = System.nanoTime();
                var server = program.serve(scratch.resolve("state"));
                seconds[i] = (System.nanoTime() - before) / 1e9;
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                megabytes[i] = Footprint.residentMegabytes(server.process().pid());
                program.end(server.process());
                report.say("%-12s %8.2f %8.0f", "pilothouse", seconds[i], megabytes[i]);
                if (mlflow.isPresent()) {
                    before = System.nanoTime();
                    try (var peer = MlflowServer.start(mlflow.get(), theirs)) {
                        theirSeconds[i] = (System.nanoTime() - before) / 1e9;
                        TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                        theirMegabytes[i] = peer.process().residentMegabytes();
                    }
                    report.say("%-12s %8.2f %8.0f", "mlflow", theirSeconds[i], theirMegabytes[i]);
                }
            }
        }
        report.beside(
                "start-to-ready",
                Percentiles.median(seconds),
                "s",
                Report.Goal.AT_MOST,
                1.5,
                Percentiles.median(theirSeconds));
        report.beside(
                "resident-when-idle",
                Percentiles.median(megabytes),
                "MB",
                Report.Goal.AT_MOST,
                350,
                Percentiles.median(theirMegabytes));
    }
}
