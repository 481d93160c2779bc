package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Targets of an alias as people type them: {@code PROVIDER/MODEL}, with {@code :WEIGHT} behind it where they share requests. */
final class TargetText {
    /** The last colon with nothing but digits behind it begins the weight, so that {@code llama3.2:3b} is a model. */
    private static final Pattern TARGET = Pattern.compile("([^/]+)/(.+?)(?::(\\d{1,5}))?");

    private TargetText() {}

    /**
     * Reads one.
     *
     * @throws Exit USAGE where it is none
     */
    static ObjectNode parse(String typed) {
        Matcher target = TARGET.matcher(typed);
        if (!target.matches()) {
            throw new Exit(
                    Exit.USAGE,
                    "'" + typed
                            + "' is no target. Write the provider, a slash, its name of the model and, where several"
                            + " share the requests, a weight: openai/gpt-5-mini:9. A model whose own name ends in a colon"
                            + " and digits needs its weight said.");
        }
        ObjectNode json = Json.object().put("provider", target.group(1)).put("model", target.group(2));
        if (target.group(3) != null) {
            json.put("weight", Integer.parseInt(target.group(3)));
        }
        return json;
    }

    /** Puts a list of targets, as they were typed. */
    static void put(ObjectNode body, String field, List<String> typed) {
        ArrayNode list = body.putArray(field);
        typed.forEach(each -> list.add(parse(each)));
    }

    /** Targets as they would be typed; without weights where there is one only, or where they mean nothing. */
    static String words(JsonNode targets, boolean weighted) {
        var words = new ArrayList<String>();
        for (JsonNode target : targets) {
            words.add(Show.text(target, "provider") + "/" + Show.text(target, "model")
                    + (weighted && targets.size() > 1 ? ":" + Show.text(target, "weight") : ""));
        }
        return String.join(" ", words);
    }
}
