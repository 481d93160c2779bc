package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.replicas.Lease;
import dev.pilothouse.platform.replicas.LeaseError;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Tenure;
import dev.pilothouse.platform.store.Accompanied;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.gateway.Gateway;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Level-triggered: each round stores what was counted, sets the gateway's splits from what is stored, and lets each rollout whose
 * lease is this server's take one step. It holds nothing that the store does not, so that it can be killed at any instant.
 */
final class RolloutReconciler implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RolloutReconciler.class);
    private static final Duration BETWEEN_ROUNDS = Duration.ofMillis(200);
    /** How long a rollout waits for the server that moved it until another one goes on. */
    private static final Duration TURN = Duration.ofSeconds(3);

    private final Store store;
    private final Gateway gateway;
    private final Leases leases;
    private final String replica;
    private final Runnable counting;
    private final RolloutSteps steps;
    private final ScheduledExecutorService rounds = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("routing").factory());
    /** Leases of rollouts in motion, by their ids; of the thread that makes the rounds. */
    private final Map<String, Tenure> turns = new HashMap<>();

    private volatile Set<String> tenantsInMotion = Set.of();
    private Set<String> before = Set.of();

    /**
     * @param counting stores what was counted
     */
    RolloutReconciler(
            Store store, Gateway gateway, Leases leases, String replica, Runnable counting, RolloutSteps steps) {
        this.store = store;
        this.gateway = gateway;
        this.leases = leases;
        // One process takes its own leases up at once after a crash.
        this.replica = store.dialect() == Dialect.SQLITE ? "embedded" : replica;
        this.counting = counting;
        this.steps = steps;
    }

    void start() {
        var _ = rounds.scheduleWithFixedDelay(this::round, 0, BETWEEN_ROUNDS.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Makes a round begin now. */
    void wake() {
        rounds.execute(this::round);
    }

    /** Whether an alias of a tenant is split. */
    boolean isInMotion(String tenant) {
        return tenantsInMotion.contains(tenant);
    }

    void round() {
        try {
            List<RouteRollout> moving = store.read(SqlRollouts::moving);
            Set<String> ids = moving.stream().map(RouteRollout::id).collect(Collectors.toUnmodifiableSet());
            if (!before.isEmpty() || !ids.isEmpty()) {
                counting.run();
            }
            if (!ids.containsAll(before)) {
                // One has ended, perhaps by another server's hand, and may have made its candidate the one that
                // answers.
                gateway.reload();
            }
            before = ids;
            tenantsInMotion = moving.stream().map(RouteRollout::tenant).collect(Collectors.toUnmodifiableSet());
            gateway.splits().set(moving.stream().map(RouteRollout::split).toList());
            moving.forEach(this::step);
            end(ids);
        } catch (RuntimeException e) {
            log.warn("A round of the rollouts of aliases failed and is repeated", e);
        }
    }

    private void step(RouteRollout rollout) {
        Tenure turn = turns.computeIfAbsent(rollout.id(), id -> new Tenure(leases, "rollout/" + id, replica, TURN));
        Optional<Lease> lease = turn.hold();
        if (lease.isEmpty()) {
            return;
        }
        try {
            if (Accompanied.call(lease.get()::check, () -> steps.take(rollout))) {
                wake();
            }
        } catch (PilothouseException e) {
            if (e.code() == LeaseError.LEASE_LOST) {
                turn.lost();
            } else if (e.code() != CommonError.CONFLICT) {
                log.info("The rollout of {} could not take its step and tries again: {}", rollout.alias(), e.detail());
            }
        } catch (Exception e) {
            log.warn("The rollout of {} could not take its step and tries again", rollout.alias(), e);
        }
    }

    private void end(Set<String> moving) {
        turns.entrySet().removeIf(turn -> {
            boolean over = !moving.contains(turn.getKey());
            if (over) {
                turn.getValue().end();
            }
            return over;
        });
    }

    /** Ends after the round in progress. */
    @Override
    public void close() {
        rounds.shutdown();
        try {
            if (rounds.awaitTermination(10, TimeUnit.SECONDS)) {
                turns.values().forEach(Tenure::release);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
