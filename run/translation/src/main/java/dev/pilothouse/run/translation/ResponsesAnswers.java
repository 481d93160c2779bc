package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers of Anthropic's messages for a client of OpenAI's responses.
 *
 * @param repeated what an answer repeats of its request; never changed
 * @param created in seconds since 1970
 */
record ResponsesAnswers(ObjectNode repeated, long created) implements Answers {
    @Override
    public Optional<byte[]> whole(byte[] body) {
        return Translator.object(new String(body, StandardCharsets.UTF_8))
                .filter(answer -> answer.path("content").isArray())
                .map(this::answer)
                .map(Translator::bytes);
    }

    private ObjectNode answer(ObjectNode answer) {
        String id = answer.path("id").asString("");
        StopReason reason = StopReason.ofMessages(answer.path("stop_reason").asString(""));
        ArrayNode output = Json.array();
        for (JsonNode block : answer.path("content")) {
            String itemId = id + "-" + output.size();
            switch (block.path("type").asString("")) {
                case "text" ->
                    output.add(text(itemId, "completed", block.path("text").asString("")));
                case "tool_use" -> output.add(call(itemId, "completed", block, Json.write(block.path("input"))));
                default -> {}
            }
        }
        return response(id, answer.path("model").asString(""), reason, output, answer.path("usage"));
    }

    /** An item with a text, or with its begin. */
    static ObjectNode text(String id, String status, String text) {
        ObjectNode item = Json.object()
                .put("type", "message")
                .put("id", id)
                .put("status", status)
                .put("role", "assistant");
        ArrayNode content = item.putArray("content");
        if (status.equals("completed")) {
            content.add(part(text));
        }
        return item;
    }

    /** The one part of such an item. */
    static ObjectNode part(String text) {
        ObjectNode part = Json.object().put("type", "output_text").put("text", text);
        part.putArray("annotations");
        part.putArray("logprobs");
        return part;
    }

    /** An item with a call. */
    static ObjectNode call(String id, String status, JsonNode use, String arguments) {
        return Json.object()
                .put("type", "function_call")
                .put("id", id)
                .put("call_id", use.path("id").asString(""))
                .put("name", use.path("name").asString(""))
                .put("arguments", arguments)
                .put("status", status);
    }

    /** A response that began. */
    ObjectNode begun(String id, String model) {
        ObjectNode response = Json.object()
                .put("id", "resp_" + id)
                .put("object", "response")
                .put("created_at", created)
                .put("status", "in_progress")
                .putNull("error")
                .putNull("incomplete_details")
                .put("model", model);
        response.putArray("output");
        response.setAll(repeated);
        return response.putNull("usage");
    }

    /** A response that ended, with Anthropic's counts of what it used. */
    ObjectNode response(String id, String model, StopReason reason, ArrayNode output, JsonNode usage) {
        ObjectNode response = begun(id, model);
        boolean whole = reason == StopReason.END || reason == StopReason.TOOLS;
        response.put("status", whole ? "completed" : "incomplete");
        if (!whole) {
            response.putObject("incomplete_details")
                    .put("reason", reason == StopReason.LIMIT ? "max_output_tokens" : "content_filter");
        }
        response.set("output", output);
        response.set("usage", UsageCounts.responses(usage));
        return response;
    }

    @Override
    public Stream stream() {
        return new ResponsesStream(this);
    }
}
