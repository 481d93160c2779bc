package dev.pilothouse.cli.litellm;

import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is to be there once all is taken over, and what cannot be, with the reason. Filled by the readers; for one command. */
final class Plan {
    /**
     * A provider's key.
     *
     * @param value empty where the file names a variable that is not set here
     * @param from the variable's name, or where in the file it stands
     */
    record Secret(String value, String from) {}

    /**
     * A budget.
     *
     * @param scope kind and value; of a key, {@code key:} and the name that it is issued by
     */
    record Budget(String name, String scope, String window, String limit) {}

    /**
     * A key to issue anew, since only a hash is known of the old one.
     *
     * @param name what it is called here
     * @param owner the principal that it is of
     * @param unit the {@code kind:name} that it belongs to, or empty
     * @param expiresIn such as {@code 30d}, or {@code never}
     */
    record Key(String name, String owner, String unit, String expiresIn) {}

    private final Map<String, Secret> secrets = new LinkedHashMap<>();
    private final Map<String, ObjectNode> providers = new LinkedHashMap<>();
    private final Map<String, ObjectNode> aliases = new LinkedHashMap<>();
    private final ArrayNode prices = Json.array();
    private final List<String> units = new ArrayList<>();
    private final List<Key> keys = new ArrayList<>();
    private final List<Budget> budgets = new ArrayList<>();
    private final List<Problem> notes = new ArrayList<>();

    /** Keys of providers, by the name of the secret. */
    Map<String, Secret> secrets() {
        return secrets;
    }

    /** Providers by name, as the API takes them. */
    Map<String, ObjectNode> providers() {
        return providers;
    }

    /** Aliases by name, as the API takes them. */
    Map<String, ObjectNode> aliases() {
        return aliases;
    }

    /** Prices that the file states, as a price file of ours lists them. */
    ArrayNode prices() {
        return prices;
    }

    /** Teams and projects, as {@code kind:name}. */
    List<String> units() {
        return units;
    }

    List<Key> keys() {
        return keys;
    }

    List<Budget> budgets() {
        return budgets;
    }

    /** What is not taken over, or not as it was: where it stands, and why. */
    List<Problem> notes() {
        return notes;
    }

    void note(String where, String what) {
        notes.add(new Problem(where, what));
    }
}
