package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Digest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A version as MLflow knows it, without its files.
 *
 * @param model registered model's name
 * @param version number, from 1
 * @param source URI it was registered from
 * @param storage folder of its pinned files in the artifact store, empty where the source is kept elsewhere
 * @param digest digest of the manifest of its files
 * @param run run that made it, empty where unknown
 * @param runLink link to that run elsewhere, empty where none
 * @param loggedModel id of the logged model it was registered from, empty where none
 * @param description for people, empty where none
 * @param stage one of {@link Stages}
 * @param createdAt milliseconds since the epoch
 * @param updatedAt milliseconds since the epoch
 * @param createdBy principal
 * @param tags tags by key
 * @param aliases aliases that point at it
 */
record StoredVersion(
        String model,
        int version,
        String source,
        String storage,
        Digest digest,
        String run,
        String runLink,
        String loggedModel,
        String description,
        String stage,
        long createdAt,
        long updatedAt,
        String createdBy,
        Map<String, String> tags,
        List<String> aliases) {
    StoredVersion {
        tags = new TreeMap<>(tags);
        aliases = List.copyOf(aliases);
    }

    /** Where clients download it from. */
    String downloadUri() {
        return storage.isEmpty() ? source : "mlflow-artifacts:/" + storage;
    }

    Optional<String> runId() {
        return run.isEmpty() ? Optional.empty() : Optional.of(run);
    }
}
