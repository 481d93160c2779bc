package dev.pilothouse.run.fleet;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.fleet.Fleet.Status;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All replicas of one name. Changes happen one after the other; reading never waits. */
final class Supervised {
    private final String name;
    private final Lines lines;
    private final Function<ProcessSpec, Replica> starter;
    private final Duration linger;
    private final List<Replica> replicas = new CopyOnWriteArrayList<>();
    private final List<Thread> lingering = new CopyOnWriteArrayList<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private @Nullable ProcessSpec spec;
    private volatile @Nullable Replica starting;
    private volatile @Nullable String startError;

    Supervised(String name, Lines lines, Function<ProcessSpec, Replica> starter, Duration linger) {
        this.name = name;
        this.lines = lines;
        this.starter = starter;
        this.linger = linger;
    }

    Lines lines() {
        return lines;
    }

    /**
     * Brings the replicas to the spec: each new one is started and ready before its predecessor ends. Blocks.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link FleetError#START_FAILED}; what ran before still runs
     */
    synchronized Status apply(ProcessSpec wanted) {
        if (wanted.equals(spec) && replicas.size() == wanted.replicas()) {
            return status();
        }
        boolean sameProgram =
                spec != null && spec.withReplicas(wanted.replicas()).equals(wanted);
        for (int i = 0; i < wanted.replicas(); i++) {
            if (i < replicas.size() && sameProgram) {
                continue;
            }
            Replica fresh = starter.apply(wanted);
            starting = fresh;
            if (stopping.getCount() == 0) {
                fresh.stop();
            }
            try {
                fresh.firstReady().join();
            } catch (CompletionException e) {
                fresh.stop();
                if (e.getCause() instanceof PilothouseException refusal) {
                    startError = refusal.detail();
                    throw refusal;
                }
                throw e;
            }
            if (i < replicas.size()) {
                retire(replicas.set(i, fresh));
            } else {
                replicas.add(fresh);
            }
        }
        while (replicas.size() > wanted.replicas()) {
            retire(replicas.removeLast());
        }
        spec = wanted;
        startError = null;
        return status();
    }

    private void retire(Replica replica) {
        Thread thread = Thread.ofVirtual().unstarted(() -> {
            try {
                boolean _ = stopping.await(linger.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                replica.stop();
                lingering.remove(Thread.currentThread());
            }
        });
        lingering.add(thread);
        thread.start();
    }

    Status status() {
        List<URI> addresses =
                replicas.stream().flatMap(replica -> replica.address().stream()).toList();
        int restarts = replicas.stream().mapToInt(Replica::restarts).sum();
        Optional<String> lastError = replicas.stream()
                .flatMap(replica -> replica.lastError().stream())
                .reduce((first, second) -> second)
                .or(() -> Optional.ofNullable(startError));
        return new Status(name, state(), addresses, restarts, lastError);
    }

    /** The state of the replica that is worst off. */
    private String state() {
        List<String> states = replicas.stream().map(Replica::state).toList();
        for (String worst : List.of("crash-looping", "backing-off", "starting", "stopped")) {
            if (states.contains(worst)) {
                return worst;
            }
        }
        if (states.isEmpty()) {
            return startError == null && stopping.getCount() > 0 ? "starting" : "stopped";
        }
        return "ready";
    }

    /** Ends all replicas, those lingering too. Blocks. */
    void stop() {
        stopping.countDown();
        Replica half = starting;
        if (half != null) {
            // Lets a start that is under way end at once, and with it the change that holds the lock.
            half.stop();
        }
        stopAll();
    }

    private synchronized void stopAll() {
        List<Thread> all = new ArrayList<>(lingering);
        for (Replica replica : replicas) {
            all.add(Thread.ofVirtual().start(replica::stop));
        }
        for (Thread thread : all) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        lines.close();
    }
}
