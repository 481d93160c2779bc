package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON of the right grammar and the wrong shape. */
final class Spoiling {
    private static final List<String> OTHERS = List.of(
            "null", "true", "-1", "1e400", "\"\"", "\"x\"", "[]", "{}", "[{}]", "[[1]]", "{\"type\": \"text\"}");

    private Spoiling() {}

    /** Puts something else in the place of one value, or takes a member away. */
    static void spoil(JsonNode node, Random random) {
        var names = List.copyOf(node.propertyNames());
        if (node instanceof ArrayNode array && !array.isEmpty()) {
            int at = random.nextInt(array.size());
            if (array.get(at).isContainer() && random.nextInt(4) > 0) {
                spoil(array.get(at), random);
            } else {
                array.set(at, other(random));
            }
        } else if (node instanceof ObjectNode object && !names.isEmpty()) {
            String name = names.get(random.nextInt(names.size()));
            if (object.get(name).isContainer() && random.nextInt(4) > 0) {
                spoil(object.get(name), random);
            } else if (random.nextInt(5) == 0) {
                object.remove(name);
            } else {
                object.set(name, other(random));
            }
        }
    }

    private static JsonNode other(Random random) {
        return Json.parse(OTHERS.get(random.nextInt(OTHERS.size())));
    }
}
