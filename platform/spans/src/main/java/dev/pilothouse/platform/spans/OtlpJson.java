package dev.pilothouse.platform.spans;

import dev.pilothouse.platform.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Spans as the JSON of an {@code ExportTraceServiceRequest}: ids in hex, 64-bit numbers as texts, enums as numbers. Stateless. */
final class OtlpJson {
    private static final int ERROR = 2;
    private static final String SERVICE = "pilothouse";

    private OtlpJson() {}

    static byte[] request(List<Span> spans, String version) {
        ObjectNode request = Json.object();
        ObjectNode ofService = request.putArray("resourceSpans").addObject();
        attributes(
                Map.of("service.name", SERVICE, "service.version", version),
                ofService.putObject("resource").putArray("attributes"));
        ObjectNode ofScope = ofService.putArray("scopeSpans").addObject();
        ofScope.putObject("scope").put("name", "dev.pilothouse").put("version", version);
        ArrayNode all = ofScope.putArray("spans");
        spans.forEach(span -> all.add(json(span)));
        return Json.bytes(request);
    }

    private static ObjectNode json(Span span) {
        ObjectNode json = Json.object().put("traceId", span.traceId()).put("spanId", span.id());
        if (!span.parent().isEmpty()) {
            json.put("parentSpanId", span.parent());
        }
        json.put("name", span.name())
                .put("kind", span.kind().code())
                .put("startTimeUnixNano", nanos(span.from()))
                .put("endTimeUnixNano", nanos(span.until()));
        attributes(span.attributes(), json.putArray("attributes"));
        if (!span.failure().isEmpty()) {
            json.putObject("status").put("code", ERROR).put("message", span.failure());
        }
        return json;
    }

    private static void attributes(Map<String, ?> attributes, ArrayNode into) {
        attributes.forEach((name, value) -> {
            ObjectNode typed = into.addObject().put("key", name).putObject("value");
            switch (value) {
                case Long number -> typed.put("intValue", Long.toString(number));
                case Boolean truth -> typed.put("boolValue", truth.booleanValue());
                default -> typed.put("stringValue", value.toString());
            }
        });
    }

    private static String nanos(Instant at) {
        return Long.toString(Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano()));
    }
}
