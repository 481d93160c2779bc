package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A request for Anthropic's messages, from one for OpenAI's chat completions. For one thread. */
final class MessagesRequest {
    /** Members that Anthropic's messages have no word for. */
    private static final List<String> UNSAYABLE = List.of(
            "n",
            "logprobs",
            "top_logprobs",
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "modalities",
            "store",
            "audio",
            "functions",
            "function_call",
            "web_search_options");

    /** Members that say how, not what: without them the client gets an answer of the same kind. */
    private static final List<String> HINTS =
            List.of("metadata", "prediction", "prompt_cache_key", "prompt_cache_retention", "seed", "verbosity");

    private static final List<String> TRANSLATED = List.of(
            "model",
            "messages",
            "max_tokens",
            "max_completion_tokens",
            "temperature",
            "top_p",
            "top_k",
            "stop",
            "stream",
            "stream_options",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "response_format",
            "reasoning_effort",
            "service_tier",
            "user",
            "safety_identifier");
    private static final Set<String> MEMBERS =
            Stream.of(UNSAYABLE, HINTS, TRANSLATED).flatMap(List::stream).collect(Collectors.toUnmodifiableSet());
    /** The name says which of several people speaks; Anthropic's own layer passes over it, too. */
    private static final Set<String> MESSAGE = Set.of("role", "content", "name");

    /** With what servers answer in a message, which clients send back as it came. */
    private static final Set<String> ASSISTANT =
            Set.of("role", "content", "name", "refusal", "tool_calls", "annotations", "reasoning", "reasoning_content");

    private static final Set<String> RESULT = Set.of("role", "content", "name", "tool_call_id");
    private static final Set<String> CALL = Set.of("id", "type", "index", "function");
    private static final Set<String> CALLED = Set.of("name", "arguments");

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]+");

    private final Place chat;
    private final ObjectNode sent = Json.object();
    private final List<Place> instructions = new ArrayList<>();
    private final ArrayNode turns = Json.array();
    /** The turn that the next result of a tool joins. */
    private @Nullable ArrayNode results;

    private MessagesRequest(Place chat) {
        this.chat = chat;
    }

    /**
     * Translates.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID that names the member
     */
    static ObjectNode of(ObjectNode body) {
        return new MessagesRequest(new Place("", body)).translate();
    }

    private ObjectNode translate() {
        chat.only(MEMBERS);
        for (String name : UNSAYABLE) {
            Place member = chat.at(name);
            if (member.exists() && !saysNothing(name, member.value())) {
                throw member.cannot("Anthropic's messages have nothing of the kind");
            }
        }
        sent.put("model", chat.at("model").text());
        limit();
        chat.at("messages").elements().forEach(this::message);
        instructions();
        sent.set("messages", turns);
        sampling();
        if (chat.at("stream").flag()) {
            sent.put("stream", true);
        }
        ToolChoice.toMessages(chat, sent);
        format();
        who();
        return sent;
    }

    /** Whether a member says what would be so without it, too. */
    private static boolean saysNothing(String name, JsonNode value) {
        return switch (name) {
            case "n" -> value.isIntegralNumber() && value.bigIntegerValue().equals(BigInteger.ONE);
            case "logprobs", "store" -> value.isBoolean() && !value.booleanValue();
            case "top_logprobs", "frequency_penalty", "presence_penalty" ->
                value.isNumber() && value.decimalValue().signum() == 0;
            case "logit_bias" -> value.isObject() && value.isEmpty();
            case "modalities" -> value.size() == 1 && value.path(0).asString("").equals("text");
            default -> false;
        };
    }

    private void limit() {
        for (String name : List.of("max_tokens", "max_completion_tokens")) {
            if (chat.at(name).exists()) {
                sent.set("max_tokens", chat.at(name).number());
            }
        }
    }

    private void message(Place message) {
        String role = message.at("role").text();
        if (!role.equals("tool")) {
            results = null;
        }
        switch (role) {
            case "system", "developer" -> instructions.add(message.only(MESSAGE).at("content"));
            case "user" -> {
                Place content = message.only(MESSAGE).at("content");
                ObjectNode turn = turn("user");
                if (content.value().isString()) {
                    turn.set("content", content.value());
                } else {
                    content.elements().forEach(part -> turn.withArray("content").add(Parts.block(part)));
                }
            }
            case "assistant" -> assistant(message.only(ASSISTANT));
            case "tool" -> result(message.only(RESULT));
            default -> throw message.at("role").mustBe("system, developer, user, assistant or tool");
        }
    }

    private ObjectNode turn(String role) {
        return turns.addObject().put("role", role);
    }

    /** Anthropic's messages take instructions in front of the conversation only. */
    private void instructions() {
        if (instructions.size() == 1 && instructions.getFirst().value().isString()) {
            sent.set("system", instructions.getFirst().value());
            return;
        }
        for (Place content : instructions) {
            Parts.texts(content, sent.withArray("system"));
        }
    }

    private void assistant(Place message) {
        Place content = message.at("content");
        Place calls = message.at("tool_calls");
        ObjectNode turn = turn("assistant");
        boolean called = calls.exists() && !calls.elements().isEmpty();
        if (!called && content.value().isString()) {
            turn.set("content", content.value());
            return;
        }
        ArrayNode blocks = turn.putArray("content");
        if (content.exists()) {
            Parts.texts(content, blocks);
        }
        Parts.texts(message.at("refusal"), blocks);
        if (called) {
            calls.elements().forEach(call -> blocks.add(called(call.only(CALL))));
        }
    }

    private static ObjectNode called(Place call) {
        if (!call.at("type").text("function").equals("function")) {
            throw call.at("type").cannot("only functions are known to both");
        }
        Place function = call.at("function").only(CALLED);
        Place text = function.at("arguments");
        ObjectNode use = Json.object()
                .put("type", "tool_use")
                .put("id", id(call.at("id")))
                .put("name", function.at("name").text());
        use.set(
                "input",
                Translator.arguments(text.text())
                        .orElseThrow(() -> text.mustBe("the text of a JSON object, as Anthropic's messages have it")));
        return use;
    }

    /** Anthropic takes letters, digits, {@code _} and {@code -} in ids only, of which other servers' have more. */
    private static String id(Place id) {
        String text = id.text();
        return ID.matcher(text).matches()
                ? text
                : "call_" + HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private void result(Place message) {
        ArrayNode open = results;
        if (open == null) {
            open = turn("user").putArray("content");
            results = open;
        }
        ObjectNode result =
                open.addObject().put("type", "tool_result").put("tool_use_id", id(message.at("tool_call_id")));
        Place content = message.at("content");
        if (content.value().isString()) {
            result.set("content", content.value());
        } else {
            Parts.texts(content, result.putArray("content"));
        }
    }

    /** Temperatures above Anthropic's highest are its highest, as its own layer for clients of OpenAI has it. */
    private void sampling() {
        Place temperature = chat.at("temperature");
        if (temperature.exists()) {
            if (temperature.amount() > 1) {
                sent.put("temperature", 1);
            } else {
                sent.set("temperature", temperature.value());
            }
        }
        for (String name : List.of("top_p", "top_k")) {
            if (chat.at(name).exists()) {
                sent.set(name, chat.at(name).number());
            }
        }
        Place stop = chat.at("stop");
        if (stop.exists()) {
            ArrayNode sequences = sent.putArray("stop_sequences");
            for (Place each : stop.value().isString() ? List.of(stop) : stop.elements()) {
                if (each.text().isBlank()) {
                    throw each.cannot("Anthropic's messages stop at no blank text");
                }
                sequences.add(each.text());
            }
        }
    }

    /** Structured output, and how much is thought over. */
    private void format() {
        Place format = chat.at("response_format");
        switch (format.exists() ? format.at("type").text() : "text") {
            case "text" -> {}
            case "json_schema" -> {
                ObjectNode schema =
                        sent.withObject("output_config").putObject("format").put("type", "json_schema");
                schema.set("schema", format.at("json_schema").at("schema").object());
            }
            case "json_object" ->
                throw format.cannot("Anthropic's messages bind an answer to a schema only; ask for 'json_schema'");
            default -> throw format.at("type").mustBe("text, json_schema or json_object");
        }
        Effort.of(chat.at("reasoning_effort"))
                .ifPresent(effort -> sent.withObject("output_config").put("effort", effort.label()));
    }

    private void who() {
        Place user = chat.at("user").exists() ? chat.at("user") : chat.at("safety_identifier");
        if (user.exists()) {
            sent.putObject("metadata").put("user_id", user.text());
        }
        Place tier = chat.at("service_tier");
        switch (tier.text("auto")) {
            case "auto" -> {}
            case "default" -> sent.put("service_tier", "standard_only");
            default -> throw tier.cannot("Anthropic has no such level of service");
        }
    }
}
