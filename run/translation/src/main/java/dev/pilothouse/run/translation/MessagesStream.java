package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Chunks of OpenAI's chat completions as Anthropic's events: the message's start, each block with its start, pieces and end, what the
 * message came to, and its end. OpenAI counts the tokens at the end only, so that the start tells none. For one thread.
 */
final class MessagesStream implements Answers.Stream {
    /** What is being told. */
    private enum Block {
        NONE,
        TEXT,
        CALL
    }

    private static final String DONE = "[DONE]";

    private Block block = Block.NONE;
    private int index = -1;
    private boolean started;
    private boolean called;
    private boolean refused;
    /** Of the call that is being told: the number that the provider gives it, and its id. */
    private int callIndex;

    private String callId = "";
    private String reason = "";
    private JsonNode usage = MissingNode.getInstance();

    @Override
    public void event(byte[] bytes, int from, int to, ByteArrayOutputStream out) {
        SseEvent event = SseEvent.read(bytes, from, to);
        if (event.comment()) {
            out.write(bytes, from, to - from);
        } else if (event.data().startsWith(DONE)) {
            end(out);
        } else if (!event.data().isEmpty()) {
            chunk(event.object(), out);
        }
    }

    private void chunk(ObjectNode chunk, ByteArrayOutputStream out) {
        // Azure sends what its filters found before any choice.
        if (!chunk.path("choices").isEmpty()) {
            start(chunk, out);
        }
        if (chunk.path("usage").isObject()) {
            usage = chunk.path("usage");
        }
        JsonNode choice = chunk.path("choices").path(0);
        JsonNode delta = choice.path("delta");
        text(delta.path("content").asString(""), out);
        String refusal = delta.path("refusal").asString("");
        refused |= !refusal.isEmpty();
        text(refusal, out);
        delta.path("tool_calls").forEach(call -> call(call, out));
        if (choice.path("finish_reason").isString()) {
            reason = choice.path("finish_reason").asString();
        }
    }

    private void start(JsonNode chunk, ByteArrayOutputStream out) {
        if (started) {
            return;
        }
        started = true;
        ObjectNode event = Json.object().put("type", "message_start");
        ObjectNode message = MessagesAnswers.head(
                chunk.path("id").asString(""), chunk.path("model").asString(""));
        message.putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", UsageCounts.messages(MissingNode.getInstance()));
        event.set("message", message);
        write(event, out);
    }

    private void text(String text, ByteArrayOutputStream out) {
        if (text.isEmpty()) {
            return;
        }
        if (block != Block.TEXT) {
            open(Block.TEXT, Json.object().put("type", "text").put("text", ""), out);
        }
        piece(Json.object().put("type", "text_delta").put("text", text), out);
    }

    /** A call begins where its number or its id is a new one: some servers number all calls alike. */
    private void call(JsonNode call, ByteArrayOutputStream out) {
        int number = call.path("index").intValue(0);
        String id = call.path("id").asString("");
        JsonNode function = call.path("function");
        boolean goesOn = block == Block.CALL && number == callIndex && (id.isEmpty() || id.equals(callId));
        if (!goesOn) {
            if (id.isEmpty()) {
                throw new IllegalStateException("A piece of a call comes after the call's end");
            }
            called = true;
            callIndex = number;
            callId = id;
            ObjectNode use = Json.object()
                    .put("type", "tool_use")
                    .put("id", id)
                    .put("name", function.path("name").asString(""));
            use.putObject("input");
            open(Block.CALL, use, out);
        }
        String arguments = function.path("arguments").asString("");
        if (!arguments.isEmpty()) {
            piece(Json.object().put("type", "input_json_delta").put("partial_json", arguments), out);
        }
    }

    private void open(Block next, ObjectNode content, ByteArrayOutputStream out) {
        close(out);
        block = next;
        index++;
        ObjectNode event = Json.object().put("type", "content_block_start").put("index", index);
        event.set("content_block", content);
        write(event, out);
    }

    private void piece(ObjectNode delta, ByteArrayOutputStream out) {
        ObjectNode event = Json.object().put("type", "content_block_delta").put("index", index);
        event.set("delta", delta);
        write(event, out);
    }

    private void close(ByteArrayOutputStream out) {
        if (block != Block.NONE) {
            write(Json.object().put("type", "content_block_stop").put("index", index), out);
            block = Block.NONE;
        }
    }

    private void end(ByteArrayOutputStream out) {
        start(MissingNode.getInstance(), out);
        close(out);
        ObjectNode event = Json.object().put("type", "message_delta");
        event.putObject("delta")
                .put("stop_reason", StopReason.ofChat(reason, called, refused).messages())
                .putNull("stop_sequence");
        event.set("usage", UsageCounts.messages(usage));
        write(event, out);
        write(Json.object().put("type", "message_stop"), out);
    }

    private static void write(ObjectNode event, ByteArrayOutputStream out) {
        SseEvent.write(event.path("type").asString(), Translator.bytes(event), out);
    }
}
