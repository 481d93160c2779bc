package dev.pilothouse.pay.breaker;

import dev.pilothouse.platform.replicas.Lease;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.replicas.Tenure;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps baselines in the database. Every server hears of all spend and so learns all baselines; one of them, the holder of a
 * lease, stores them: lessons of the hour each second, what they came to each hour. For one thread, under the breaker's lock.
 */
final class Learner {
    private static final Duration TTL = Duration.ofSeconds(10);
    private static final Duration FORGOTTEN = Duration.ofDays(90);
    /** Below it, a name may be one that is never used again. */
    private static final int LEAST_CALLS = 3;

    private final Store store;
    private final Replica replica;
    private final Gauges gauges;
    private final BreakerConfig config;
    private final Tenure tenure;
    /** Since which second other servers are known to be over. */
    private final Map<String, Long> over = new HashMap<>();

    private long storedAt = Long.MIN_VALUE;
    private long sweptAt = Long.MIN_VALUE;

    Learner(Store store, Replica replica, Leases leases, Gauges gauges, BreakerConfig config) {
        this.store = store;
        this.replica = replica;
        this.gauges = gauges;
        this.config = config;
        this.tenure = new Tenure(leases, "breaker/learner", replica.id(), TTL);
    }

    /** Takes what is stored, as far as there is room. */
    void load(long second, long local) {
        for (SqlBreakerStore.Learnt learnt : store.read(tx -> SqlBreakerStore.learnt(tx, config.agents()))) {
            Gauge gauge = gauges.of(learnt.tenant(), learnt.agent());
            if (gauge.agent.equals(learnt.agent())) {
                load(gauge, learnt, second, local);
            }
        }
    }

    private void load(Gauge gauge, SqlBreakerStore.Learnt learnt, long second, long local) {
        gauge.model = new BurnModel(
                config,
                Baseline.parse(learnt.baseline()),
                learnt.lesson().map(Lesson::parse).orElseGet(() -> new Lesson(Math.floorDiv(local, 3_600L))),
                second,
                local);
        if (gauge.latch() != null) {
            gauge.model.pause();
        }
        gauge.loaded = true;
        gauge.stored = true;
    }

    /** Looks for what is stored of agents that are new here. */
    void find(long second, long local) {
        List<Gauge> unknown =
                gauges.all().stream().filter(gauge -> !gauge.loaded).toList();
        if (!unknown.isEmpty()) {
            List<SqlBreakerStore.Learnt> found = store.read(tx -> unknown.stream()
                    .flatMap(gauge -> SqlBreakerStore.learnt(tx, gauge.tenant, gauge.agent).stream())
                    .toList());
            unknown.forEach(gauge -> gauge.loaded = true);
            for (SqlBreakerStore.Learnt learnt : found) {
                Gauge gauge = gauges.own(learnt.tenant(), learnt.agent());
                if (gauge != null) {
                    load(gauge, learnt, second, local);
                }
            }
        }
    }

    /** Stores what was learnt, if this server is the one to do so. */
    void store(Instant now, long second) {
        if (second == storedAt) {
            return;
        }
        Optional<Lease> lease = tenure.hold();
        if (lease.isPresent()) {
            storedAt = second;
            store(lease.get(), gauges.all(), now, second);
        }
    }

    private void store(Lease lease, List<Gauge> all, Instant now, long second) {
        List<Gauge> news = all.stream()
                .filter(gauge -> gauge.taught || gauge.hourEnded)
                .filter(gauge -> gauge.stored || gauge.model.calls() >= LEAST_CALLS)
                .toList();
        boolean sweep = second - sweptAt >= TTL.toSeconds() || sweptAt == Long.MIN_VALUE;
        if (news.isEmpty() && !sweep) {
            return;
        }
        Set<Gauge> stored = store.writeAndWait(tx -> {
            lease.check(tx);
            if (sweep) {
                sweep(tx, now, second);
            }
            return news.stream()
                    .filter(gauge ->
                            gauge.stored || SqlBreakerStore.count(tx, gauge.tenant) < 2L * config.agentsPerTenant())
                    .peek(gauge -> {
                        if (!gauge.stored || gauge.hourEnded) {
                            SqlBreakerStore.learnt(tx, gauge.tenant, gauge.agent, gauge.model.baselineBytes(), now);
                        }
                        SqlBreakerStore.lesson(tx, gauge.tenant, gauge.agent, gauge.model.lessonBytes());
                    })
                    .collect(Collectors.toSet());
        });
        stored.forEach(gauge -> gauge.stored = true);
        for (Gauge gauge : all) {
            gauge.taught = false;
            gauge.hourEnded = false;
        }
        if (sweep) {
            sweptAt = second;
        }
    }

    /**
     * Forgets servers that are over, and agents that are not seen any more. Calls of a server that is over have ended; its rows
     * stay for a while, since it may only have been held up.
     */
    private void sweep(Tx tx, Instant now, long second) {
        Set<String> others = SqlBreakerStore.told(tx, replica.id()).stream()
                .map(SpendRow::server)
                .collect(Collectors.toSet());
        over.keySet().retainAll(others);
        for (String server : others) {
            if (!replica.isOver(tx, server)) {
                over.remove(server);
            } else if (second - over.computeIfAbsent(server, _ -> second) > Exchange.IDLE_SECONDS) {
                SqlBreakerStore.untell(tx, server);
            } else {
                SqlBreakerStore.land(tx, server);
            }
        }
        SqlBreakerStore.forget(tx, now.minus(FORGOTTEN));
    }

    /** Lets another server store at once. */
    void close() {
        tenure.release();
    }
}
