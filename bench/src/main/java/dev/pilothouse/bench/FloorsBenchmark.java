package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.measure.Waits;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.ColumnsConfig;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.columns.Signal;
import dev.pilothouse.platform.segments.Durability;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentLog;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * What the floors bear: store units a second (one state row and one ledger entry each, 64 callers that wait), ledger entries
 * numbered and signed a second, column points a second beside a running query, and the wait of an append to the usage log
 * at 10,000 a second. Each figure is the median of three rounds.
 */
final class FloorsBenchmark implements Benchmark {
    private static final int ROUNDS = 3;
    private static final Duration ROUND = Duration.ofSeconds(8);
    private static final int BATCH = 1_000;
    private static final int APPENDS_PER_SECOND = 10_000;

    @Override
    public String name() {
        return "floors";
    }

    @Override
    public String about() {
        return "store units/s, ledger entries/s, column points/s, wait of a usage-log append";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        report.note(
                "durability: store synchronous=FULL (group commit), columns and usage log WRITE, synced every 50 ms");
        LedgerBenchmark.append(scratch, report);
        columns(scratch, report);
        usageLog(scratch, report);
    }

    private static void columns(Path scratch, Report report) throws Exception {
        double[] points = new double[ROUNDS];
        double[] queries = new double[ROUNDS];
        report.say("%-8s %14s %14s %12s", "round", "points/s", "queries/s", "all there");
        for (int round = 0; round < ROUNDS; round++) {
            try (Columns columns = DuckColumns.open(
                    ColumnsConfig.in(scratch.resolve("columns-" + round)).eager(), InstantSource.system())) {
                columns.define(
                        new Signal(
                                "points",
                                List.of(
                                        new Signal.Column("series", Signal.Type.LONG),
                                        new Signal.Column("value", Signal.Type.DOUBLE))),
                        Duration.ofDays(1));
                long appended = 0;
                var asked = new AtomicInteger();
                var stop = new AtomicBoolean();
                Thread query = Thread.ofPlatform().start(() -> {
                    while (!stop.get()) {
                        columns.query(
                                        "bench",
                                        "SELECT series % 100, avg(value), count(*) FROM points GROUP BY 1",
                                        List.of(),
                                        Duration.ofSeconds(30))
                                .join();
                        asked.incrementAndGet();
                    }
                });
                long start = System.nanoTime();
                long end = start + ROUND.toNanos();
                long at = 1_700_000_000_000_000L;
                while (System.nanoTime() < end) {
                    var rows = new ArrayList<Columns.Row>(BATCH);
                    for (int i = 0; i < BATCH; i++) {
                        rows.add(new Columns.Row(at++, (long) (i % 500), i * 0.5));
                    }
                    append(columns, rows);
                    appended += BATCH;
                }
                columns.flush().join();
                double seconds = (System.nanoTime() - start) / 1e9;
                stop.set(true);
                query.join();
                Object found = columns.query("bench", "SELECT count(*) FROM points", List.of(), Duration.ofSeconds(30))
                        .join()
                        .rows()
                        .getFirst()
                        .getFirst();
                points[round] = appended / seconds;
                queries[round] = asked.get() / seconds;
                report.say(
                        "%-8d %14.0f %14.1f %12s",
                        round + 1,
                        points[round],
                        queries[round],
                        String.valueOf(found).equals(String.valueOf(appended)));
            }
        }
        report.atLeast("column-points", Percentiles.median(points), "points/s", 500_000);
    }

    /** Appends, waiting where the loader is behind, as a client that is told to come back does. */
    private static void append(Columns columns, List<Columns.Row> rows) {
        while (true) {
            try {
                columns.append("bench", "points", rows).join();
                return;
            } catch (java.util.concurrent.CompletionException e) {
                if (!(e.getCause() instanceof dev.pilothouse.kernel.PilothouseException refusal)
                        || !refusal.code().retryable()) {
                    throw e;
                }
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    private static void usageLog(Path scratch, Report report) throws Exception {
        for (Durability durability : Durability.values()) {
            double[] p99 = new double[ROUNDS];
            double[] rates = new double[ROUNDS];
            report.say("%-8s %14s %10s %10s %10s", durability, "appends/s", "p50 ms", "p99 ms", "max ms");
            for (int round = 0; round < ROUNDS; round++) {
                Path folder = scratch.resolve("usage-" + durability + round);
                try (SegmentLog log = SegmentLog.open(
                        folder, SegmentConfig.STANDARD.withDurability(durability), InstantSource.system())) {
                    var waits = new Waits();
                    byte[] record = new byte[200];
                    var pending = new AtomicInteger();
                    long start = System.nanoTime();
                    long count = APPENDS_PER_SECOND * ROUND.toSeconds();
                    for (long n = 0; n < count; n++) {
                        long due = start + n * 1_000_000_000L / APPENDS_PER_SECOND;
                        while (System.nanoTime() < due) {
                            LockSupport.parkNanos(Math.max(1, due - System.nanoTime() - 20_000));
                        }
                        long before = System.nanoTime();
                        pending.incrementAndGet();
                        var _ = log.append(record).whenComplete((_, _) -> {
                            waits.add(System.nanoTime() - before);
                            pending.decrementAndGet();
                        });
                    }
                    while (pending.get() > 0) {
                        LockSupport.parkNanos(100_000);
                    }
                    rates[round] = count / ((System.nanoTime() - start) / 1e9);
                    var percentiles = waits.percentiles();
                    p99[round] = percentiles.millis(.99);
                    report.say(
                            "%-8d %14.0f %10.3f %10.3f %10.3f",
                            round + 1, rates[round], percentiles.millis(.5), p99[round], percentiles.millis(1));
                }
            }
            if (durability == Durability.WRITE) {
                report.atLeast("usage-log-appends", Percentiles.median(rates), "appends/s", APPENDS_PER_SECOND * .999);
                report.atMost("usage-log-p99", Percentiles.median(p99), "ms", 1);
            }
        }
    }
}
