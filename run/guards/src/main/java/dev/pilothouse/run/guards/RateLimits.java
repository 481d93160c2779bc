package dev.pilothouse.run.guards;

import dev.pilothouse.run.guards.GuardPolicy.Limits;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Rates of requests and tokens, by the generic cell rate algorithm (ITU-T I.371, annex A) on a clock that never goes back: what a
 * limit allows in a minute may come at once, and comes back evenly. Tokens are known only when an answer is whole, so that a call
 * is admitted while anything is left, and may leave a debt that later calls wait for. Of this server; thread-safe.
 */
final class RateLimits {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();
    /** Rates kept at a time; those that are full again are forgotten beyond it. */
    private static final int MOST_RATES = 100_000;

    private final LongSupplier ticker;
    private final long origin;
    /** By tenant, guard, what is counted and whose: when all of it is back, in nanoseconds since the origin. */
    private final ConcurrentMap<List<String>, AtomicLong> due = new ConcurrentHashMap<>();

    RateLimits(LongSupplier ticker) {
        this.ticker = ticker;
        this.origin = ticker.getAsLong();
    }

    private long now() {
        return ticker.getAsLong() - origin;
    }

    /** The rates of a limit. */
    List<Rate> rates(String tenant, String guard, Limits limits, String whose) {
        var rates = new ArrayList<Rate>();
        if (limits.requests() > 0) {
            rates.add(rate(List.of(tenant, guard, "requests", whose), limits.requests(), guard, true));
        }
        if (limits.tokens() > 0) {
            rates.add(rate(List.of(tenant, guard, "tokens", whose), limits.tokens(), guard, false));
        }
        return rates;
    }

    private Rate rate(List<String> name, long limit, String guard, boolean requests) {
        if (due.size() >= MOST_RATES) {
            long now = now();
            due.values().removeIf(at -> at.get() <= now);
        }
        return new Rate(this, due.computeIfAbsent(name, _ -> new AtomicLong()), limit, guard, requests);
    }

    /**
     * Takes one request from each rate of requests, or none from any.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link GuardError#RATE_LIMITED}
     */
    static void admit(List<Rate> rates) {
        for (int i = 0; i < rates.size(); i++) {
            Rate rate = rates.get(i);
            long wait = rate.take();
            if (wait > 0) {
                rates.subList(0, i).forEach(Rate::giveBack);
                throw GuardError.RATE_LIMITED
                        .because("The guard '" + rate.guard + "' allows " + rate.limit
                                + (rate.requests ? " requests" : " tokens")
                                + " a minute, and they are used up. Nothing was sent or charged; come again in "
                                + seconds(wait) + " s.")
                        .retryIn(Duration.ofSeconds(seconds(wait)));
            }
        }
    }

    private static long seconds(long nanos) {
        return Math.max(1, (nanos + 999_999_999) / 1_000_000_000);
    }

    /** What is left of a limit. */
    static final class Rate {
        private final RateLimits of;
        private final AtomicLong due;
        private final long limit;
        private final String guard;
        private final boolean requests;

        Rate(RateLimits of, AtomicLong due, long limit, String guard, boolean requests) {
            this.of = of;
            this.due = due;
            this.limit = limit;
            this.guard = guard;
            this.requests = requests;
        }

        private long each() {
            return MINUTE / limit;
        }

        /** Takes a request, or sees whether tokens are left; gives how long to wait, 0 where it was taken. */
        private long take() {
            long now = of.now();
            long cost = requests ? each() : 0;
            while (true) {
                long at = due.get();
                long next = Math.max(at, now) + cost;
                long wait = next - now - MINUTE + (requests ? 0 : each());
                if (wait > 0) {
                    return wait;
                }
                if (due.compareAndSet(at, next)) {
                    return 0;
                }
            }
        }

        private void giveBack() {
            if (requests) {
                due.addAndGet(-each());
            }
        }

        /** Charges tokens. */
        void charge(long tokens) {
            if (!requests) {
                long now = of.now();
                // No debt of one call is longer than an hour.
                long cost = Math.min(tokens, 60 * limit) * each();
                due.updateAndGet(at -> Math.max(at, now) + cost);
            }
        }

        boolean isOfRequests() {
            return requests;
        }

        long limit() {
            return limit;
        }

        /** Requests or tokens that are left now, 0 or more. */
        long remaining() {
            return Math.max(0, (MINUTE - untilFull().toNanos()) / each());
        }

        /** When all of it is back. */
        Duration untilFull() {
            return Duration.ofNanos(Math.max(0, due.get() - of.now()));
        }
    }

    /** The limits that count for one call. Thread-safe. */
    record Rates(List<Rate> rates, InstantSource clock) {
        /** Nothing is limited. */
        static final Rates NONE = new Rates(List.of(), InstantSource.system());

        /** Charges tokens, in and out together. */
        void charge(long tokens) {
            rates.forEach(rate -> rate.charge(tokens));
        }

        /** Tells what is left, of several limits the one with the least left. */
        void addTo(Map<String, String> headers, boolean anthropic) {
            for (boolean requests : new boolean[] {true, false}) {
                rates.stream()
                        .filter(rate -> rate.isOfRequests() == requests)
                        .min(Comparator.comparingLong(Rate::remaining))
                        .ifPresent(rate -> {
                            String of = requests ? "requests" : "tokens";
                            String prefix = anthropic ? "anthropic-ratelimit-" + of + "-" : "x-ratelimit-";
                            String suffix = anthropic ? "" : "-" + of;
                            headers.put(prefix + "limit" + suffix, Long.toString(rate.limit()));
                            headers.put(prefix + "remaining" + suffix, Long.toString(rate.remaining()));
                            headers.put(
                                    prefix + "reset" + suffix,
                                    anthropic ? instant(rate.untilFull()) : wait(rate.untilFull()));
                        });
            }
        }

        private String instant(Duration until) {
            Instant at = clock.instant().plus(until);
            return at.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1).toString();
        }

        private static String wait(Duration until) {
            return until.toMinutes() > 0
                    ? until.toMinutes() + "m" + until.toSecondsPart() + "s"
                    : String.format(Locale.ROOT, "%d.%03ds", until.toSecondsPart(), until.toMillisPart());
        }
    }
}
