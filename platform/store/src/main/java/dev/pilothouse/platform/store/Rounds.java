package dev.pilothouse.platform.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Does in one round what many wish at once: while a round is under way, wishes gather for the next. For units on rows that all of
 * them change: of transactions of their own PostgreSQL refuses all but one of those that run at once, which each try again, and it
 * commits no more of them in a second than it would one after the other. Thread-safe.
 *
 * @param <W> what is wished
 * @param <R> what comes of it
 */
public final class Rounds<W, R> {
    private record Waiting<W, R>(W wish, CompletableFuture<R> done) {}

    private final int most;
    private final Function<List<W>, CompletableFuture<List<R>>> round;
    /** Guarded by this, as the next. */
    private final Deque<Waiting<W, R>> waiting = new ArrayDeque<>();

    private boolean underWay;

    /**
     * Rounds of a kind.
     *
     * @param most wishes of a round, at least 1; the others wait for the next
     * @param round does wishes, and tells what came of each, in their order; where it fails, all of its wishes have failed
     */
    public Rounds(int most, Function<List<W>, CompletableFuture<List<R>>> round) {
        if (most < 1) {
            throw new IllegalArgumentException("A round has at least 1 wish, not " + most);
        }
        this.most = most;
        this.round = round;
    }

    /**
     * Wishes something of a round that has not begun yet.
     *
     * @return completes as the round does, on its thread: callbacks must be short
     */
    public CompletableFuture<R> join(W wish) {
        var joined = new Waiting<W, R>(wish, new CompletableFuture<>());
        synchronized (this) {
            waiting.add(joined);
            if (underWay) {
                return joined.done;
            }
            underWay = true;
        }
        next();
        return joined.done;
    }

    private void next() {
        List<Waiting<W, R>> now = new ArrayList<>();
        synchronized (this) {
            while (now.size() < most && !waiting.isEmpty()) {
                now.add(waiting.remove());
            }
            if (now.isEmpty()) {
                underWay = false;
                return;
            }
        }
        var _ = begin(now.stream().map(Waiting::wish).toList()).whenComplete((results, failure) -> {
            for (int i = 0; i < now.size(); i++) {
                if (failure == null) {
                    now.get(i).done.complete(results.get(i));
                } else {
                    now.get(i).done.completeExceptionally(failure);
                }
            }
            next();
        });
    }

    private CompletableFuture<List<R>> begin(List<W> wishes) {
        try {
            return round.apply(wishes);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
