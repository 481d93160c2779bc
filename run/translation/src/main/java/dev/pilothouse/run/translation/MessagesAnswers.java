package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers of OpenAI's chat completions for a client of Anthropic's messages. */
record MessagesAnswers() implements Answers {
    @Override
    public Optional<byte[]> whole(byte[] body) {
        return Translator.object(new String(body, StandardCharsets.UTF_8))
                .flatMap(MessagesAnswers::answer)
                .map(Translator::bytes);
    }

    private static Optional<ObjectNode> answer(ObjectNode answer) {
        JsonNode choice = answer.path("choices").path(0);
        JsonNode said = choice.path("message");
        String reason = choice.path("finish_reason").asString("");
        if (!said.isObject()) {
            return Optional.empty();
        }
        ObjectNode message =
                head(answer.path("id").asString(""), answer.path("model").asString(""));
        ArrayNode content = message.withArray("content");
        for (String name : new String[] {"content", "refusal"}) {
            String text = said.path(name).asString("");
            if (!text.isEmpty()) {
                content.addObject().put("type", "text").put("text", text);
            }
        }
        for (JsonNode call : said.path("tool_calls")) {
            JsonNode function = call.path("function");
            Optional<ObjectNode> input =
                    Translator.arguments(function.path("arguments").asString(""));
            // What is cut off at the limit is no object yet, and the reason tells that it is not all.
            if (input.isEmpty() && !reason.equals("length")) {
                return Optional.empty();
            }
            content.addObject()
                    .put("type", "tool_use")
                    .put("id", call.path("id").asString(""))
                    .put("name", function.path("name").asString(""))
                    .set("input", input.orElseGet(Json::object));
        }
        StopReason stop = StopReason.ofChat(
                reason,
                !said.path("tool_calls").isEmpty(),
                !said.path("refusal").asString("").isEmpty());
        message.put("stop_reason", stop.messages()).putNull("stop_sequence");
        message.set("usage", UsageCounts.messages(answer.path("usage")));
        return Optional.of(message);
    }

    /** What a message begins with, whole or in a stream. */
    static ObjectNode head(String id, String model) {
        ObjectNode head = Json.object()
                .put("id", id)
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model);
        head.putArray("content");
        return head;
    }

    @Override
    public Stream stream() {
        return new MessagesStream();
    }
}
