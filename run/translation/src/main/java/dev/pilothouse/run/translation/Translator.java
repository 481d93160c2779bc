package dev.pilothouse.run.translation;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.node.ObjectNode;

/** Translates requests for providers of the other family. Stateless. */
public final class Translator {
    /** Keeps numbers as they are written. */
    private static final ObjectReader EXACT = Json.MAPPER
            .reader()
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);

    /** Writes half of a surrogate pair, too, which UTF-8 has no bytes for. */
    private static final ObjectWriter ESCAPED = Json.MAPPER.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private Translator() {}

    /** Whether requests of a dialect can be translated for the other family at all. */
    public static boolean knows(Dialect dialect) {
        return dialect == Dialect.CHAT || dialect == Dialect.RESPONSES || dialect == Dialect.MESSAGES;
    }

    /**
     * Translates a request into the other family's language.
     *
     * @param asked what was read of the body
     * @param newNames whether the target is OpenAI's own, which knows newer members and none that others have added
     * @param created when it is asked, in seconds since 1970
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the member which
     *     is wrong, or which the other language cannot say
     * @throws IllegalArgumentException where it does not {@linkplain #knows know} the dialect
     */
    public static Translated translate(Asked asked, byte[] body, boolean newNames, long created) {
        ObjectNode request = read(body);
        return switch (asked.dialect()) {
            case CHAT ->
                new Translated(
                        Dialect.MESSAGES,
                        bytes(MessagesRequest.of(request)),
                        new ChatAnswers(asked.usageAsked(), created));
            case RESPONSES ->
                new Translated(
                        Dialect.MESSAGES,
                        bytes(MessagesRequest.of(ResponsesInput.chat(request))),
                        new ResponsesAnswers(ResponsesInput.repeated(request), created));
            case MESSAGES ->
                new Translated(Dialect.CHAT, bytes(ChatRequest.of(request, newNames)), new MessagesAnswers());
            case COMPLETIONS,
                    EMBEDDINGS,
                    MODERATIONS,
                    IMAGES,
                    IMAGE_EDITS,
                    IMAGE_VARIATIONS,
                    SPEECH,
                    TRANSCRIPTIONS,
                    TRANSLATIONS,
                    RERANK,
                    COUNT_TOKENS -> throw new IllegalArgumentException(asked.dialect() + " is not translated");
        };
    }

    private static ObjectNode read(byte[] body) {
        try {
            if (EXACT.readTree(body) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw CommonError.INVALID.because("The body cannot be translated, it is not valid JSON" + Json.fault(e), e);
        }
        throw CommonError.INVALID.because("The body must be a JSON object.");
    }

    /** Reads what a model or a provider wrote; empty where it is no JSON object. */
    static Optional<ObjectNode> object(String text) {
        try {
            return EXACT.readTree(text) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    /** The object that a tool is called with, from its text; an empty text is an empty object. */
    static Optional<ObjectNode> arguments(String text) {
        return text.isBlank() ? Optional.of(Json.object()) : object(text);
    }

    /** UTF-8 of a tree that a model or a client may have put anything into. */
    static byte[] bytes(ObjectNode tree) {
        try {
            return Json.bytes(tree);
        } catch (JacksonException _) {
            return ESCAPED.writeValueAsBytes(tree);
        }
    }
}
