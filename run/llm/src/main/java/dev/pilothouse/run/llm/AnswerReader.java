package dev.pilothouse.run.llm;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.prices.UsageReader;
import dev.pilothouse.platform.json.Json;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.MissingNode;

/**
 * What an answer that came in one piece says of its cost.
 *
 * @param isJson whether it is a JSON object at all
 * @param usage what the provider counted; empty where it does not tell, or tells nonsense
 * @param serviceTier the level of service that answered, or empty
 */
public record AnswerReader(boolean isJson, Optional<Usage> usage, String serviceTier) {
    /** Reads a part of a text, behind which more follows. */
    private static final ObjectReader PARTS =
            Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final Usage ONE_REQUEST = Usage.NONE.withRequests(1);
    private static final AnswerReader GARBAGE = new AnswerReader(false, Optional.empty(), "");

    /** Reads over all of it, and makes a tree of the usage only. */
    public static AnswerReader of(Dialect dialect, byte[] body) {
        JsonNode usage = MissingNode.getInstance();
        JsonNode duration = MissingNode.getInstance();
        int images = 0;
        String tier = "";
        try (JsonParser in = Json.MAPPER.createParser(body)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                return GARBAGE;
            }
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = in.currentName();
                JsonToken value = in.nextToken();
                if (name.equals("usage") && value == JsonToken.START_OBJECT) {
                    usage = PARTS.readTree(in);
                } else if (name.equals("service_tier") && value == JsonToken.VALUE_STRING) {
                    tier = in.getString();
                } else if (name.equals("meta") && dialect == Dialect.RERANK && value == JsonToken.START_OBJECT) {
                    JsonNode billed = PARTS.readTree(in).path("billed_units");
                    usage = billed.isObject() ? billed : usage;
                } else if (name.equals("duration") && value.isScalarValue()) {
                    duration = PARTS.readTree(in);
                } else if (name.equals("data") && value == JsonToken.START_ARRAY) {
                    images = elements(in);
                } else {
                    in.skipChildren();
                }
            }
            if (in.currentToken() != JsonToken.END_OBJECT) {
                return GARBAGE;
            }
            return new AnswerReader(true, used(dialect, usage, duration, images), tier);
        } catch (JacksonException _) {
            return GARBAGE;
        } catch (PilothouseException _) {
            return new AnswerReader(true, Optional.empty(), tier);
        }
    }

    private static int elements(JsonParser in) {
        int elements = 0;
        while (in.nextToken() != JsonToken.END_ARRAY) {
            elements++;
            in.skipChildren();
        }
        return elements;
    }

    /** What is told as usage, and what of the answer itself is billed where that is not. */
    private static Optional<Usage> used(Dialect dialect, JsonNode usage, JsonNode duration, int images) {
        Optional<Usage> told = usage.isObject() ? Optional.of(dialect.usage().read(usage)) : Optional.empty();
        return switch (dialect.unit()) {
            case IMAGES -> images > 0 ? Optional.of(told.orElse(ONE_REQUEST).withImages(images)) : told;
            case SOUND ->
                duration.isMissingNode()
                                || told.filter(used -> used.audioMillis() > 0).isPresent()
                        ? told
                        : Optional.of(told.orElse(ONE_REQUEST).withAudioMillis(UsageReader.millis(duration)));
            case TOKENS, CHARACTERS, SEARCHES -> told;
        };
    }
}
