package dev.pilothouse.run.guards;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Counts and times what a guard does on one way, in the program's metrics. Thread-safe. */
final class GuardMeter {
    /** From a microsecond to four seconds, each twice the one before. */
    private static final Duration[] BUCKETS = new Duration[23];

    static {
        for (int i = 0; i < BUCKETS.length; i++) {
            BUCKETS[i] = Duration.ofNanos(1_000L << i);
        }
    }

    /**
     * What a guard did on one way since this server started, or since it was declared here.
     *
     * @param checked requests or answers that it looked at
     * @param flagged those in which the worst that it found was only told
     * @param redacted those in which it replaced something
     * @param blocked those that it blocked
     * @param p50 what half of the looks took at most, in microseconds: the bound of a bucket, of which each is twice the one before
     * @param p99 the same of 99 in 100
     */
    record Measured(long checked, long flagged, long redacted, long blocked, long p50, long p99) {}

    private final Timer time;
    private final Counter flagged;
    private final Counter redacted;
    private final Counter blocked;

    /**
     * A meter.
     *
     * @param side {@code input} or {@code output}
     */
    GuardMeter(MeterRegistry registry, String tenant, String guard, String side) {
        this.time = Timer.builder("pilothouse.guard")
                .description("Requests and answers that a guard looked at, and how long it took for each")
                .tags("tenant", tenant, "guard", guard, "side", side)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        this.flagged = counter(registry, "flagged", "in which a guard found what is only told", tenant, guard, side);
        this.redacted = counter(registry, "redacted", "in which a guard replaced something", tenant, guard, side);
        this.blocked = counter(registry, "blocked", "that a guard blocked", tenant, guard, side);
    }

    private static Counter counter(
            MeterRegistry registry, String name, String what, String tenant, String guard, String side) {
        return Counter.builder("pilothouse.guard." + name)
                .description("Requests and answers " + what)
                .tags("tenant", tenant, "guard", guard, "side", side)
                .register(registry);
    }

    /**
     * Counts a request or an answer.
     *
     * @param worst what was done about the worst that was found; null where nothing was
     * @param nanos how long the guard looked
     */
    void count(@Nullable Action worst, long nanos) {
        time.record(nanos, TimeUnit.NANOSECONDS);
        switch (worst) {
            case DETECT -> flagged.increment();
            case REDACT -> redacted.increment();
            case BLOCK -> blocked.increment();
            case null -> {}
        }
    }

    Measured measured() {
        CountAtBucket[] buckets = time.takeSnapshot().histogramCounts();
        return new Measured(
                time.count(),
                (long) flagged.count(),
                (long) redacted.count(),
                (long) blocked.count(),
                quantile(buckets, 0.5),
                quantile(buckets, 0.99));
    }

    /** The bound of the first bucket that holds so large a part of all looks, and 0 where there was none. */
    private long quantile(CountAtBucket[] buckets, double part) {
        double wanted = part * time.count();
        if (wanted == 0) {
            return 0;
        }
        for (CountAtBucket bucket : buckets) {
            if (bucket.count() >= wanted) {
                return (long) bucket.bucket(TimeUnit.MICROSECONDS);
            }
        }
        return (long) time.max(TimeUnit.MICROSECONDS);
    }
}
