package dev.pilothouse.run.cache;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.llm.SseReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Whether an answer came to an end that its request asked for: the model stopped, called a tool, or reached the client's own limit.
 * One that a filter or a budget cut, that the provider goes on with later, or that failed, is not given again.
 */
public final class Wholeness {
    private static final Set<String> WHOLE = Set.of(
            // OpenAI's
            "stop",
            "tool_calls",
            "function_call",
            // Anthropic's
            "end_turn",
            "stop_sequence",
            "tool_use");
    private static final Set<String> LIMIT = Set.of("length", "max_tokens");
    private static final int LONGEST_EVENT = 16 << 20;

    private final boolean shortened;
    private boolean ended;
    private boolean spoiled;

    private Wholeness(boolean shortened) {
        this.shortened = shortened;
    }

    /**
     * Looks at an answer that came as a JSON object.
     *
     * @param dialect of the provider
     * @param shortened whether its limit is not the client's own
     */
    public static boolean ofWhole(Dialect dialect, byte[] body, boolean shortened) {
        return of(dialect, List.of(body), shortened);
    }

    /**
     * Looks at an answer that came as a stream.
     *
     * @param dialect of the provider
     * @param events all of its bytes
     * @param shortened whether its limit is not the client's own
     */
    public static boolean ofStream(Dialect dialect, byte[] events, boolean shortened) {
        var data = new ArrayList<byte[]>();
        new SseReader(LONGEST_EVENT).feed(events, (bytes, from, to) -> {
            String event = new String(bytes, from, to - from, StandardCharsets.UTF_8);
            event.lines()
                    .filter(line -> line.startsWith("data:") && line.indexOf('{') >= 0)
                    .forEach(line -> data.add(line.substring(5).getBytes(StandardCharsets.UTF_8)));
        });
        return of(dialect, data, shortened);
    }

    private static boolean of(Dialect dialect, List<byte[]> objects, boolean shortened) {
        var seen = new Wholeness(shortened);
        try {
            for (byte[] object : objects) {
                JsonNode json = Json.parse(object);
                switch (dialect) {
                    case CHAT, COMPLETIONS ->
                        json.path("choices").forEach(choice -> seen.reason(choice.path("finish_reason")));
                    case MESSAGES -> {
                        seen.reason(json.path("stop_reason"));
                        seen.reason(json.path("delta").path("stop_reason"));
                    }
                    case RESPONSES -> seen.status(json);
                    case EMBEDDINGS, MODERATIONS, RERANK, COUNT_TOKENS -> seen.ended = true;
                    case IMAGES, IMAGE_EDITS, IMAGE_VARIATIONS, SPEECH, TRANSCRIPTIONS, TRANSLATIONS -> {
                        // Who asks for a picture again wants another one, and sound is too long to keep.
                    }
                }
                seen.spoiled |= json.path("error").isObject();
            }
        } catch (PilothouseException _) {
            return false;
        }
        return seen.ended && !seen.spoiled;
    }

    private void reason(JsonNode reason) {
        if (reason.isString()) {
            ended = true;
            boolean own = !shortened && LIMIT.contains(reason.asString());
            spoiled |= !own && !WHOLE.contains(reason.asString());
        }
    }

    /** Of a response, or of an event that ends one. */
    private void status(JsonNode json) {
        String type = json.path("type").asString("");
        boolean completed = json.path("object").asString("").equals("response")
                && json.path("status").asString("").equals("completed");
        ended |= completed || type.equals("response.completed");
        spoiled |= type.equals("response.incomplete") || type.equals("response.failed");
    }
}
