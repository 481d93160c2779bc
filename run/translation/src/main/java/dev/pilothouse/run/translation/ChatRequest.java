package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A request for OpenAI's chat completions, from one for Anthropic's messages. For one thread. */
final class ChatRequest {
    private static final int MOST_STOPS = 4;
    private static final String FAILED = "The tool failed: ";
    /** With a hint to the cache, and with what says only that a provider may think. */
    private static final Set<String> MEMBERS = Set.of(
            "model",
            "max_tokens",
            "messages",
            "system",
            "stream",
            "temperature",
            "top_p",
            "top_k",
            "stop_sequences",
            "tools",
            "tool_choice",
            "thinking",
            "output_config",
            "metadata",
            "service_tier",
            "cache_control");

    private static final Set<String> MESSAGE = Set.of("role", "content");
    private static final Set<String> OUTPUT = Set.of("effort", "format");
    private static final Set<String> FORMAT = Set.of("type", "schema");
    private static final Set<String> METADATA = Set.of("user_id");
    private static final Set<String> RESULT = Set.of("type", "tool_use_id", "content", "is_error", "cache_control");
    private static final Set<String> USE = Set.of("type", "id", "name", "input", "caller", "cache_control");

    private final Place messages;
    private final boolean newNames;
    private final ObjectNode sent = Json.object();
    private final ArrayNode turns = Json.array();

    private ChatRequest(Place messages, boolean newNames) {
        this.messages = messages;
        this.newNames = newNames;
    }

    /**
     * Translates.
     *
     * @param newNames whether the target is OpenAI's own
     * @throws dev.pilothouse.kernel.PilothouseException INVALID that names the member
     */
    static ObjectNode of(ObjectNode body, boolean newNames) {
        return new ChatRequest(new Place("", body), newNames).translate();
    }

    private ObjectNode translate() {
        messages.only(MEMBERS);
        sent.put("model", messages.at("model").text());
        if (messages.at("max_tokens").exists()) {
            sent.set(
                    newNames ? "max_completion_tokens" : "max_tokens",
                    messages.at("max_tokens").number());
        }
        Place system = messages.at("system");
        if (system.exists()) {
            system(system);
        }
        List<Place> said = messages.at("messages").elements();
        said.forEach(this::message);
        if (!said.isEmpty() && said.getLast().at("role").text().equals("assistant")) {
            throw said.getLast()
                    .cannot(
                            "it is an answer that the model is to go on with, which OpenAI's chat completions do not do");
        }
        sent.set("messages", turns);
        sampling();
        if (messages.at("stream").flag()) {
            sent.put("stream", true).putObject("stream_options").put("include_usage", true);
        }
        ToolChoice.toChat(messages, sent);
        output();
        who();
        return sent;
    }

    private ObjectNode turn(String role) {
        return turns.addObject().put("role", role);
    }

    private void system(Place content) {
        texts(content, turn("system"));
    }

    /** A text, or the parts of one. */
    private static void texts(Place content, ObjectNode turn) {
        if (content.value().isString()) {
            turn.set("content", content.value());
        } else {
            ArrayNode parts = turn.putArray("content");
            content.elements().forEach(block -> parts.add(Parts.textPart(block)));
        }
    }

    private void message(Place message) {
        Place content = message.only(MESSAGE).at("content");
        switch (message.at("role").text()) {
            case "user" -> user(content);
            case "assistant" -> assistant(content);
            case "system" -> system(content);
            default -> throw message.at("role").mustBe("user, assistant or system");
        }
    }

    /** What tools have brought stands right behind their calls, each in a message of its own, before what the user says. */
    private void user(Place content) {
        if (content.value().isString()) {
            turn("user").set("content", content.value());
            return;
        }
        List<Place> blocks = content.elements();
        ArrayNode parts = Json.array();
        for (Place block : blocks) {
            if (block.at("type").text().equals("tool_result")) {
                result(block.only(RESULT));
            } else {
                parts.add(Parts.part(block));
            }
        }
        if (!parts.isEmpty() || blocks.isEmpty()) {
            turn("user").set("content", parts);
        }
    }

    /** Chat completions have no mark for a tool that failed, so that its words say it. */
    private void result(Place block) {
        ObjectNode turn =
                turn("tool").put("tool_call_id", block.at("tool_use_id").text());
        Place content = block.at("content");
        String failed = block.at("is_error").flag() ? FAILED : "";
        if (!content.exists() || content.value().isString()) {
            turn.put("content", failed + content.text(""));
            return;
        }
        texts(content, turn);
        if (!failed.isEmpty()) {
            turn.withArray("content").insertObject(0).put("type", "text").put("text", failed);
        }
    }

    /** Thoughts are left out: their signature says something to their own provider only. */
    private void assistant(Place content) {
        ObjectNode turn = turn("assistant");
        if (content.value().isString()) {
            turn.set("content", content.value());
            return;
        }
        ArrayNode parts = Json.array();
        ArrayNode calls = Json.array();
        for (Place block : content.elements()) {
            switch (block.at("type").text()) {
                case "thinking", "redacted_thinking" -> {}
                case "tool_use" -> calls.add(call(block.only(USE)));
                default -> parts.add(Parts.textPart(block));
            }
        }
        if (parts.size() == 1) {
            turn.set("content", parts.path(0).path("text"));
        } else if (parts.isEmpty()) {
            turn.putNull("content");
        } else {
            turn.set("content", parts);
        }
        if (!calls.isEmpty()) {
            turn.set("tool_calls", calls);
        } else if (parts.isEmpty()) {
            turn.put("content", "");
        }
    }

    private static ObjectNode call(Place use) {
        ObjectNode call = Json.object().put("id", use.at("id").text()).put("type", "function");
        call.putObject("function")
                .put("name", use.at("name").text())
                .put("arguments", Json.write(use.at("input").object()));
        return call;
    }

    private void sampling() {
        for (String name : List.of("temperature", "top_p")) {
            if (messages.at(name).exists()) {
                sent.set(name, messages.at(name).number());
            }
        }
        Place topK = messages.at("top_k");
        if (topK.exists()) {
            if (newNames) {
                throw topK.cannot("OpenAI has nothing of the kind");
            }
            sent.set("top_k", topK.number());
        }
        Place stop = messages.at("stop_sequences");
        if (stop.exists() && !stop.elements().isEmpty()) {
            ArrayNode sequences = sent.putArray("stop");
            stop.elements().forEach(each -> sequences.add(each.text()));
            if (sequences.size() > MOST_STOPS) {
                throw stop.cannot("OpenAI's chat completions stop at " + MOST_STOPS + " texts at most");
            }
        }
    }

    private void output() {
        Place output = messages.at("output_config");
        if (output.exists()) {
            output.only(OUTPUT);
        }
        Place format = output.at("format");
        if (format.exists()) {
            if (!format.only(FORMAT).at("type").text().equals("json_schema")) {
                throw format.at("type").mustBe("json_schema");
            }
            sent.putObject("response_format")
                    .put("type", "json_schema")
                    .putObject("json_schema")
                    .put("name", "answer")
                    .put("strict", true)
                    .set("schema", format.at("schema").object());
        }
        Effort.of(output.at("effort"), messages.at("thinking"))
                .ifPresent(effort -> sent.put("reasoning_effort", effort.label()));
    }

    private void who() {
        Place metadata = messages.at("metadata");
        if (metadata.exists() && metadata.only(METADATA).at("user_id").exists()) {
            sent.put("user", metadata.at("user_id").text());
        }
        Place tier = messages.at("service_tier");
        switch (tier.text("auto")) {
            case "auto" -> {}
            case "standard_only" -> sent.put("service_tier", "default");
            default -> throw tier.mustBe("auto or standard_only");
        }
    }
}
