package dev.pilothouse.know.registry;

import dev.pilothouse.kernel.Digest;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * An immutable version of a registered model.
 *
 * @param tenant owner
 * @param name registered model's name
 * @param version number, from 1
 * @param runId run that made it, where known
 * @param source MLflow URI it was registered from
 * @param digest digest of the manifest: canonical JSON of path to SHA-256, sorted
 * @param files files by path relative to the model's folder
 * @param createdBy principal
 * @param createdAt when
 */
public record ModelVersion(
        String tenant,
        String name,
        int version,
        Optional<String> runId,
        String source,
        Digest digest,
        Map<String, Digest> files,
        String createdBy,
        Instant createdAt) {
    public ModelVersion {
        files = Map.copyOf(files);
    }
}
