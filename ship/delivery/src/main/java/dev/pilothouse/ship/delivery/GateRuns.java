package dev.pilothouse.ship.delivery;

import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.releases.Release;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Gates that are being run in this process, beside the reconciler. A run that is lost with the process is started again:
 * the same digests give the same evidence. Used by one thread.
 */
final class GateRuns {
    private final Executor executor;
    private final Map<String, CompletableFuture<GateOutcome>> runs = new HashMap<>();

    GateRuns(Executor executor) {
        this.executor = executor;
    }

    /**
     * Starts a run, or looks at the one that was started.
     *
     * @return the outcome once there is one
     * @throws RuntimeException what the run threw; the next call starts it again
     */
    Optional<GateOutcome> outcome(Release release, int place, Supplier<GateOutcome> run) {
        String key = release.id() + "/" + place;
        var future = runs.get(key);
        if (future == null) {
            future = CompletableFuture.supplyAsync(run, executor);
            runs.put(key, future);
        }
        if (!future.isDone()) {
            return Optional.empty();
        }
        if (future.isCompletedExceptionally()) {
            runs.remove(key);
            if (future.exceptionNow() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IllegalStateException(future.exceptionNow());
        }
        return Optional.of(future.resultNow());
    }

    /** Forgets the runs of releases that are no longer in motion. */
    void keepOnly(Set<String> moving) {
        for (String key : new HashSet<>(runs.keySet())) {
            if (!moving.contains(key.substring(0, key.indexOf('/')))) {
                runs.remove(key);
            }
        }
    }
}
