package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Counts of tokens for the client. OpenAI's tokens on the way in include those of the cache, Anthropic's exclude them; what is
 * charged is read from the provider's own counts, never from these. Stateless.
 */
final class UsageCounts {
    private UsageCounts() {}

    /** OpenAI's of Anthropic's. */
    static ObjectNode chat(JsonNode usage) {
        long read = count(usage, "cache_read_input_tokens");
        long written = count(usage, "cache_creation_input_tokens");
        long in = count(usage, "input_tokens") + read + written;
        long out = count(usage, "output_tokens");
        ObjectNode chat = Json.object()
                .put("prompt_tokens", in)
                .put("completion_tokens", out)
                .put("total_tokens", in + out);
        chat.putObject("prompt_tokens_details").put("cached_tokens", read).put("cache_write_tokens", written);
        chat.putObject("completion_tokens_details")
                .put("reasoning_tokens", count(usage.path("output_tokens_details"), "thinking_tokens"));
        return chat;
    }

    /** OpenAI's, as its responses have them, of Anthropic's. */
    static ObjectNode responses(JsonNode usage) {
        ObjectNode chat = chat(usage);
        ObjectNode responses = Json.object();
        responses.set("input_tokens", chat.path("prompt_tokens"));
        responses.set("input_tokens_details", chat.path("prompt_tokens_details"));
        responses.set("output_tokens", chat.path("completion_tokens"));
        responses.set("output_tokens_details", chat.path("completion_tokens_details"));
        responses.set("total_tokens", chat.path("total_tokens"));
        return responses;
    }

    /** Adds what an event of a stream of Anthropic's tells: what is told later replaces what was told before. */
    static void add(JsonNode told, ObjectNode usage) {
        told.properties().forEach(count -> {
            if (!count.getValue().isNull()) {
                usage.set(count.getKey(), count.getValue());
            }
        });
    }

    /** Anthropic's of OpenAI's. */
    static ObjectNode messages(JsonNode usage) {
        long read = count(usage.path("prompt_tokens_details"), "cached_tokens");
        long written = count(usage.path("prompt_tokens_details"), "cache_write_tokens");
        ObjectNode messages = Json.object()
                .put("input_tokens", Math.max(0, count(usage, "prompt_tokens") - read - written))
                .put("cache_creation_input_tokens", written)
                .put("cache_read_input_tokens", read)
                .put("output_tokens", count(usage, "completion_tokens"));
        long reasoning = count(usage.path("completion_tokens_details"), "reasoning_tokens");
        if (reasoning > 0) {
            messages.putObject("output_tokens_details").put("thinking_tokens", reasoning);
        }
        return messages;
    }

    /** Of a count that a provider tells; of nonsense, nothing. */
    private static long count(JsonNode usage, String name) {
        JsonNode value = usage.path(name);
        return value.isIntegralNumber() && value.canConvertToInt() ? Math.max(0, value.intValue()) : 0;
    }
}
