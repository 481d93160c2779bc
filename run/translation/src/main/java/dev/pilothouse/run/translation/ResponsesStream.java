package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Anthropic's events as the typed, numbered events of OpenAI's responses: a block is an item of the output, with its start, its
 * pieces and its end. For one thread.
 */
final class ResponsesStream implements Answers.Stream {
    private static final byte[] PING = ": ping\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ResponsesAnswers answers;
    private final ObjectNode usage = Json.object();
    private final ArrayNode output = Json.array();
    private final StringBuilder told = new StringBuilder();
    /** The block that is being told; missing where it is none that OpenAI knows. */
    private JsonNode block = MissingNode.getInstance();

    private String id = "";
    private String model = "";
    private StopReason reason = StopReason.END;
    private int number;

    ResponsesStream(ResponsesAnswers answers) {
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
        ObjectNode data = event.object();
        switch (data.path("type").asString("")) {
            case "ping" -> out.writeBytes(PING);
            case "message_start" -> {
                id = data.path("message").path("id").asString("");
                model = data.path("message").path("model").asString("");
                UsageCounts.add(data.path("message").path("usage"), usage);
                for (String name : new String[] {"response.created", "response.in_progress"}) {
                    write(name, Json.object().set("response", answers.begun(id, model)), out);
                }
            }
            case "content_block_start" -> begin(data.path("content_block"), out);
            case "content_block_delta" -> piece(data.path("delta"), out);
            case "content_block_stop" -> end(out);
            case "message_delta" -> {
                UsageCounts.add(data.path("usage"), usage);
                reason = StopReason.ofMessages(
                        data.path("delta").path("stop_reason").asString(""));
            }
            case "message_stop" -> {
                ObjectNode response = answers.response(id, model, reason, output, usage);
                write(
                        "response." + response.path("status").asString(),
                        Json.object().set("response", response),
                        out);
            }
            default -> {}
        }
    }

    private boolean isText() {
        return block.path("type").asString("").equals("text");
    }

    private boolean isCall() {
        return block.path("type").asString("").equals("tool_use");
    }

    private String itemId() {
        return id + "-" + output.size();
    }

    /** What every event of an item says of where it belongs. */
    private ObjectNode place() {
        ObjectNode place = Json.object().put("item_id", itemId()).put("output_index", output.size());
        return isText() ? place.put("content_index", 0) : place;
    }

    private void begin(JsonNode begun, ByteArrayOutputStream out) {
        block = begun;
        told.setLength(0);
        if (isText()) {
            item("response.output_item.added", ResponsesAnswers.text(itemId(), "in_progress", ""), out);
            part("response.content_part.added", "", out);
            text(block.path("text").asString(""), out);
        } else if (isCall()) {
            item("response.output_item.added", ResponsesAnswers.call(itemId(), "in_progress", block, ""), out);
            if (!block.path("input").isEmpty()) {
                text(Json.write(block.path("input")), out);
            }
        }
    }

    private void piece(JsonNode delta, ByteArrayOutputStream out) {
        switch (delta.path("type").asString("")) {
            case "text_delta" -> text(delta.path("text").asString(""), out);
            case "input_json_delta" -> text(delta.path("partial_json").asString(""), out);
            default -> {}
        }
    }

    private void text(String text, ByteArrayOutputStream out) {
        if (text.isEmpty() || !(isText() || isCall())) {
            return;
        }
        told.append(text);
        ObjectNode event = place().put("delta", text);
        if (isText()) {
            event.putArray("logprobs");
        }
        write(isText() ? "response.output_text.delta" : "response.function_call_arguments.delta", event, out);
    }

    private void end(ByteArrayOutputStream out) {
        String text = told.toString();
        ObjectNode item;
        if (isText()) {
            ObjectNode event = place().put("text", text);
            event.putArray("logprobs");
            write("response.output_text.done", event, out);
            part("response.content_part.done", text, out);
            item = ResponsesAnswers.text(itemId(), "completed", text);
        } else if (isCall()) {
            String arguments = text.isEmpty() ? "{}" : text;
            write(
                    "response.function_call_arguments.done",
                    place().put("name", block.path("name").asString("")).put("arguments", arguments),
                    out);
            item = ResponsesAnswers.call(itemId(), "completed", block, arguments);
        } else {
            return;
        }
        item("response.output_item.done", item, out);
        output.add(item);
        block = MissingNode.getInstance();
    }

    private void item(String name, ObjectNode item, ByteArrayOutputStream out) {
        ObjectNode event = Json.object().put("output_index", output.size());
        event.set("item", item);
        write(name, event, out);
    }

    private void part(String name, String text, ByteArrayOutputStream out) {
        ObjectNode event = place();
        event.set("part", ResponsesAnswers.part(text));
        write(name, event, out);
    }

    private void write(String name, JsonNode members, ByteArrayOutputStream out) {
        ObjectNode event = Json.object().put("type", name).put("sequence_number", number++);
        members.properties().forEach(member -> event.set(member.getKey(), member.getValue()));
        SseEvent.write(name, Translator.bytes(event), out);
    }
}
