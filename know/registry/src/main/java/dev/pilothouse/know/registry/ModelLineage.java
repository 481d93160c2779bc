package dev.pilothouse.know.registry;

import dev.pilothouse.platform.store.Store;
import java.util.List;
import java.util.Set;

/** Which runs made which versions, for those who follow data to models and back. Thread-safe. */
public final class ModelLineage {
    private final Store store;

    /** The lineage of models in a store that has {@link Models#MIGRATIONS}. */
    public ModelLineage(Store store) {
        this.store = store;
    }

    /**
     * A version in short.
     *
     * @param model registered model's name
     * @param version its number
     * @param run id of the run that made it, empty where unknown
     * @param stage MLflow's stage, {@code None} where none
     * @param aliases aliases that point at it
     * @param createdAt milliseconds since the epoch
     */
    public record Node(String model, int version, String run, String stage, List<String> aliases, long createdAt) {
        public Node {
            aliases = List.copyOf(aliases);
        }

        private static Node of(StoredVersion version) {
            return new Node(
                    version.model(),
                    version.version(),
                    version.run(),
                    version.stage(),
                    version.aliases(),
                    version.createdAt());
        }
    }

    /** All versions of a model, the newest first; none where there is no such model. */
    public List<Node> ofModel(String tenant, String model) {
        return store.read(tx ->
                SqlVersions.ofModel(tx, tenant, model).stream().map(Node::of).toList());
    }

    /** Versions that some runs made. */
    public List<Node> madeBy(String tenant, Set<String> runs) {
        return runs.isEmpty()
                ? List.of()
                : store.read(tx -> SqlVersions.ofRuns(tx, tenant, runs).stream()
                        .map(Node::of)
                        .toList());
    }
}
