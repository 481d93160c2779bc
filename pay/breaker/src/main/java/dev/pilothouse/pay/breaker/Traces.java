package dev.pilothouse.pay.breaker;

import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Traces as JSON, in the database and in answers. Stateless. */
final class Traces {
    private Traces() {}

    static String write(List<SettledCall> calls) {
        return new String(Json.bytes(json(calls)), StandardCharsets.UTF_8);
    }

    static ArrayNode json(List<SettledCall> calls) {
        ArrayNode all = Json.array();
        for (SettledCall call : calls) {
            all.addObject()
                    .put("at", call.at().toString())
                    .put("model", call.model())
                    .put("nanoUsd", Long.toString(call.nanoUsd()))
                    .put("inputTokens", call.inputTokens())
                    .put("outputTokens", call.outputTokens())
                    .put("requestId", call.requestId())
                    .put("session", call.session())
                    .put("tag", call.tag());
        }
        return all;
    }

    /** The last calls of what several servers saw, in the order of time. */
    static List<SettledCall> read(List<String> texts, int limit) {
        List<SettledCall> all = texts.stream()
                .flatMap(text -> Json.parse(text).valueStream())
                .map(Traces::call)
                .sorted(Comparator.comparing(SettledCall::at))
                .toList();
        return all.subList(Math.max(0, all.size() - limit), all.size());
    }

    private static SettledCall call(JsonNode node) {
        return new SettledCall(
                Instant.parse(node.path("at").stringValue()),
                node.path("model").stringValue(),
                Long.parseLong(node.path("nanoUsd").stringValue()),
                node.path("inputTokens").longValue(),
                node.path("outputTokens").longValue(),
                node.path("requestId").stringValue(),
                node.path("session").stringValue(),
                node.path("tag").stringValue());
    }
}
