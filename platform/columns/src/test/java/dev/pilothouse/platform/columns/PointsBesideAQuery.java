package dev.pilothouse.platform.columns;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures points per second from append to visible while an aggregate runs all the time. Not a test: {@code main
 * [seconds] [folder]}.
 */
final class PointsBesideAQuery {
    private PointsBesideAQuery() {}

    public static void main(String[] args) throws Exception {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        Path folder = args.length > 1 ? Path.of(args[1]) : Files.createTempDirectory("points");
        var signal = new Signal(
                "points",
                List.of(new Signal.Column("series", Signal.Type.LONG), new Signal.Column("value", Signal.Type.DOUBLE)));
        try (DuckColumns columns = DuckColumns.open(ColumnsConfig.in(folder).eager(), InstantSource.system())) {
            columns.define(signal, Duration.ofDays(1));
            run(columns, 3);
            run(columns, seconds);
            System.out.println(columns.stats());
        }
    }

    private static void run(DuckColumns columns, int seconds) throws InterruptedException {
        var stop = new AtomicBoolean();
        var queries = new AtomicLong();
        Thread querier = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                columns.query(
                                "acme",
                                "SELECT series % 100, count(*), avg(value), max(value) FROM points GROUP BY 1",
                                List.of(),
                                Duration.ofSeconds(60))
                        .join();
                queries.incrementAndGet();
            }
        });
        var inFlight = new Semaphore(64);
        var refused = new AtomicLong();
        long rows = 0;
        long cpu = cpuNanos();
        long start = System.nanoTime();
        long end = start + seconds * 1_000_000_000L;
        while (System.nanoTime() < end) {
            inFlight.acquire();
            var batch = new ArrayList<Columns.Row>(1000);
            long at = InstantSource.system().millis() * 1000;
            for (int i = 0; i < 1000; i++) {
                batch.add(new Columns.Row(at + i, (long) i, i * 0.25));
            }
            var _ = columns.append("acme", "points", batch).whenComplete((_, failure) -> {
                if (failure != null) {
                    refused.incrementAndGet();
                }
                inFlight.release();
            });
            rows += 1000;
        }
        inFlight.acquire(64);
        columns.flush().join();
        double taken = (System.nanoTime() - start) / 1e9;
        stop.set(true);
        querier.join();
        System.out.printf(
                Locale.ROOT,
                "%.0f points/s appended and visible, %d queries in %.1f s beside them, %d batches refused, %.2f cores busy%n",
                (rows - refused.get() * 1000) / taken,
                queries.get(),
                taken,
                refused.get(),
                (cpuNanos() - cpu) / 1e9 / taken);
    }

    private static long cpuNanos() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime()
                : 0;
    }
}
