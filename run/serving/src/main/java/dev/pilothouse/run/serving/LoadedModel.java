package dev.pilothouse.run.serving;

import dev.pilothouse.run.openinference.ServedModel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A loaded model and who uses it: its endpoint and every request in flight hold it; the last to let go frees it. That is how a
 * swap loses no request. Thread-safe.
 */
final class LoadedModel {
    final ServedModel model;
    /** How long its last answers to the split took. */
    final RecentValues latencies = new RecentValues();
    /** By how much its last numeric answers missed their labels. */
    final RecentValues misses = new RecentValues();

    private final Executor closer;
    /** Holders; the endpoint is the first. 0 is final. */
    private final AtomicInteger holders = new AtomicInteger(1);
    /** Those of the holders that are lanes. */
    private final AtomicInteger lanes = new AtomicInteger();

    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    LoadedModel(ServedModel model, Executor closer) {
        this.model = model;
        this.closer = closer;
    }

    /** Holds the model; false where it is being freed and the caller must look the endpoint up again. */
    boolean hold() {
        int now = holders.get();
        while (now > 0) {
            int seen = holders.compareAndExchange(now, now + 1);
            if (seen == now) {
                return true;
            }
            now = seen;
        }
        return false;
    }

    /** A queue and threads of their own for this model, which is not freed before them; empty where it has none to give. */
    Optional<LoadedModel> lane() {
        if (!hold()) {
            return Optional.empty();
        }
        Optional<LoadedModel> lane = model.lane().map(own -> new LoadedModel(own, closer));
        if (lane.isEmpty()) {
            release();
        }
        lane.ifPresent(own -> {
            lanes.incrementAndGet();
            var _ = own.closed.thenRun(() -> {
                lanes.decrementAndGet();
                release();
            });
        });
        return lane;
    }

    /** Requests in flight. */
    int inFlight() {
        return holders.get() - 1 - lanes.get();
    }

    /** Lets go. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            // Joins threads, which an event loop must not.
            closer.execute(() -> {
                try {
                    model.close();
                } finally {
                    closed.complete(null);
                }
            });
        }
    }

    /** The endpoint lets go; completes once the last request has ended and the model is freed. */
    CompletableFuture<Void> retire() {
        release();
        return closed;
    }
}
