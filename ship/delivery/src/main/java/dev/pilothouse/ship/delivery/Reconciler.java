package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.replicas.Lease;
import dev.pilothouse.platform.replicas.LeaseError;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Tenure;
import dev.pilothouse.platform.store.Accompanied;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlServices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Level-triggered: each round stores what was counted, reads every service's desired state, brings endpoints and processes
 * nearer to it, and lets each release in motion take one step. It holds nothing that the store does not, so it can be killed
 * at any instant; the next round of the next process goes on. Of several replicas each serves, and the one that holds a
 * release's lease takes its steps: each transaction of a step begins with a look at the lease's epoch.
 */
final class Reconciler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
    private static final Duration IN_MOTION = Duration.ofMillis(200);
    private static final Duration AT_REST = Duration.ofSeconds(1);
    /** Other replicas may set releases in motion, whose weights are to be seen here within a second. */
    private static final Duration AT_REST_AMONG_OTHERS = Duration.ofMillis(300);
    /** How long a release waits for the replica that moved it until another goes on. */
    private static final Duration TURN = Duration.ofSeconds(3);

    private final Store store;
    private final Leases leases;
    private final String replica;
    private final Duration atRest;
    private final Counting counting;
    private final Deployment deployment;
    private final GateRuns gateRuns;
    private final Steps steps;
    private final Watchers watchers;
    private final Map<String, ServiceRow.View> known = new HashMap<>();
    /** Leases of releases in motion, by the releases' ids. */
    private final Map<String, Tenure> turns = new HashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private boolean awake;
    private boolean closed;
    private Optional<Thread> thread = Optional.empty();

    /** What each round begins with. */
    @FunctionalInterface
    interface Counting {
        /** Stores what was counted; answers whether anything was. */
        boolean record();
    }

    Reconciler(
            Store store,
            Leases leases,
            String replica,
            Counting counting,
            Deployment deployment,
            GateRuns gateRuns,
            Steps steps,
            Watchers watchers) {
        this.store = store;
        this.leases = leases;
        boolean alone = store.dialect() == Dialect.SQLITE;
        // One process takes its own leases up at once after a crash.
        this.replica = alone ? "embedded" : replica;
        this.atRest = alone ? AT_REST : AT_REST_AMONG_OTHERS;
        this.counting = counting;
        this.deployment = deployment;
        this.gateRuns = gateRuns;
        this.steps = steps;
        this.watchers = watchers;
    }

    /** Starts the rounds. */
    void start() {
        thread = Optional.of(Thread.ofVirtual().name("delivery-reconciler").start(this::run));
    }

    /** Makes the next round begin now. */
    void wake() {
        lock.lock();
        try {
            awake = true;
            woken.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (true) {
            boolean moving = true;
            try {
                moving = round();
            } catch (RuntimeException e) {
                LOG.warn("A round of the release reconciler failed and is repeated", e);
            }
            if (!rest(moving ? IN_MOTION : atRest)) {
                return;
            }
        }
    }

    /** Waits; false once closed. */
    private boolean rest(Duration time) {
        lock.lock();
        try {
            long left = time.toNanos();
            while (!awake && !closed && left > 0) {
                left = woken.awaitNanos(left);
            }
            awake = false;
            return !closed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * One round over all services.
     *
     * @return whether anything is in motion, so that the next round should come soon
     */
    boolean round() {
        boolean counted = counting.record();
        List<ServiceRow.View> views = read();
        boolean moving = false;
        Set<String> releases = new HashSet<>();
        for (ServiceRow.View view : views) {
            view.moving().ifPresent(release -> releases.add(release.id()));
            try {
                Deployment.Progress progress = deployment.reconcile(view);
                moving |= progress instanceof Deployment.Progress.Stuck
                        || view.moving().isPresent();
                if (view.moving().isPresent()) {
                    boolean changed = step(view, view.moving().get(), progress);
                    if (changed || counted) {
                        watchers.changed(view.row().tenant(), view.row().name());
                    }
                    if (changed) {
                        wake();
                    }
                }
            } catch (PilothouseException e) {
                // Somebody else moved it, or something is not available now; the next round reads it again.
                moving = true;
                if (e.code() != CommonError.CONFLICT) {
                    LOG.info(
                            "Service {} could not take its step and tries again: {}",
                            view.row().name(),
                            e.detail());
                }
            } catch (RuntimeException e) {
                // A fault with one service is not the others'.
                moving = true;
                LOG.warn(
                        "Service {} could not take its step and tries again",
                        view.row().name(),
                        e);
            }
        }
        deployment.removeOthers(views);
        gateRuns.keepOnly(releases);
        forgetTurns(releases);
        return moving;
    }

    /** Takes one step where it is this process's turn. */
    private boolean step(ServiceRow.View view, Release release, Deployment.Progress progress) {
        Tenure turn = turns.computeIfAbsent(release.id(), id -> new Tenure(leases, "release/" + id, replica, TURN));
        Optional<Lease> lease = turn.hold();
        if (lease.isEmpty()) {
            return false;
        }
        try {
            return Accompanied.call(lease.get()::check, () -> steps.take(view, release, progress));
        } catch (PilothouseException e) {
            if (e.code() == LeaseError.LEASE_LOST) {
                turn.lost();
            }
            throw e;
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void forgetTurns(Set<String> moving) {
        for (String release : List.copyOf(turns.keySet())) {
            if (!moving.contains(release)) {
                Tenure over = turns.get(release);
                if (over != null) {
                    over.end();
                }
                turns.remove(release);
            }
        }
    }

    /** Every service with its releases; those at rest are read again only when they changed. */
    private List<ServiceRow.View> read() {
        List<SqlServices.Head> heads = store.read(SqlServices::heads);
        var views = new ArrayList<ServiceRow.View>();
        Set<String> names = new HashSet<>();
        for (var head : heads) {
            String key = head.tenant() + "/" + head.name();
            names.add(key);
            ServiceRow.View view = known.get(key);
            if (view == null || head.moving() || view.row().revision() != head.revision()) {
                ServiceRow.View before = view;
                view = store.read(
                        tx -> SqlServices.view(tx, head.tenant(), head.name()).orElseThrow());
                known.put(key, view);
                if (before != null && !before.equals(view)) {
                    // Another replica may have moved it, or a person there.
                    watchers.changed(head.tenant(), head.name());
                }
            }
            views.add(view);
        }
        known.keySet().retainAll(names);
        return views;
    }

    /** Ends after the round in progress. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            woken.signalAll();
        } finally {
            lock.unlock();
        }
        thread.ifPresent(running -> {
            try {
                running.join(TimeUnit.SECONDS.toMillis(10));
                turns.values().forEach(Tenure::release);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
