package dev.pilothouse.run.batches;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/** Pages as OpenAI answers them (API reference, "List batch", "List files"). Stateless. */
final class Page {
    private Page() {}

    /**
     * A page.
     *
     * @param found what is on it, and one more where more follow
     * @param limit as many as it may hold
     */
    static <T> ObjectNode of(List<T> found, int limit, Function<T, String> id, Function<T, String> document) {
        List<T> page = found.subList(0, Math.min(limit, found.size()));
        ObjectNode list = Json.object().put("object", "list");
        var data = list.putArray("data");
        page.forEach(each -> data.add(Json.parse(document.apply(each))));
        return list.put("first_id", page.isEmpty() ? null : id.apply(page.getFirst()))
                .put("last_id", page.isEmpty() ? null : id.apply(page.getLast()))
                .put("has_more", found.size() > limit);
    }
}
