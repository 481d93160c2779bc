package dev.pilothouse.platform.json;

import dev.pilothouse.kernel.CommonError;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The one JSON mapper. Thread-safe. */
public final class Json {
    /** Reads and writes; nesting at most 200 levels, one string at most 64 MiB. */
    public static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(200)
                            .maxStringLength(64 << 20)
                            .build())
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private static final Pattern OWN_NAMES = Pattern.compile(
            " \\(start marker at \\[Source: [^\\]]*\\]\\)|\\[Source: [^\\]]*\\]|, from `[^`]*`|: enable `[^`]*` to allow");

    private Json() {}

    /** A new empty object. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** A new empty array. */
    public static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    /**
     * Parses any JSON value.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} with line and column
     */
    public static JsonNode parse(byte[] text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw CommonError.INVALID.because(describe(e), e);
        }
    }

    /** As {@link #parse(byte[])}. */
    public static JsonNode parse(String text) {
        return parse(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Parses an object.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where the text is no JSON object
     */
    public static ObjectNode parseObject(byte[] text) {
        if (parse(text) instanceof ObjectNode object) {
            return object;
        }
        throw CommonError.INVALID.because("The text must be a JSON object, such as {\"name\": \"x\"}.");
    }

    /** Compact text of a tree. */
    public static String write(JsonNode node) {
        return MAPPER.writeValueAsString(node);
    }

    /** Compact UTF-8 bytes of a tree. */
    public static byte[] bytes(JsonNode node) {
        return MAPPER.writeValueAsBytes(node);
    }

    private static String describe(JacksonException e) {
        return "The text is not valid JSON" + fault(e);
    }

    /** Where and why a text is no JSON, to follow 'not valid JSON': {@code " at line 1, column 2: Unexpected ..."}. */
    public static String fault(JacksonException e) {
        var at = e.getLocation();
        String place =
                at == null || at.getLineNr() < 1 ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
        // The parser's words name its own classes and settings, which say nothing to who sent the text.
        return place + ": "
                + OWN_NAMES.matcher(e.getOriginalMessage()).replaceAll("").replace('`', '\'');
    }
}
