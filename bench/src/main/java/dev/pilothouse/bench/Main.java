package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.pay.PayBenchmarks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Runs one benchmark by name; with {@code --strict} it ends with code 1 where a figure falls short of its goal. */
final class Main {
    private static final List<Benchmark> ALL = Stream.concat(
                    Stream.of(
                            new FloorsBenchmark(),
                            new LedgerBenchmark(),
                            new CanaryBenchmark(),
                            new ConsoleBenchmark(),
                            new KillsBenchmark(),
                            new MixedBenchmark(),
                            new ServingBenchmark(),
                            new StartBenchmark(),
                            new SwapsBenchmark(),
                            new TrackingBenchmark()),
                    PayBenchmarks.all().stream())
            .toList();

    private Main() {}

    public static void main(String[] args) throws Exception {
        if (args.length == 0 || args[0].equals("--list")) {
            ALL.forEach(one -> System.out.printf("%-10s %s%n", one.name(), one.about()));
            return;
        }
        Benchmark benchmark = ALL.stream()
                .filter(one -> one.name().equals(args[0]))
                .findFirst()
                .orElse(null);
        if (benchmark == null) {
            System.err.println("There is no benchmark '" + args[0] + "'."
                    + dev.pilothouse.kernel.Nearest.hint(
                            args[0], ALL.stream().map(Benchmark::name).toList()));
            System.exit(2);
            return;
        }
        // One that is ended from outside leaves no server, peer or load running.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroy),
                        "end-of-children"));
        Path scratch = Files.createTempDirectory("pilothouse-bench-");
        var report = new Report(benchmark.name(), System.out);
        try {
            benchmark.run(scratch, Arrays.asList(args).subList(1, args.length), report);
        } finally {
            delete(scratch);
        }
        report.finish(Path.of("bench", "results"), InstantSource.system());
        System.exit(Arrays.asList(args).contains("--strict") && !report.allReached() ? 1 : 0);
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
