package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * A line of a file of requests (OpenAI API reference, "Batch", "The request input object").
 *
 * @param customId what the client calls it, 1 to 256 characters
 * @param url one of {@link #DIALECTS}
 * @param body what is asked
 */
record RequestLine(String customId, String url, ObjectNode body) {
    /** What a batch can ask for, by its address. */
    static final Map<String, Dialect> DIALECTS = new TreeMap<>(Map.of(
            "/v1/chat/completions", Dialect.CHAT,
            "/v1/completions", Dialect.COMPLETIONS,
            "/v1/responses", Dialect.RESPONSES,
            "/v1/embeddings", Dialect.EMBEDDINGS,
            "/v1/moderations", Dialect.MODERATIONS));

    private static final List<String> MEMBERS = List.of("custom_id", "method", "url", "body");
    private static final int LONGEST_ID = 256;

    /**
     * Reads a line.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is no such object
     */
    static RequestLine parse(byte[] line) {
        ObjectNode json = Json.parseObject(line);
        for (String member : json.propertyNames()) {
            if (!MEMBERS.contains(member)) {
                throw CommonError.INVALID.because(
                        "A request of a batch has no member '" + brief(member) + "'." + Nearest.hint(member, MEMBERS));
            }
        }
        String id = text(json, "custom_id");
        if (id.isEmpty() || id.length() > LONGEST_ID) {
            throw CommonError.INVALID.because("'custom_id' has 1 to " + LONGEST_ID + " characters.");
        }
        String method = text(json, "method");
        if (!method.equals("POST")) {
            throw CommonError.INVALID.because("'method' is 'POST', and not '" + brief(method) + "'.");
        }
        String url = text(json, "url");
        checkUrl(url);
        if (!(json.path("body") instanceof ObjectNode body)) {
            throw CommonError.INVALID.because("'body' must be the JSON object that is asked.");
        }
        return new RequestLine(id, url, body);
    }

    /**
     * Refuses an address that a batch cannot ask.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names those that it can
     */
    static void checkUrl(String url) {
        if (!DIALECTS.containsKey(url)) {
            throw CommonError.INVALID.because(
                    "A batch cannot ask '" + brief(url) + "', but " + String.join(", ", DIALECTS.keySet()) + ".");
        }
    }

    private static String text(ObjectNode json, String member) {
        JsonNode value = json.path(member);
        if (!value.isString()) {
            throw CommonError.INVALID.because("'" + member + "' must be a text.");
        }
        return value.stringValue();
    }

    /** A client's word in a sentence of ours. */
    static String brief(String word) {
        return word.length() <= 60 ? word : word.substring(0, 60) + "…";
    }

    Dialect dialect() {
        return DIALECTS.getOrDefault(url, Dialect.CHAT);
    }

    /** The line with another body, with its end. */
    byte[] with(byte[] other) {
        String head = "{\"custom_id\":" + Json.write(StringNode.valueOf(customId)) + ",\"method\":\"POST\",\"url\":\""
                + url + "\",\"body\":";
        byte[] start = head.getBytes(StandardCharsets.UTF_8);
        byte[] line = new byte[start.length + other.length + 2];
        System.arraycopy(start, 0, line, 0, start.length);
        System.arraycopy(other, 0, line, start.length, other.length);
        line[line.length - 2] = '}';
        line[line.length - 1] = '\n';
        return line;
    }
}
