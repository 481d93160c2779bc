package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Tools that a model may call, and which it must. Stateless. */
final class ToolChoice {
    private static final Set<String> CHAT_TOOL = Set.of("type", "function");
    private static final Set<String> FUNCTION = Set.of("name", "description", "parameters", "strict");
    /** With hints: to the cache, to the stream, and examples of calls. */
    private static final Set<String> MESSAGES_TOOL = Set.of(
            "type",
            "name",
            "description",
            "input_schema",
            "strict",
            "cache_control",
            "eager_input_streaming",
            "input_examples");

    private static final String ONLY_FUNCTIONS = "only functions, which the client itself runs, are known to both";

    private ToolChoice() {}

    /** From chat completions; where there are no tools, there is nothing to choose. */
    static void toMessages(Place chat, ObjectNode sent) {
        Place tools = chat.at("tools");
        if (!tools.exists() || tools.elements().isEmpty()) {
            return;
        }
        ArrayNode into = sent.putArray("tools");
        for (Place tool : tools.elements()) {
            if (!tool.at("type").text().equals("function")) {
                throw tool.at("type").cannot(ONLY_FUNCTIONS);
            }
            Place function = tool.only(CHAT_TOOL).at("function").only(FUNCTION);
            ObjectNode known = into.addObject().put("name", function.at("name").text());
            describe(function, known);
            known.set(
                    "input_schema",
                    function.at("parameters").exists()
                            ? function.at("parameters").object()
                            : Json.object().put("type", "object"));
            strict(function, known);
        }
        Place choice = chat.at("tool_choice");
        boolean single = chat.at("parallel_tool_calls").exists()
                && !chat.at("parallel_tool_calls").flag();
        if (choice.exists() || single) {
            ObjectNode chosen = sent.putObject("tool_choice");
            choose(choice, chosen);
            if (single && !chosen.path("type").asString().equals("none")) {
                chosen.put("disable_parallel_tool_use", true);
            }
        }
    }

    private static void choose(Place choice, ObjectNode chosen) {
        if (choice.value().isObject()) {
            if (!choice.at("type").text().equals("function")) {
                throw choice.at("type").cannot("one function or all can be chosen");
            }
            chosen.put("type", "tool")
                    .put("name", choice.at("function").at("name").text());
            return;
        }
        switch (choice.text("auto")) {
            case "auto" -> chosen.put("type", "auto");
            case "required" -> chosen.put("type", "any");
            case "none" -> chosen.put("type", "none");
            default -> throw choice.mustBe("auto, required, none or a function");
        }
    }

    /** From messages. */
    static void toChat(Place messages, ObjectNode sent) {
        Place tools = messages.at("tools");
        if (!tools.exists() || tools.elements().isEmpty()) {
            return;
        }
        ArrayNode into = sent.putArray("tools");
        for (Place tool : tools.elements()) {
            if (!tool.at("type").text("custom").equals("custom")) {
                throw tool.at("type").cannot(ONLY_FUNCTIONS);
            }
            tool.only(MESSAGES_TOOL);
            ObjectNode function = into.addObject()
                    .put("type", "function")
                    .putObject("function")
                    .put("name", tool.at("name").text());
            describe(tool, function);
            function.set("parameters", tool.at("input_schema").object());
            strict(tool, function);
        }
        Place choice = messages.at("tool_choice");
        if (!choice.exists()) {
            return;
        }
        switch (choice.at("type").text()) {
            case "auto" -> sent.put("tool_choice", "auto");
            case "any" -> sent.put("tool_choice", "required");
            case "none" -> sent.put("tool_choice", "none");
            case "tool" -> {
                ObjectNode chosen = sent.putObject("tool_choice").put("type", "function");
                chosen.putObject("function").put("name", choice.at("name").text());
            }
            default -> throw choice.at("type").mustBe("auto, any, none or tool");
        }
        if (choice.at("disable_parallel_tool_use").flag()) {
            sent.put("parallel_tool_calls", false);
        }
    }

    private static void describe(Place from, ObjectNode to) {
        if (from.at("description").exists()) {
            to.put("description", from.at("description").text());
        }
    }

    private static void strict(Place from, ObjectNode to) {
        if (from.at("strict").flag()) {
            to.put("strict", true);
        }
    }
}
