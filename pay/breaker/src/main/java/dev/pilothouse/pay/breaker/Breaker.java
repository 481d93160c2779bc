package dev.pilothouse.pay.breaker;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.notify.Channel;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.trust.ledger.Ledger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Front door of the economic circuit breaker. A call first asks {@link #admit}, then {@link #start}s with its ceiling and
 * settles with what it cost. Twice a second each server takes what its calls cost, tells the others, and judges all agents that
 * spend; so an agent is paused on the server that sees it within half a second and on all within one and a half. Thread-safe;
 * what calls ask and tell does no I/O and waits for nothing.
 *
 * <p>After a restart windows are empty, while baselines and pauses are as they were.
 */
public final class Breaker implements AutoCloseable {
    /** Where the tables come from; the store also needs those of the ledger, the notifications and the leases. */
    public static final Migrations MIGRATIONS = new Migrations("breaker");

    /** What is declared of agents whose baseline is still being learnt. Thread-safe; asked twice a second, so it does no I/O. */
    @FunctionalInterface
    public interface Ceilings {
        /** Nothing is declared. */
        Ceilings NONE = (_, _) -> OptionalLong.empty();

        /** Nano-USD per minute that an agent may spend; empty for the setting of all. */
        OptionalLong of(String tenant, String agent);
    }

    private static final Logger log = LoggerFactory.getLogger(Breaker.class);
    private static final long TICK_MILLIS = 500;
    private static final int LATCHES_SHOWN = 20;
    private static final Admission ALLOWED = new Admission.Allowed();

    private final BreakerConfig config;
    private final Ceilings ceilings;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final long origin;
    private final Store store;
    private final Gauges gauges;
    private final Pauses pauses;
    private final Exchange exchange;
    private final Learner learner;
    /** Guards models, and what is read of the database until it applies here. */
    private final ReentrantLock lock = new ReentrantLock();

    private final ScheduledExecutorService ticking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("breaker").factory());

    /**
     * Opens the breaker of a store with {@link #MIGRATIONS}; pauses that hold apply from now on.
     *
     * @param replica this server among those of the store
     * @param channels where a tenant wants to be told of its agents' pauses; asked inside a unit, so it does no I/O
     */
    public Breaker(
            Store store,
            Replica replica,
            Leases leases,
            Ledger ledger,
            Notifications notifications,
            Function<String, List<Channel>> channels,
            Ceilings ceilings,
            BreakerConfig config,
            InstantSource clock) {
        this(
                store,
                replica,
                leases,
                ledger,
                Notices.by(notifications, channels),
                ceilings,
                config,
                clock,
                System::nanoTime);
        var _ = ticking.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The same with another monotonic time in nanoseconds, and without ticking by itself. */
    Breaker(
            Store store,
            Replica replica,
            Leases leases,
            Ledger ledger,
            Notices notices,
            Ceilings ceilings,
            BreakerConfig config,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.store = store;
        this.config = config;
        this.ceilings = ceilings;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
        this.gauges = new Gauges(config, this::gauge);
        this.pauses = new Pauses(store, ledger, notices, replica.id());
        this.exchange = new Exchange(store, replica, gauges, pauses);
        this.learner = new Learner(store, replica, leases, gauges, config);
        learner.load(second(), localSecond());
        exchange.begin(clock.instant());
    }

    private Gauge gauge(String tenant, String agent) {
        return new Gauge(tenant, agent, config.traceCalls(), new BurnModel(config, second(), localSecond()), second());
    }

    private long second() {
        return (nanoTime.getAsLong() - origin) / 1_000_000_000;
    }

    private long localSecond() {
        Instant now = clock.instant();
        return now.getEpochSecond() + config.zone().getRules().getOffset(now).getTotalSeconds();
    }

    /** Whether an agent may make a call now. */
    public Admission admit(String tenant, String agent) {
        Gauge gauge = gauges.find(tenant, agent);
        if (gauge == null) {
            return ALLOWED;
        }
        Latch latch = gauge.latch();
        return latch == null ? ALLOWED : new Admission.Paused(latch);
    }

    /**
     * A call begins that was admitted. Until it ends, it counts with the part of its ceiling that calls of this agent usually
     * cost, so that many parallel dear calls pause the agent before the first of them ends.
     *
     * @param ceilingNanoUsd what it can cost at most; not negative
     */
    public Flight start(String tenant, String agent, long ceilingNanoUsd) {
        if (ceilingNanoUsd < 0) {
            throw new IllegalArgumentException("A ceiling is not negative: " + ceilingNanoUsd);
        }
        return new Flight(gauges.of(tenant, agent), ceilingNanoUsd);
    }

    /**
     * A call has ended that was not {@link #start}ed.
     *
     * @param nanoUsd what it cost; not negative
     * @param at when it ended, for people; it counts as spent now
     */
    public void spent(String tenant, String agent, long nanoUsd, Instant at) {
        gauges.of(tenant, agent).add(SettledCall.of(nanoUsd, at), 0);
    }

    /** Takes what calls cost, tells other servers, hears of them, and judges. */
    void tick() {
        lock.lock();
        try {
            long second = second();
            long local = localSecond();
            attempt("look for what new agents usually spend", () -> learner.find(second, local));
            exchange.take(second, local);
            // What is spent here is judged also while the database is away.
            attempt("exchange what agents spend", () -> exchange.exchange(clock.instant(), second));
            exchange.spending().forEach(this::judge);
            attempt("write pauses", exchange::write);
            attempt("store what agents usually spend", () -> learner.store(clock.instant(), second));
            gauges.makeRoom(second - Exchange.IDLE_SECONDS);
        } catch (RuntimeException e) {
            log.warn("Agents could not be judged; the next try is in {} ms", TICK_MILLIS, e);
        } finally {
            lock.unlock();
        }
    }

    private static void attempt(String what, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            log.warn("The breaker could not {}; the next try is in {} ms", what, TICK_MILLIS, e);
        }
    }

    private void judge(Gauge gauge) {
        if (gauge.latch() != null) {
            return;
        }
        Exchange.InFlight flying = Exchange.inFlight(gauge);
        long ceiling = ceilings.of(gauge.tenant, gauge.agent).orElse(config.learningCeilingNanoUsdPerMinute());
        gauge.model.judge(flying.nanoUsd(), flying.dearestNanoUsd(), ceiling).ifPresent(excess -> {
            // Here at once; for all, and for good, as soon as the database takes it.
            gauge.latch(new Latch(
                    gauge.tenant,
                    gauge.agent,
                    Latch.UNWRITTEN,
                    Instant.ofEpochMilli(clock.millis()),
                    Exchange.PART,
                    excess.sentence(),
                    excess.burnNanoUsdPerMinute(),
                    excess.predictedNanoUsdPerMinute(),
                    excess.levelNanoUsdPerMinute(),
                    Optional.empty()));
            gauge.model.pause();
        });
    }

    /** A tenant's agents that this server has heard of, by name. */
    public List<AgentState> agents(String tenant) {
        lock.lock();
        try {
            return gauges.of(tenant).stream()
                    .map(Breaker::state)
                    .sorted(Comparator.comparing(AgentState::name))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    private static AgentState state(Gauge gauge) {
        return new AgentState(
                gauge.agent,
                gauge.model.burnNanoUsdPerMinute(),
                gauge.model.predictedNanoUsdPerMinute(),
                gauge.model.isLearning(),
                gauge.model.watchedHours(),
                Optional.ofNullable(gauge.latch()));
    }

    /**
     * All of one agent.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND where this server has not heard of it
     */
    public AgentState.Detail agent(String tenant, String agent) {
        AgentState state;
        List<Long> curve;
        List<SettledCall> trace;
        lock.lock();
        try {
            Gauge gauge = gauges.own(tenant, agent);
            if (gauge == null) {
                throw CommonError.NOT_FOUND.because("There is no agent '" + agent + "' that has made a call.");
            }
            state = state(gauge);
            curve = Arrays.stream(gauge.model.curve()).boxed().toList();
            trace = gauge.trace();
        } finally {
            lock.unlock();
        }
        long number = state.latch().map(Latch::number).orElse(Latch.UNWRITTEN);
        return store.read(tx -> new AgentState.Detail(
                state,
                curve,
                number == Latch.UNWRITTEN
                        ? trace
                        : Traces.read(SqlBreakerStore.traces(tx, tenant, agent, number), config.traceCalls()),
                SqlBreakerStore.latches(tx, tenant, agent, LATCHES_SHOWN)));
    }

    /**
     * Pauses an agent, which need not have made a call yet. One that is paused stays so.
     *
     * @return the pause that holds
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN unless a person with the role APPROVER asks; INVALID without a
     *     reason
     */
    public Latch pause(Caller by, String agent, String reason) {
        Pauses.checkPerson(by);
        Pauses.checkReason(reason);
        if (agent.isBlank() || agent.length() > Gauges.LONGEST_NAME) {
            throw CommonError.INVALID.because(
                    "An agent's name has 1 to " + Gauges.LONGEST_NAME + " characters; this is none.");
        }
        lock.lock();
        try {
            Gauge gauge = gauges.paused(by.tenant(), agent);
            Latch latch = pauses.begin(
                    by,
                    new Latch(
                            by.tenant(),
                            agent,
                            Latch.UNWRITTEN,
                            Instant.ofEpochMilli(clock.millis()),
                            by.name(),
                            reason,
                            gauge.model.burnNanoUsdPerMinute(),
                            gauge.model.isLearning() ? 0 : gauge.model.predictedNanoUsdPerMinute(),
                            0,
                            Optional.empty()),
                    gauge.trace());
            gauge.latch(latch);
            gauge.model.pause();
            return latch;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends an agent's pause. Its windows begin empty, so that what was spent before does not pause it again.
     *
     * @param number of the latch that the caller has seen
     * @param accept whether its burn at that time is usual from now on: the prediction is not below it for a week, in which the
     *     baseline learns it
     * @return the pause that held
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN unless a person with the role APPROVER asks; INVALID without a
     *     reason; {@link BreakerError#NOT_PAUSED}; {@link BreakerError#OTHER_LATCH}
     */
    public Latch resume(Caller by, String agent, long number, String reason, boolean accept) {
        lock.lock();
        try {
            Latch latch = pauses.end(by, agent, number, reason, accept, Instant.ofEpochMilli(clock.millis()));
            Gauge gauge = gauges.own(by.tenant(), agent);
            if (gauge != null) {
                exchange.resumed(gauge);
                if (accept) {
                    gauge.model.accept(latch.burnNanoUsdPerMinute());
                }
            }
            return latch;
        } finally {
            lock.unlock();
        }
    }

    /** Tells and stores what is left. */
    @Override
    public void close() {
        crash();
        tick();
        attempt("take back what this server told", exchange::end);
        attempt("let another server learn", learner::close);
    }

    /** Stops as a crash would, for tests: nothing more is told or stored. */
    void crash() {
        ticking.shutdown();
        try {
            if (!ticking.awaitTermination(5, TimeUnit.SECONDS)) {
                ticking.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
