package dev.pilothouse.platform.journal;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Prints units per second of a store: callers that each write one state row and one journal record per unit and wait,
 * beside a sequencer that numbers each 100 ms. Arguments: folder, seconds, callers, {@code platform} or {@code virtual}.
 */
final class StoreThroughput {
    private StoreThroughput() {}

    public static void main(String[] args) throws Exception {
        Path base = Path.of(args.length > 0 ? args[0] : "target");
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        int callers = args.length > 2 ? Integer.parseInt(args[2]) : 64;
        ThreadFactory threads = args.length > 3 && args[3].equals("platform")
                ? Thread.ofPlatform().factory()
                : Thread.ofVirtual().factory();
        Files.createDirectories(base);
        Path folder = Files.createTempDirectory(base, "bench");
        try (Store store = TestStore.sqlite(folder, "journal", "probe");
                Journal journal = new Journal(store)) {
            for (int round = 0; round < 3; round++) {
                round(store, journal, seconds, callers, threads);
            }
        }
    }

    private static void round(Store store, Journal journal, int seconds, int callers, ThreadFactory threads)
            throws Exception {
        var stop = new AtomicBoolean();
        var units = new AtomicLong();
        var numbered = new AtomicLong();
        var numbering = new AtomicLong();
        var ids = new Ids(InstantSource.system(), new Random(1));
        Thread sequencer = Thread.startVirtualThread(() -> {
            while (!stop.get()) {
                LockSupport.parkNanos(100_000_000);
                int some;
                do {
                    some = store.<Integer>writeAndWait(tx -> {
                        long start = System.nanoTime();
                        int n = journal.number(tx, 4096).size();
                        numbering.addAndGet(System.nanoTime() - start);
                        return n;
                    });
                    numbered.addAndGet(some);
                } while (some == 4096);
            }
        });
        List<Thread> all = new ArrayList<>();
        List<long[]> waits = new ArrayList<>();
        long writer = writerCpu();
        long process = processCpu();
        long start = System.nanoTime();
        for (int c = 0; c < callers; c++) {
            int seed = c;
            long[] samples = new long[100_000];
            waits.add(samples);
            Thread caller = threads.newThread(() -> {
                var random = new SplittableRandom(seed);
                int n = 0;
                while (!stop.get()) {
                    long at = System.nanoTime();
                    String id = ids.next();
                    byte[] leaf = new byte[400];
                    random.nextBytes(leaf);
                    byte[] hash = Arrays.copyOf(leaf, 32);
                    byte[] body = Arrays.copyOf(leaf, 200);
                    var record = new JournalRecord(
                            id,
                            "t",
                            "run.started",
                            "run/" + random.nextInt(Integer.getInteger("subjects", 10_000)),
                            1,
                            leaf,
                            hash,
                            body);
                    store.<Integer>writeAndWait(tx -> {
                        journal.append(tx, record);
                        return SqlProbeState.put(tx, id, "some state of this unit, not very long");
                    });
                    units.incrementAndGet();
                    samples[Math.min(n++, samples.length - 1)] = System.nanoTime() - at;
                }
            });
            all.add(caller);
            caller.start();
        }
        LockSupport.parkNanos(seconds * 1_000_000_000L);
        stop.set(true);
        for (Thread caller : all) {
            caller.join();
        }
        double took = (System.nanoTime() - start) / 1e9;
        sequencer.join();
        long[] sorted = waits.stream()
                .flatMapToLong(Arrays::stream)
                .filter(w -> w > 0)
                .sorted()
                .toArray();
        System.out.printf(
                "writer %.1f us cpu, process %.1f us cpu per unit; %.0f units/s, wait p50 %.2f ms p99 %.2f ms max %.1f ms, numbered %d at %.2f us%n",
                (writerCpu() - writer) / 1e3 / units.get(),
                (processCpu() - process) / 1e3 / units.get(),
                units.get() / took,
                sorted[sorted.length / 2] / 1e6,
                sorted[(int) (sorted.length * 0.99)] / 1e6,
                sorted[sorted.length - 1] / 1e6,
                numbered.get(),
                numbering.get() / 1e3 / Math.max(1, numbered.get()));
    }

    private static long processCpu() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getProcessCpuTime();
    }

    private static long writerCpu() {
        var threads = ManagementFactory.getThreadMXBean();
        for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null && info.getThreadName().equals("store-writer")) {
                return threads.getThreadCpuTime(info.getThreadId());
            }
        }
        return 0;
    }
}
