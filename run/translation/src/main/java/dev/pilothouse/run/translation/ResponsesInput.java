package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** A request for OpenAI's responses as one for its chat completions, from which it is translated on. For one thread. */
final class ResponsesInput {
    /** Members that chat completions have, too, and under which name. */
    private static final Map<String, String> SAME = Map.of(
            "max_output_tokens", "max_completion_tokens",
            "temperature", "temperature",
            "top_p", "top_p",
            "top_logprobs", "top_logprobs",
            "stream", "stream",
            "parallel_tool_calls", "parallel_tool_calls",
            "service_tier", "service_tier",
            "user", "user",
            "safety_identifier", "safety_identifier");

    /** Members that are read here, and hints, of which there are what is kept in caches, what else is told, and how much is cut. */
    private static final Set<String> MEMBERS = Set.of(
            "model",
            "input",
            "instructions",
            "tools",
            "tool_choice",
            "text",
            "reasoning",
            "store",
            "include",
            "metadata",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "stream_options",
            "truncation",
            "max_tool_calls");

    private static final Set<String> MESSAGE = Set.of("type", "role", "content", "id", "status", "phase");
    private static final Set<String> CALL = Set.of("type", "id", "call_id", "name", "arguments", "status");
    private static final Set<String> OUTPUT = Set.of("type", "id", "call_id", "output", "status");
    private static final Set<String> TOOL = Set.of("type", "name", "description", "parameters", "strict");
    private static final Set<String> TEXT = Set.of("format", "verbosity");
    private static final Set<String> IMAGE = Set.of("type", "image_url", "detail");
    private static final Set<String> FILE = Set.of("type", "filename", "file_data");
    private static final StringNode AUTO = StringNode.valueOf("auto");
    private static final String NOTHING_KEPT = "nothing is kept between requests for another provider's model";

    private final Place responses;
    private final ObjectNode chat = Json.object();
    private final ArrayNode turns = Json.array();
    /** The turn that the next call of a tool joins. */
    private @Nullable ObjectNode calling;

    private ResponsesInput(Place responses) {
        this.responses = responses;
    }

    /**
     * Translates.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID that names the member
     */
    static ObjectNode chat(ObjectNode body) {
        return new ResponsesInput(new Place("", body)).translate();
    }

    private ObjectNode translate() {
        for (String name : responses.object().propertyNames()) {
            if (!MEMBERS.contains(name)
                    && !SAME.containsKey(name)
                    && responses.at(name).exists()) {
                throw responses
                        .at(name)
                        .cannot("Anthropic's messages have nothing of the kind, or it is not known here");
            }
        }
        if (responses.at("store").flag()) {
            throw responses.at("store").cannot(NOTHING_KEPT);
        }
        chat.put("model", responses.at("model").text());
        SAME.forEach((name, inChat) -> {
            if (responses.at(name).exists()) {
                chat.set(inChat, responses.at(name).value());
            }
        });
        if (responses.at("instructions").exists()) {
            turn("system").put("content", responses.at("instructions").text());
        }
        Place input = responses.at("input");
        if (input.value().isString()) {
            turn("user").set("content", input.value());
        } else {
            input.elements().forEach(this::item);
        }
        chat.set("messages", turns);
        tools();
        format();
        Place effort = responses.at("reasoning").at("effort");
        if (effort.exists()) {
            chat.put("reasoning_effort", effort.text());
        }
        return chat;
    }

    private ObjectNode turn(String role) {
        return turns.addObject().put("role", role);
    }

    private void item(Place item) {
        String type = item.at("type").text("message");
        if (!type.equals("function_call")) {
            calling = null;
        }
        switch (type) {
            case "message" -> message(item.only(MESSAGE));
            case "function_call" -> call(item.only(CALL));
            case "function_call_output" -> {
                item.only(OUTPUT);
                ObjectNode turn =
                        turn("tool").put("tool_call_id", item.at("call_id").text());
                turn.set("content", content(item.at("output")));
            }
            // Thoughts say something to their own provider only.
            case "reasoning" -> {}
            default ->
                throw item.at("type").cannot("messages, calls of functions and what these brought are known to both");
        }
    }

    private void message(Place item) {
        String role = item.at("role").text();
        ObjectNode turn = turn(role);
        turn.set("content", content(item.at("content")));
        if (role.equals("assistant")) {
            calling = turn;
        }
    }

    private void call(Place item) {
        ObjectNode turn = calling;
        if (turn == null) {
            turn = turn("assistant").putNull("content");
            calling = turn;
        }
        Place arguments = item.at("arguments");
        if (Translator.arguments(arguments.text()).isEmpty()) {
            throw arguments.mustBe("the text of a JSON object, as Anthropic's messages have it");
        }
        ObjectNode call = turn.withArray("tool_calls")
                .addObject()
                .put("id", item.at("call_id").text())
                .put("type", "function");
        call.putObject("function").put("name", item.at("name").text()).put("arguments", arguments.text());
    }

    private static JsonNode content(Place content) {
        if (content.value().isString()) {
            return content.value();
        }
        ArrayNode parts = Json.array();
        for (Place part : content.elements()) {
            ObjectNode into = parts.addObject();
            switch (part.at("type").text()) {
                case "input_text", "output_text" ->
                    into.put("type", "text").put("text", part.at("text").text());
                case "refusal" ->
                    into.put("type", "refusal")
                            .put("refusal", part.at("refusal").text());
                case "input_image" ->
                    into.put("type", "image_url")
                            .putObject("image_url")
                            .put("url", part.only(IMAGE).at("image_url").text());
                case "input_file" ->
                    into.put("type", "file")
                            .putObject("file")
                            .put("filename", part.only(FILE).at("filename").text("document.pdf"))
                            .put("file_data", part.at("file_data").text());
                default -> throw part.at("type").cannot("texts, pictures and documents are known to both");
            }
        }
        return parts;
    }

    private void tools() {
        Place tools = responses.at("tools");
        if (tools.exists()) {
            for (Place tool : tools.elements()) {
                if (!tool.at("type").text().equals("function")) {
                    throw tool.at("type").cannot("only functions, which the client itself runs, are known to both");
                }
                ObjectNode function = tool.only(TOOL).object().deepCopy();
                function.remove("type");
                chat.withArray("tools").addObject().put("type", "function").set("function", function);
            }
        }
        Place choice = responses.at("tool_choice");
        if (choice.value().isObject()) {
            if (!choice.at("type").text().equals("function")) {
                throw choice.at("type").cannot("one function or all can be chosen");
            }
            chat.putObject("tool_choice")
                    .put("type", "function")
                    .putObject("function")
                    .put("name", choice.at("name").text());
        } else if (choice.exists()) {
            chat.put("tool_choice", choice.text());
        }
    }

    private void format() {
        Place text = responses.at("text");
        if (!text.exists()) {
            return;
        }
        Place format = text.only(TEXT).at("format");
        switch (format.exists() ? format.at("type").text() : "text") {
            case "text" -> {}
            case "json_schema" ->
                chat.putObject("response_format")
                        .put("type", "json_schema")
                        .putObject("json_schema")
                        .set("schema", format.at("schema").object());
            default -> throw format.at("type").cannot("Anthropic's messages bind an answer to a schema only");
        }
    }

    /** What an answer repeats of its request. */
    static ObjectNode repeated(ObjectNode body) {
        ObjectNode repeated = Json.object();
        for (String name : List.of("instructions", "max_output_tokens", "temperature", "top_p", "reasoning", "user")) {
            repeated.set(name, body.has(name) ? body.path(name) : NullNode.getInstance());
        }
        repeated.set("metadata", body.path("metadata").isObject() ? body.path("metadata") : Json.object());
        repeated.set("tools", body.path("tools").isArray() ? body.path("tools") : Json.array());
        repeated.put("parallel_tool_calls", body.path("parallel_tool_calls").booleanValue(true));
        repeated.set("tool_choice", body.hasNonNull("tool_choice") ? body.path("tool_choice") : AUTO);
        return repeated.put("store", false).putNull("previous_response_id").put("truncation", "disabled");
    }
}
