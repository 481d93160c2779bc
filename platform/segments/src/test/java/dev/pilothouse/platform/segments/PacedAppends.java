package dev.pilothouse.platform.segments;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures the wait of appends at a fixed rate, counted from the moment each was due, so that a stall counts for every
 * append it delayed. Not a test: {@code main [rate] [seconds] [WRITE|POWER] [folder]}.
 */
final class PacedAppends {
    private PacedAppends() {}

    public static void main(String[] args) throws Exception {
        int rate = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 10;
        Durability durability = Durability.valueOf(args.length > 2 ? args[2] : "WRITE");
        Path folder = args.length > 3 ? Path.of(args[3]) : Files.createTempDirectory("paced-appends");
        var record = new byte[200];
        SegmentConfig config = SegmentConfig.STANDARD.withDurability(durability);
        try (SegmentLog log = SegmentLog.open(folder, config, InstantSource.system())) {
            run(log, record, rate, 3);
            long[] waits = run(log, record, rate, seconds);
            Arrays.sort(waits);
            System.out.printf(
                    Locale.ROOT,
                    "%s %d appends/s: p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, longest %.3f ms, %s%n",
                    durability,
                    rate,
                    waits[waits.length / 2] / 1e6,
                    waits[(int) (waits.length * 0.99)] / 1e6,
                    waits[(int) (waits.length * 0.999)] / 1e6,
                    waits[waits.length - 1] / 1e6,
                    log.stats());
        }
    }

    private static long[] run(SegmentLog log, byte[] record, int rate, int seconds) {
        var waits = new long[rate * seconds];
        var done = new AtomicInteger();
        double period = 1e9 / rate;
        long start = System.nanoTime();
        for (int i = 0; i < waits.length; i++) {
            long due = start + (long) (i * period);
            // Sleeping only as long as is safe keeps the pace without taking the core that the log needs.
            while (due - System.nanoTime() > 0) {
                LockSupport.parkNanos(Math.max(1, due - System.nanoTime() - 60_000));
            }
            int index = i;
            var _ = log.append(record).whenComplete((_, _) -> {
                waits[index] = System.nanoTime() - due;
                done.incrementAndGet();
            });
        }
        while (done.get() < waits.length) {
            LockSupport.parkNanos(1_000_000);
        }
        return waits;
    }
}
