package dev.pilothouse.run.probes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Front door of probes in this process. Thread-safe. */
public final class Probes {
    /** Probes under way at any time. */
    public static final int MOST_UNDER_WAY = 32;

    /** Results of a provider that are remembered: of half an hour, where nothing else is said. */
    public static final int MOST_KEPT = 180;

    /** The part of the time between two probes by which it may be shorter or longer. */
    private static final double JITTER = 0.1;

    private record Key(String tenant, String provider) {}

    /** Told when a provider's state changes. */
    public interface Told {
        /** It answers, or answers no more; also with its first probe. */
        void changed(ProviderState state);
    }

    /** One provider's turn. Its times are guarded by {@link Probes}. */
    private static final class Turn {
        private Probed probed;
        private final ArrayDeque<ProviderState.Result> course = new ArrayDeque<>();
        private long due;
        private long asked;
        private boolean underWay;

        Turn(Probed probed, long due) {
            this.probed = probed;
            this.due = due;
        }

        private void ended(ProviderState.Result result) {
            if (course.size() == MOST_KEPT) {
                course.removeFirst();
            }
            course.addLast(result);
        }
    }

    private final LongSupplier nanoTime;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Told told;
    private final Map<Key, ProviderState> states = new ConcurrentHashMap<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private Map<Key, Turn> turns = Map.of();

    /**
     * Probes of nobody.
     *
     * @param nanoTime as {@link System#nanoTime}
     * @param random says when the first probe of each is due
     */
    public Probes(LongSupplier nanoTime, InstantSource clock, RandomGenerator random, Told told) {
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.random = random;
        this.told = told;
    }

    /** Makes these the providers that are asked; one that is asked otherwise from now on begins anew. */
    public synchronized void set(List<Probed> all) {
        var next = new HashMap<Key, Turn>();
        for (Probed probed : all) {
            var key = new Key(probed.tenant(), probed.provider());
            Turn known = turns.get(key);
            if (known != null && known.probed.probe().equals(probed.probe())) {
                // Its address or key may be another one.
                known.probed = probed;
                next.put(key, known);
            } else {
                long first = (long) (probed.probe().every().toNanos() * random.nextDouble());
                next.put(key, new Turn(probed, nanoTime.getAsLong() + first));
            }
        }
        turns = next;
        states.keySet().retainAll(next.keySet());
    }

    /** Asks those whose turn it is; to be called several times a second. */
    public synchronized void look() {
        long now = nanoTime.getAsLong();
        for (Turn turn : turns.values()) {
            if (!turn.underWay && now - turn.due >= 0 && underWay.get() < MOST_UNDER_WAY) {
                double part = 1 + JITTER * (2 * random.nextDouble() - 1);
                turn.due = now + (long) (turn.probed.probe().every().toNanos() * part);
                turn.asked = now;
                turn.underWay = true;
                underWay.incrementAndGet();
                ask(turn);
            }
        }
    }

    private void ask(Turn turn) {
        Probed probed = turn.probed;
        try {
            var _ = probed.ask()
                    .get()
                    .orTimeout(probed.probe().timeout().toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((status, fault) -> ended(turn, probed, status, fault));
        } catch (RuntimeException fault) {
            ended(turn, probed, null, fault);
        }
    }

    private void ended(Turn turn, Probed probed, @Nullable Integer status, @Nullable Throwable fault) {
        underWay.decrementAndGet();
        var key = new Key(probed.tenant(), probed.provider());
        ProviderState state;
        boolean changed;
        synchronized (this) {
            turn.underWay = false;
            if (turns.get(key) != turn) {
                return;
            }
            ProviderState before = states.get(key);
            Instant now = clock.instant();
            String why = status == null ? words(fault, probed.probe().timeout()) : words(status);
            changed = before == null || before.isUp() != why.isEmpty();
            Instant since = before == null || changed ? now : before.since();
            turn.ended(
                    new ProviderState.Result(now, why.isEmpty(), Duration.ofNanos(nanoTime.getAsLong() - turn.asked)));
            state = new ProviderState(
                    probed.tenant(), probed.provider(), why.isEmpty(), since, now, why, List.copyOf(turn.course));
            states.put(key, state);
        }
        if (changed) {
            told.changed(state);
        }
    }

    private static String words(int status) {
        return status >= 200 && status < 300 ? "" : "It answered " + status + ".";
    }

    private static String words(@Nullable Throwable fault, Duration timeout) {
        return fault instanceof TimeoutException
                ? "It did not answer within " + timeout.toSeconds() + " s."
                : "It cannot be reached.";
    }

    /** Whether a provider's last probe failed. */
    public boolean isDown(String tenant, String provider) {
        if (states.isEmpty()) {
            return false;
        }
        ProviderState state = states.get(new Key(tenant, provider));
        return state != null && !state.isUp();
    }

    /** What is known of a provider; empty before its first probe, and where it has none. */
    public Optional<ProviderState> state(String tenant, String provider) {
        return Optional.ofNullable(states.get(new Key(tenant, provider)));
    }

    /** What is known of all. */
    public List<ProviderState> states() {
        return List.copyOf(states.values());
    }
}
