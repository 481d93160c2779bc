package dev.pilothouse.bench;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.ColumnsConfig;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.columns.Signal;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.Durability;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentLog;
import dev.pilothouse.platform.store.Leases;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import dev.pilothouse.trust.ledger.SealedEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What the floors bear: store units a second (one state row and one ledger entry each, 64 callers that wait), ledger entries
 * numbered and signed a second, column points a second beside a running query, and the wait of an append to the usage log
 * at 10,000 a second. Each figure is the median of three rounds.
 */
final class FloorsBenchmark implements Benchmark {
    private static final int ROUNDS = 3;
    private static final int CALLERS = 64;
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
        store(scratch, report);
        columns(scratch, report);
        usageLog(scratch, report);
    }

    private static void store(Path scratch, Report report) throws Exception {
        InstantSource clock = InstantSource.system();
        Ids ids = Ids.secure(clock);
        Caller caller = Caller.system("bench", "floors");
        double[] units = new double[ROUNDS];
        double[] numbered = new double[ROUNDS];
        double[] p99 = new double[ROUNDS];
        report.say("%-8s %14s %18s %10s %10s", "round", "units/s", "entries/s signed", "p50 ms", "p99 ms");
        for (int round = 0; round < ROUNDS; round++) {
            Path folder = scratch.resolve("store-" + round);
            try (var store = Stores.open(
                            StoreConfig.in(folder),
                            List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS, new Migrations("bench")));
                    var journal = new Journal(store);
                    var ledger = Ledger.open(
                            store, journal, new Leases(store, clock), KeyFolder.open(folder.resolve("keys")), clock)) {
                var done = new AtomicLong();
                var waits = new Waits();
                var measuring = new AtomicBoolean();
                long start = parallel(CALLERS, ROUND, measuring, stop -> {
                    while (!stop.get()) {
                        long before = System.nanoTime();
                        String id = ids.next();
                        SealedEntry entry = ledger.seal(new LedgerEntry(
                                caller,
                                "bench.changed",
                                "bench/" + id,
                                Json.object().put("state", "ready").put("n", "1")));
                        store.writeAndWait(tx -> {
                            SqlBenchState.insert(tx, "bench", id, "ready", before);
                            return ledger.append(tx, entry);
                        });
                        if (measuring.get()) {
                            done.incrementAndGet();
                            waits.add(System.nanoTime() - before);
                        }
                    }
                });
                double seconds = (System.nanoTime() - start) / 1e9;
                units[round] = done.get() * 1000.0 / ROUND.toMillis();
                long all = store.read(SqlBenchState::count);
                while (journal.size() < all) {
                    LockSupport.parkNanos(1_000_000);
                }
                double total = (System.nanoTime() - start) / 1e9;
                numbered[round] = units[round] * seconds / total;
                var percentiles = waits.percentiles();
                p99[round] = percentiles.millis(.99);
                report.say(
                        "%-8d %14.0f %18.0f %10.2f %10.2f",
                        round + 1, units[round], numbered[round], percentiles.millis(.5), p99[round]);
            }
        }
        report.atLeast("store-units", Percentiles.median(units), "units/s", 20_000);
        report.atLeast("ledger-entries", Percentiles.median(numbered), "entries/s", 20_000);
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

    /** What one caller does until told to stop. */
    private interface Work {
        void run(AtomicBoolean stop);
    }

    /** Runs callers with two seconds of warm-up, then for the measured time; answers when measuring began. */
    private static long parallel(int callers, Duration measured, AtomicBoolean measuring, Work work)
            throws InterruptedException {
        var stop = new AtomicBoolean();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < callers; i++) {
            threads.add(Thread.ofVirtual().start(() -> work.run(stop)));
        }
        Thread.sleep(2_000);
        long start = System.nanoTime();
        measuring.set(true);
        Thread.sleep(measured);
        measuring.set(false);
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        return start;
    }

    /** Durations added by many threads. */
    private static final class Waits {
        private long[] nanos = new long[1 << 16];
        private int count;

        synchronized void add(long wait) {
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, count * 2);
            }
            nanos[count++] = wait;
        }

        synchronized Percentiles percentiles() {
            return new Percentiles(Arrays.copyOf(nanos, count));
        }
    }
}
