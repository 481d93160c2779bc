package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Anthropic's events as chunks of OpenAI's chat completions: one with the role, those with text and pieces of calls, one with the
 * reason of the end, one with the usage where it is wanted, and {@code [DONE]}. For one thread.
 */
final class ChatStream implements Answers.Stream {
    private static final byte[] PING = ": ping\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private final ChatAnswers answers;
    private final ObjectNode usage = Json.object();
    private String id = "";
    private String model = "";
    private int calls;
    /** Whether the call that is being told has arguments so far. */
    private boolean argued;

    private boolean calling;

    ChatStream(ChatAnswers answers) {
        this.answers = answers;
    }

    @Override
    public void event(byte[] bytes, int from, int to, ByteArrayOutputStream out) {
        SseEvent event = SseEvent.read(bytes, from, to);
        if (event.comment()) {
            out.write(bytes, from, to - from);
            return;
        }
        if (event.data().isEmpty()) {
            return;
        }
        ObjectNode told = event.object();
        switch (told.path("type").asString("")) {
            case "ping" -> out.writeBytes(PING);
            case "message_start" -> {
                JsonNode message = told.path("message");
                id = message.path("id").asString("");
                model = message.path("model").asString("");
                UsageCounts.add(message.path("usage"), usage);
                var begin = Json.object().put("role", "assistant").put("content", "");
                delta(begin.putNull("refusal"), out);
            }
            case "content_block_start" -> begin(told.path("content_block"), out);
            case "content_block_delta" -> piece(told.path("delta"), out);
            case "content_block_stop" -> end(out);
            case "message_delta" -> {
                UsageCounts.add(told.path("usage"), usage);
                JsonNode reason = told.path("delta").path("stop_reason");
                if (reason.isString()) {
                    chunk(
                            Json.object(),
                            StopReason.ofMessages(reason.asString()).chat(),
                            out);
                }
            }
            case "message_stop" -> {
                if (answers.usageAsked()) {
                    ObjectNode last = answers.head("chat.completion.chunk", id, model);
                    last.putArray("choices");
                    last.set("usage", UsageCounts.chat(usage));
                    SseEvent.write(Translator.bytes(last), out);
                }
                SseEvent.write(DONE, out);
            }
            default -> {}
        }
    }

    private void begin(JsonNode block, ByteArrayOutputStream out) {
        switch (block.path("type").asString("")) {
            case "text" -> text(block.path("text").asString(""), out);
            case "tool_use" -> {
                calling = true;
                argued = false;
                ObjectNode delta = Json.object();
                ObjectNode call = delta.putArray("tool_calls")
                        .addObject()
                        .put("index", calls)
                        .put("id", block.path("id").asString(""))
                        .put("type", "function");
                call.putObject("function")
                        .put("name", block.path("name").asString(""))
                        .put("arguments", "");
                delta(delta, out);
                if (!block.path("input").isEmpty()) {
                    arguments(Json.write(block.path("input")), out);
                }
            }
            default -> {}
        }
    }

    private void piece(JsonNode delta, ByteArrayOutputStream out) {
        switch (delta.path("type").asString("")) {
            case "text_delta" -> text(delta.path("text").asString(""), out);
            case "input_json_delta" -> arguments(delta.path("partial_json").asString(""), out);
            default -> {}
        }
    }

    private void text(String text, ByteArrayOutputStream out) {
        if (!text.isEmpty()) {
            delta(Json.object().put("content", text), out);
        }
    }

    private void arguments(String text, ByteArrayOutputStream out) {
        if (!text.isEmpty()) {
            argued = true;
            ObjectNode delta = Json.object();
            ObjectNode call = delta.putArray("tool_calls").addObject().put("index", calls);
            call.putObject("function").put("arguments", text);
            delta(delta, out);
        }
    }

    /** Clients read arguments as JSON, which an empty text is not. */
    private void end(ByteArrayOutputStream out) {
        if (calling) {
            if (!argued) {
                arguments("{}", out);
            }
            calling = false;
            calls++;
        }
    }

    private void delta(ObjectNode delta, ByteArrayOutputStream out) {
        chunk(delta, "", out);
    }

    private void chunk(ObjectNode delta, String reason, ByteArrayOutputStream out) {
        ObjectNode chunk = answers.head("chat.completion.chunk", id, model);
        ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.putNull("logprobs").put("finish_reason", reason.isEmpty() ? null : reason);
        if (answers.usageAsked()) {
            chunk.putNull("usage");
        }
        SseEvent.write(Translator.bytes(chunk), out);
    }
}
