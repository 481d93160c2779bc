package dev.pilothouse.know.tracking;

import dev.pilothouse.platform.store.Store;
import java.util.List;
import java.util.Set;

/** What runs read, for those who follow a model back to its data or data on to its models. Thread-safe. */
public final class RunLineage {
    private final Store store;

    /** The lineage of runs in a store that has {@link Tracking#MIGRATIONS}. */
    public RunLineage(Store store) {
        this.store = store;
    }

    /**
     * A dataset as a run says that it read it.
     *
     * @param name its name
     * @param digest what the client computed over it
     * @param sourceType {@code pilothouse} for a reference to one of our datasets
     * @param source where it came from; a reference such as {@code payments@2} where the type is ours
     */
    public record Input(String name, String digest, String sourceType, String source) {}

    /**
     * A run in short.
     *
     * @param id its id
     * @param name its name
     * @param status RUNNING, SCHEDULED, FINISHED, FAILED or KILLED
     * @param startedAt milliseconds since the epoch
     * @param inputs what it read
     */
    public record Node(String id, String name, String status, long startedAt, List<Input> inputs) {
        public Node {
            inputs = List.copyOf(inputs);
        }
    }

    /** Those of the runs that there are and that are not in the bin. */
    public List<Node> of(String tenant, Set<String> runs) {
        return runs.isEmpty() ? List.of() : store.read(tx -> SqlRunLineage.of(tx, tenant, List.copyOf(runs)));
    }

    /** Ids of the runs that read a dataset of this name, the newest first. */
    public List<String> reading(String tenant, String dataset, int limit) {
        return store.read(tx -> SqlRunLineage.reading(tx, tenant, dataset, limit));
    }
}
