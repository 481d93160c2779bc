package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers of Anthropic's messages for a client of OpenAI's chat completions.
 *
 * @param usageAsked whether the client wants the usage of a stream
 * @param created in seconds since 1970
 */
record ChatAnswers(boolean usageAsked, long created) implements Answers {
    @Override
    public Optional<byte[]> whole(byte[] body) {
        return Translator.object(new String(body, StandardCharsets.UTF_8))
                .filter(answer -> answer.path("content").isArray())
                .map(this::answer)
                .map(Translator::bytes);
    }

    private ObjectNode answer(ObjectNode answer) {
        ObjectNode chat = head(
                "chat.completion",
                answer.path("id").asString(""),
                answer.path("model").asString(""));
        ObjectNode choice = chat.putArray("choices").addObject().put("index", 0);
        choice.set("message", message(answer));
        choice.putNull("logprobs");
        choice.put(
                "finish_reason",
                StopReason.ofMessages(answer.path("stop_reason").asString("")).chat());
        chat.set("usage", UsageCounts.chat(answer.path("usage")));
        return chat;
    }

    /** What every object of an answer begins with. */
    ObjectNode head(String object, String id, String model) {
        return Json.object()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model);
    }

    /** Its thoughts have no place in the answer; the usage counts them. */
    private static ObjectNode message(ObjectNode answer) {
        var text = new StringBuilder();
        ArrayNode calls = Json.array();
        for (JsonNode block : answer.path("content")) {
            switch (block.path("type").asString("")) {
                case "text" -> text.append(block.path("text").asString(""));
                case "tool_use" -> {
                    ObjectNode call = calls.addObject()
                            .put("id", block.path("id").asString(""))
                            .put("type", "function");
                    call.putObject("function")
                            .put("name", block.path("name").asString(""))
                            .put("arguments", Json.write(block.path("input")));
                }
                default -> {}
            }
        }
        ObjectNode message = Json.object().put("role", "assistant");
        if (text.isEmpty() && !calls.isEmpty()) {
            message.putNull("content");
        } else {
            message.put("content", text.toString());
        }
        message.putNull("refusal");
        if (!calls.isEmpty()) {
            message.set("tool_calls", calls);
        }
        return message;
    }

    @Override
    public Stream stream() {
        return new ChatStream(this);
    }
}
