package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.serving.OutcomeCount;
import java.util.HashMap;
import java.util.List;
import java.util.function.Supplier;

/**
 * Moves counts from the model server's memory into the store, each request at most once. What was taken is kept until its
 * transaction is known to have committed; a taking that was stored although its commit looked failed is told by its
 * number. Used by one thread.
 */
final class CountRecorder {
    private final Store store;
    private final Supplier<List<OutcomeCount>> source;
    private final String recorder;
    private long sequence = 1;
    private List<OutcomeCount> taken = List.of();

    /**
     * @param source takes the counts gathered since it was last asked
     * @param recorder unique id of this run of this process
     */
    CountRecorder(Store store, Supplier<List<OutcomeCount>> source, String recorder) {
        this.store = store;
        this.source = source;
        this.recorder = recorder;
    }

    /**
     * Stores what was counted since the last call, or what the last call could not store.
     *
     * @return whether anything was
     */
    boolean record() {
        if (taken.isEmpty()) {
            taken = List.copyOf(source.get());
            if (taken.isEmpty()) {
                return false;
            }
        }
        List<OutcomeCount> counts = taken;
        long number = sequence;
        store.writeAndWait(tx -> {
            if (!SqlCounts.firstTime(tx, recorder, number)) {
                return number;
            }
            var steps = new HashMap<String, Integer>();
            for (OutcomeCount count : counts) {
                int step = steps.computeIfAbsent(
                        count.tenant() + " " + count.release(),
                        _ -> SqlReleases.find(tx, count.tenant(), count.release())
                                .map(Release::countedStep)
                                .orElse(Count.NO_STEP));
                SqlCounts.add(tx, count, step);
            }
            return number;
        });
        sequence++;
        taken = List.of();
        return true;
    }
}
