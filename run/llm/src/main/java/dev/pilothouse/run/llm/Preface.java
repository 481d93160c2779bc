package dev.pilothouse.run.llm;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.node.StringNode;

/**
 * Puts instructions in front of a request's own, where its protocol has a place for them: as the first system message of chat
 * completions, before {@code instructions} of responses and {@code system} of messages. All other bytes stay as they came.
 * Stateless.
 */
public final class Preface {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String BETWEEN = "\n\n";

    private Preface() {}

    /**
     * The body with the instructions.
     *
     * @param body a JSON object that {@link Asked#read} takes
     * @return the body itself where the protocol has no instructions
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where the member that would hold them is of no
     *     type that the protocol knows
     */
    public static byte[] put(Dialect dialect, byte[] body, String instructions) {
        return switch (dialect) {
            case CHAT -> put(body, "messages", instructions);
            case RESPONSES -> put(body, "instructions", instructions);
            case MESSAGES, COUNT_TOKENS -> put(body, "system", instructions);
            case COMPLETIONS,
                    EMBEDDINGS,
                    MODERATIONS,
                    IMAGES,
                    IMAGE_EDITS,
                    IMAGE_VARIATIONS,
                    SPEECH,
                    TRANSCRIPTIONS,
                    TRANSLATIONS,
                    RERANK -> body;
        };
    }

    private static byte[] put(byte[] body, String member, String instructions) {
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), body)) {
            in.nextToken();
            int start = (int) in.currentLocation().getByteOffset();
            boolean chat = member.equals("messages");
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean here = in.currentName().equals(member);
                JsonToken value = in.nextToken();
                if (!here) {
                    in.skipChildren();
                    continue;
                }
                int from = (int) in.currentTokenLocation().getByteOffset();
                if (value == JsonToken.START_ARRAY) {
                    String first = chat ? message(instructions) : block(instructions);
                    boolean empty = in.nextToken() == JsonToken.END_ARRAY;
                    return splice(body, from + 1, from + 1, first + (empty ? "" : ","));
                }
                if (value == JsonToken.VALUE_STRING && !chat) {
                    String all = instructions + BETWEEN + in.getString();
                    in.finishToken();
                    return splice(body, from, (int) in.currentLocation().getByteOffset(), quoted(all));
                }
                if (value == JsonToken.VALUE_NULL && !chat) {
                    return splice(body, from, from + "null".length(), quoted(instructions));
                }
                throw CommonError.INVALID.because(
                        "'" + member + "' must be " + (chat ? "a list of messages." : "a text."));
            }
            return chat ? body : splice(body, start, start, "\"" + member + "\":" + quoted(instructions) + ",");
        } catch (JacksonException e) {
            throw CommonError.INVALID.because("The body is no valid JSON: " + Json.fault(e), e);
        }
    }

    /** Which OpenAI's newer models take as the developer's, and all others know. */
    private static String message(String instructions) {
        return "{\"role\":\"system\",\"content\":" + quoted(instructions) + "}";
    }

    private static String block(String instructions) {
        return "{\"type\":\"text\",\"text\":" + quoted(instructions) + "}";
    }

    private static String quoted(String text) {
        return Json.write(StringNode.valueOf(text));
    }

    private static byte[] splice(byte[] body, int from, int to, String text) {
        var out = new ByteArrayOutputStream(body.length + text.length() + 16);
        out.write(body, 0, from);
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        out.write(body, to, body.length - to);
        return out.toByteArray();
    }
}
