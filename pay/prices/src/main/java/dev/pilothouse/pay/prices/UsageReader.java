package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import java.math.BigDecimal;
import java.math.RoundingMode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the {@code usage} of each protocol means, as disjoint counts. Missing and null fields count as 0; negative numbers,
 * fractions and parts that are more than their whole are refused. Stateless.
 *
 * <table>
 * <caption>Fields of the usage object and the counts they become</caption>
 * <tr><th>protocol</th><th>input</th><th>cache</th><th>output and reasoning</th><th>other</th></tr>
 * <tr><td>{@link #OPENAI_CHAT}: OpenAI's and Azure's chat and text completions, vLLM, Ollama, llama.cpp</td>
 * <td>{@code prompt_tokens}, which <em>include</em> {@code prompt_tokens_details.cached_tokens}, {@code
 * .cache_write_tokens} and {@code .audio_tokens}; local servers leave the details out</td>
 * <td>read: {@code cached_tokens}; written: {@code cache_write_tokens}, which models tell whose writes have a price</td>
 * <td>{@code completion_tokens}, which <em>include</em> {@code completion_tokens_details.reasoning_tokens}, {@code
 * .audio_tokens}, {@code .image_tokens} and both {@code accepted_} and {@code rejected_prediction_tokens}; predictions cost
 * what output costs</td>
 * <td></td></tr>
 * <tr><td>{@link #REASONING_APART_CHAT}: Gemini through its OpenAI-compatible endpoint, xAI</td>
 * <td>as above</td><td>as above</td>
 * <td>{@code completion_tokens} <em>exclude</em> reasoning, which is what {@code total_tokens} count beyond prompt and
 * completion, named in {@code reasoning_tokens} (xAI) or nowhere (Gemini); without a total, it is {@code reasoning_tokens}.
 * Where the total counts nothing beyond, as {@link #OPENAI_CHAT}</td><td></td></tr>
 * <tr><td>{@link #OPENAI_RESPONSES}</td>
 * <td>{@code input_tokens}, which <em>include</em> {@code input_tokens_details.cached_tokens} and {@code
 * .cache_write_tokens}; image models also tell {@code .image_tokens}</td>
 * <td>read: {@code cached_tokens}; written: {@code cache_write_tokens}</td>
 * <td>{@code output_tokens}, which <em>include</em> {@code output_tokens_details.reasoning_tokens}; image models also tell
 * {@code .image_tokens}</td>
 * <td>searches are items of the output, which the caller counts</td></tr>
 * <tr><td>{@link #OPENAI_EMBEDDINGS}</td><td>{@code prompt_tokens}</td><td></td><td></td><td></td></tr>
 * <tr><td>{@link #OPENAI_IMAGES}</td>
 * <td>as {@link #OPENAI_RESPONSES}</td><td></td>
 * <td>{@code output_tokens} are pictures, but for {@code output_tokens_details.text_tokens}</td><td></td></tr>
 * <tr><td>{@link #OPENAI_SPEECH}</td>
 * <td>{@code input_tokens}</td><td></td><td>{@code output_tokens}, which are sound</td><td></td></tr>
 * <tr><td>{@link #OPENAI_TRANSCRIPTIONS}</td>
 * <td>{@code input_tokens}, which <em>include</em> {@code input_token_details.audio_tokens}</td><td></td>
 * <td>{@code output_tokens}</td><td>sound: {@code seconds}, in place of tokens</td></tr>
 * <tr><td>{@link #RERANK}: Jina, vLLM and, by {@code meta.billed_units}, Cohere</td>
 * <td>{@code total_tokens}, or {@code prompt_tokens} or {@code input_tokens} where there is no total</td><td></td><td></td>
 * <td>requests: {@code search_units}, else one</td></tr>
 * <tr><td>{@link #ANTHROPIC}</td>
 * <td>{@code input_tokens}, which <em>exclude</em> everything cached</td>
 * <td>read: {@code cache_read_input_tokens}; written: {@code cache_creation.ephemeral_5m_input_tokens} and {@code
 * .ephemeral_1h_input_tokens}, and the rest of {@code cache_creation_input_tokens} as for 5 minutes</td>
 * <td>{@code output_tokens}, which <em>include</em> thinking; newer models tell it in {@code
 * output_tokens_details.thinking_tokens}</td>
 * <td>searches: {@code server_tool_use.web_search_requests}</td></tr>
 * </table>
 *
 * <p>Where cached and audio tokens overlap, which no field tells, as many as possible count as audio that was not cached: the
 * dearer reading. Every usage counts one request, where its table says nothing else.
 *
 * <p>Sources: the OpenAI API reference ({@code CompletionUsage}, {@code ResponseUsage}), Anthropic's Messages API reference
 * ({@code Usage}, "Streaming messages"), Cohere's ("Rerank": {@code meta.billed_units}), xAI's "Consumption and rate limits" (reasoning is "counted separately from
 * completion_tokens, but will be counted in the total_tokens"), and for Gemini, whose notes on OpenAI compatibility are
 * silent, {@code UsageMetadata} of its API reference: the total is prompt, candidates, tool use and thoughts.
 */
public enum UsageReader {
    OPENAI_CHAT {
        @Override
        public Usage read(JsonNode usage) {
            JsonNode out = usage.path("completion_tokens_details");
            return output(
                    input(count(usage, "prompt_tokens"), usage.path("prompt_tokens_details")),
                    count(usage, "completion_tokens"),
                    out,
                    count(out, "reasoning_tokens"));
        }
    },

    REASONING_APART_CHAT {
        @Override
        public Usage read(JsonNode usage) {
            JsonNode out = usage.path("completion_tokens_details");
            long counted = count(usage, "prompt_tokens") + count(usage, "completion_tokens");
            long total = count(usage, "total_tokens");
            long apart = total == 0 ? count(out, "reasoning_tokens") : total - counted;
            if (apart <= 0) {
                return OPENAI_CHAT.read(usage);
            }
            return output(
                            input(count(usage, "prompt_tokens"), usage.path("prompt_tokens_details")),
                            count(usage, "completion_tokens"),
                            out,
                            0)
                    .with(TokenClass.REASONING, apart);
        }
    },

    OPENAI_RESPONSES {
        @Override
        public Usage read(JsonNode usage) {
            JsonNode out = usage.path("output_tokens_details");
            return output(
                    input(count(usage, "input_tokens"), usage.path("input_tokens_details")),
                    count(usage, "output_tokens"),
                    out,
                    count(out, "reasoning_tokens"));
        }
    },

    OPENAI_EMBEDDINGS {
        @Override
        public Usage read(JsonNode usage) {
            return ONE_REQUEST.with(TokenClass.INPUT, count(usage, "prompt_tokens"));
        }
    },

    OPENAI_IMAGES {
        @Override
        public Usage read(JsonNode usage) {
            long whole = count(usage, "output_tokens");
            long text = count(usage.path("output_tokens_details"), "text_tokens");
            return input(count(usage, "input_tokens"), usage.path("input_tokens_details"))
                    .with(TokenClass.OUTPUT, text)
                    .with(TokenClass.IMAGE_OUTPUT, rest(whole, text, "text tokens", "tokens on the way out"));
        }
    },

    OPENAI_SPEECH {
        @Override
        public Usage read(JsonNode usage) {
            return input(count(usage, "input_tokens"), usage.path("input_token_details"))
                    .with(TokenClass.AUDIO_OUTPUT, count(usage, "output_tokens"));
        }
    },

    OPENAI_TRANSCRIPTIONS {
        @Override
        public Usage read(JsonNode usage) {
            return input(count(usage, "input_tokens"), usage.path("input_token_details"))
                    .with(TokenClass.OUTPUT, count(usage, "output_tokens"))
                    .withAudioMillis(millis(usage.path("seconds")));
        }
    },

    RERANK {
        @Override
        public Usage read(JsonNode usage) {
            long total = count(usage, "total_tokens");
            long parts = Math.max(count(usage, "prompt_tokens"), count(usage, "input_tokens"));
            return ONE_REQUEST
                    .withRequests(usage.path("search_units").isNumber() ? count(usage, "search_units") : 1)
                    .with(TokenClass.INPUT, Math.max(total, parts));
        }
    },

    ANTHROPIC {
        @Override
        public Usage read(JsonNode usage) {
            long hour = count(usage.path("cache_creation"), "ephemeral_1h_input_tokens");
            long minutes = count(usage.path("cache_creation"), "ephemeral_5m_input_tokens");
            long written = Math.max(count(usage, "cache_creation_input_tokens"), hour + minutes);
            JsonNode out = usage.path("output_tokens_details");
            Usage input = ONE_REQUEST
                    .with(TokenClass.INPUT, count(usage, "input_tokens"))
                    .with(TokenClass.CACHE_READ, count(usage, "cache_read_input_tokens"))
                    .with(TokenClass.CACHE_WRITE_1H, hour)
                    .with(TokenClass.CACHE_WRITE_5M, written - hour);
            return output(input, count(usage, "output_tokens"), out, count(out, "thinking_tokens"))
                    .withSearches(count(usage.path("server_tool_use"), "web_search_requests"));
        }
    };

    private static final int MOST_DIGITS = 60;
    private static final Usage ONE_REQUEST = Usage.NONE.withRequests(1);

    /**
     * Reads a usage object.
     *
     * @param usage the value of {@code usage}; missing and null read as no tokens
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it contradicts itself
     */
    public abstract Usage read(JsonNode usage);

    /**
     * Reads what a stream of Anthropic's has told: {@code message_start} gives the input, and each {@code message_delta} the
     * output so far, not what was added; what the later says again replaces what the earlier said.
     *
     * @param started {@code message.usage} of {@code message_start}
     * @param delta {@code usage} of the last {@code message_delta}, missing where none has come
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it contradicts itself
     */
    public static Usage anthropicStream(JsonNode started, JsonNode delta) {
        ObjectNode merged = Json.object();
        for (JsonNode told : new JsonNode[] {started, delta}) {
            told.properties().forEach(field -> {
                if (!field.getValue().isNull()) {
                    merged.set(field.getKey(), field.getValue());
                }
            });
        }
        return ANTHROPIC.read(merged);
    }

    /**
     * A length of sound in seconds as whole milliseconds, rounded up; 0 where none is told.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is no length
     */
    public static long millis(JsonNode seconds) {
        if (seconds.isMissingNode() || seconds.isNull()) {
            return 0;
        }
        try {
            BigDecimal told = new BigDecimal(seconds.asString(""));
            if (told.signum() >= 0 && told.precision() <= MOST_DIGITS && Math.abs((long) told.scale()) <= MOST_DIGITS) {
                long millis =
                        told.movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact();
                if (millis <= Usage.MOST) {
                    return millis;
                }
            }
        } catch (ArithmeticException | NumberFormatException _) {
            // Said below.
        }
        throw CommonError.INVALID.because(
                "The usage's length of sound must be a number of seconds, up to a thousand million.");
    }

    private static Usage input(long whole, JsonNode details) {
        long cached = count(details, "cached_tokens");
        long written = count(details, "cache_write_tokens");
        long rest = rest(whole, cached + written, "cached tokens", "tokens on the way in");
        long audio = Math.min(count(details, "audio_tokens"), rest);
        long image = Math.min(count(details, "image_tokens"), rest - audio);
        return ONE_REQUEST
                .with(TokenClass.CACHE_READ, cached)
                .with(TokenClass.CACHE_WRITE_5M, written)
                .with(TokenClass.AUDIO_INPUT, audio)
                .with(TokenClass.IMAGE_INPUT, image)
                .with(TokenClass.INPUT, rest - audio - image);
    }

    private static Usage output(Usage input, long whole, JsonNode details, long reasoning) {
        long audio = count(details, "audio_tokens");
        long image = count(details, "image_tokens");
        long rest =
                rest(whole, reasoning + audio + image, "reasoning, audio and image tokens", "tokens on the way out");
        return input.with(TokenClass.REASONING, reasoning)
                .with(TokenClass.AUDIO_OUTPUT, audio)
                .with(TokenClass.IMAGE_OUTPUT, image)
                .with(TokenClass.OUTPUT, rest);
    }

    private static long rest(long whole, long part, String parts, String wholes) {
        if (part > whole) {
            throw CommonError.INVALID.because(
                    "The usage counts " + part + " " + parts + " among " + whole + " " + wholes + ".");
        }
        return whole - part;
    }

    private static long count(JsonNode parent, String field) {
        JsonNode value = parent.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return 0;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < 0
                || value.longValue() > Usage.MOST) {
            throw CommonError.INVALID.because(
                    "The usage's '" + field + "' must be a whole number from 0 to " + Usage.MOST + ".");
        }
        return value.longValue();
    }
}
