package dev.pilothouse.pay.breaker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** An agent in simulated time, with a model that judges it. Times are seconds since a Monday, 0:00. For one thread. */
final class Life {
    static final int HOUR = 3_600;
    static final int DAY = 24 * HOUR;
    static final int WEEK = 7 * DAY;
    /** 1970-01-05, a Monday. */
    static final long MONDAY = 4L * DAY;

    static final long CEILING = 1_000_000_000_000L;

    final BurnModel model;
    final SplittableRandom random;
    /** Times at which the agent was paused; it is resumed at once. */
    final List<Double> latches = new ArrayList<>();

    private final ToDoubleFunction<Double> callsPerSecond;
    private final ToLongFunction<SplittableRandom> cost;
    private final ToLongFunction<SplittableRandom> callsPerBurst;
    private double at;
    private long hour;

    /**
     * @param callsPerSecond bursts a second at a time, at most one
     * @param callsPerBurst how many calls follow one another by two seconds
     */
    Life(
            long seed,
            ToDoubleFunction<Double> callsPerSecond,
            ToLongFunction<SplittableRandom> cost,
            ToLongFunction<SplittableRandom> callsPerBurst) {
        this.random = new SplittableRandom(seed);
        this.callsPerSecond = callsPerSecond;
        this.cost = cost;
        this.callsPerBurst = callsPerBurst;
        this.model = new BurnModel(BreakerConfig.STANDARD, 0, MONDAY);
    }

    /** Calls come independently and cost 0.002 to 0.006 USD. */
    static Life steady(long seed, double callsPerSecond) {
        return new Life(seed, _ -> callsPerSecond, random -> random.nextLong(2_000_000, 6_000_000), _ -> 1);
    }

    double now() {
        return at;
    }

    /** Goes on to a time. */
    void until(double end) {
        run(end, 1, 1, false);
    }

    /** Runs away from now on; the time from now to the latch, empty where none came. */
    Optional<Duration> runAway(double calls, double dearer, Duration atMost) {
        double from = at;
        int before = latches.size();
        run(at + atMost.toSeconds(), calls, dearer, true);
        return latches.size() == before
                ? Optional.empty()
                : Optional.of(Duration.ofMillis(Math.round((latches.getLast() - from) * 1_000)));
    }

    private void run(double end, double calls, double dearer, boolean toLatch) {
        while (at < end) {
            // Thinning (Lewis and Shedler, 1979) of a process as fast as the agent ever is within the next ten minutes.
            double most = 0;
            for (int ahead = 0; ahead <= 600; ahead += 60) {
                most = Math.max(most, callsPerSecond.applyAsDouble(at + ahead) * calls);
            }
            double step = most > 0 ? -Math.log(1 - random.nextDouble()) / most : 600;
            if (step >= 60) {
                at += 60;
                tick();
                continue;
            }
            at += step;
            tick();
            if (random.nextDouble() * most < callsPerSecond.applyAsDouble(at) * calls) {
                long burst = callsPerBurst.applyAsLong(random);
                for (long i = 0; i < burst; i++) {
                    at += i == 0 ? 0 : 2;
                    tick();
                    if (call(Math.round(cost.applyAsLong(random) * dearer)).isPresent() && toLatch) {
                        return;
                    }
                }
            }
        }
    }

    /** One call that ends now. */
    Optional<Excess> call(long nanoUsd) {
        model.add(Burn.of(nanoUsd));
        Optional<Excess> excess = model.judge(0, 0, CEILING);
        if (excess.isPresent()) {
            latches.add(at);
            model.pause();
            model.resume();
        }
        return excess;
    }

    /** Lets time pass without calls. */
    void pass(double seconds) {
        double end = at + seconds;
        while (at < end) {
            at = Math.min(end, at + 60);
            tick();
        }
    }

    private void tick() {
        for (; hour < (long) at / HOUR; hour++) {
            model.advance((hour + 1) * HOUR, MONDAY + (hour + 1) * HOUR);
        }
        model.advance((long) at, MONDAY + (long) at);
    }
}
