package dev.pilothouse.run.llm;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.prices.Usage;
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

    private static final AnswerReader GARBAGE = new AnswerReader(false, Optional.empty(), "");

    /** Reads over all of it, and makes a tree of the usage only. */
    public static AnswerReader of(Dialect dialect, byte[] body) {
        JsonNode usage = MissingNode.getInstance();
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
                } else {
                    in.skipChildren();
                }
            }
            if (in.currentToken() != JsonToken.END_OBJECT) {
                return GARBAGE;
            }
            return new AnswerReader(
                    true, usage.isObject() ? Optional.of(dialect.usage().read(usage)) : Optional.empty(), tier);
        } catch (JacksonException _) {
            return GARBAGE;
        } catch (PilothouseException _) {
            return new AnswerReader(true, Optional.empty(), tier);
        }
    }
}
