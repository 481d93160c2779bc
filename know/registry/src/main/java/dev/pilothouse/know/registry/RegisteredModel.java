package dev.pilothouse.know.registry;

import java.util.Map;
import java.util.TreeMap;

/**
 * A registered model: a name with versions.
 *
 * @param name unique within the tenant
 * @param description for people, empty where none
 * @param lastVersion greatest number ever given to a version, 0 before the first
 * @param createdAt milliseconds since the epoch
 * @param updatedAt milliseconds since the epoch
 * @param createdBy principal
 * @param tags tags by key
 * @param aliases versions by alias
 */
record RegisteredModel(
        String name,
        String description,
        int lastVersion,
        long createdAt,
        long updatedAt,
        String createdBy,
        Map<String, String> tags,
        Map<String, Integer> aliases) {
    /** Tag of a registered model or version that is a prompt. */
    static final String PROMPT_TAG = "mlflow.prompt.is_prompt";

    RegisteredModel {
        tags = new TreeMap<>(tags);
        aliases = new TreeMap<>(aliases);
    }

    boolean isPrompt() {
        return "true".equalsIgnoreCase(tags.get(PROMPT_TAG));
    }
}
