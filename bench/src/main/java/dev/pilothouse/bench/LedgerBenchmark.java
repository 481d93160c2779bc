package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.measure.Waits;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import dev.pilothouse.trust.ledger.SealedEntry;
import dev.pilothouse.trust.transparency.NoteKey;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Ledger entries a second: 64 callers that wait, each append a unit of its own with one state row, until the entries are
 * numbered and under a signed head; beside them a reader that asks for proofs 200 ms after an entry was appended. Medians of
 * three rounds.
 */
final class LedgerBenchmark implements Benchmark {
    private static final int ROUNDS = 3;
    private static final int CALLERS = 64;
    private static final Duration ROUND = Duration.ofSeconds(8);
    private static final long PROOF_AFTER_MILLIS = 200;

    @Override
    public String name() {
        return "ledger";
    }

    @Override
    public String about() {
        return "ledger entries a second, each with a state row in a unit of its own; proofs 200 ms after";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        report.note("durability: store synchronous=FULL (group commit)");
        append(scratch, report);
    }

    /** Measures and reports units and numbered entries a second. */
    static void append(Path scratch, Report report) throws Exception {
        InstantSource clock = InstantSource.system();
        Ids ids = Ids.secure(clock);
        Caller caller = Caller.system("bench", "ledger");
        double[] units = new double[ROUNDS];
        double[] numbered = new double[ROUNDS];
        double[] p99 = new double[ROUNDS];
        var proofs = new Proofs(new AtomicLong(), new AtomicLong());
        report.say("%-8s %14s %18s %10s %10s", "round", "units/s", "entries/s signed", "p50 ms", "p99 ms");
        for (int round = 0; round < ROUNDS; round++) {
            Path folder = scratch.resolve("store-" + round);
            try (var store = Stores.open(
                            StoreConfig.in(folder),
                            List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS, new Migrations("bench")));
                    var journal = new Journal(store);
                    var ledger = Ledger.open(
                            store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock)) {
                var done = new AtomicLong();
                var last = new AtomicReference<>("");
                var waits = new Waits();
                var measuring = new AtomicBoolean();
                var reader = Thread.ofVirtual().start(() -> readProofs(ledger, last, proofs));
                long start = parallel(CALLERS, ROUND, measuring, stop -> {
                    while (!stop.get()) {
                        long before = System.nanoTime();
                        String id = ids.next();
                        SealedEntry entry = ledger.seal(new LedgerEntry(
                                caller,
                                "bench.changed",
                                "bench/" + id,
                                Json.object().put("state", "ready").put("n", "1")));
                        last.set(store.writeAndWait(tx -> {
                            SqlBenchState.insert(tx, "bench", id, "ready", before);
                            return ledger.append(tx, entry);
                        }));
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
                reader.interrupt();
                reader.join();
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
        report.say("%d proofs asked for under load", proofs.asked.get());
        report.atLeast(
                "proofs-readable-after-200ms",
                100.0 * proofs.readable.get() / Math.max(1, proofs.asked.get()),
                "%",
                100);
    }

    private record Proofs(AtomicLong asked, AtomicLong readable) {}

    /** Over and over: takes the entry appended last, waits 200 ms, reads its proof and checks it against its signed head. */
    private static void readProofs(Ledger ledger, AtomicReference<String> last, Proofs proofs) {
        NoteKey key = ledger.key();
        try {
            while (true) {
                String id = last.get();
                TimeUnit.MILLISECONDS.sleep(PROOF_AFTER_MILLIS);
                if (id.isEmpty()) {
                    continue;
                }
                proofs.asked.incrementAndGet();
                try {
                    if (ledger.proof("bench", id).holds(key)) {
                        proofs.readable.incrementAndGet();
                    }
                } catch (PilothouseException _) {
                    // Not there yet, which is what is counted.
                }
            }
        } catch (InterruptedException _) {
            // The round is over.
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
}
