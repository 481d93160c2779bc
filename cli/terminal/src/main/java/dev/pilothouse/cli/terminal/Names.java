package dev.pilothouse.cli.terminal;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Whose the ids of principals and keys are, as far as the caller may see it. Asks the server when the first is looked up. For one
 * command.
 */
public final class Names {
    private final Api api;
    private @Nullable Map<String, String> principals;
    private @Nullable Map<String, JsonNode> keys;

    /** Names that this server knows. */
    public Names(Api api) {
        this.api = api;
    }

    /** The name of a principal; its id where it is not to be seen. */
    public String principal(String id) {
        if (principals == null) {
            var found = new LinkedHashMap<String, String>();
            items("/api/v1/principals").forEach((key, each) -> found.put(key, Show.text(each, "name")));
            principals = found;
        }
        String name = principals.getOrDefault(id, "");
        return name.isEmpty() ? id : name;
    }

    /** What a key is called and whose it is, such as {@code ci of ada}; empty where it is not to be seen. */
    public String key(String id) {
        if (keys == null) {
            keys = items("/api/v1/keys");
        }
        JsonNode key = keys.get(id);
        return key == null ? "" : Show.text(key, "name") + " of " + principal(Show.text(key, "principal"));
    }

    private Map<String, JsonNode> items(String path) {
        var found = new LinkedHashMap<String, JsonNode>();
        try {
            for (JsonNode item : api.items(path)) {
                found.put(Show.text(item, "id"), item);
            }
        } catch (Exit e) {
            if (e.code() != Exit.NOT_ALLOWED) {
                throw e;
            }
        }
        return found;
    }
}
