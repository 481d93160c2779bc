package dev.pilothouse.run.cache;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A request's body in a form that is the same for bodies that say the same, and for no others: members in the order of their names,
 * texts as their UTF-16 code units behind their length (so that no two texts, however broken their surrogates, share one), numbers as
 * they are written (a provider may read {@code 1} and {@code 1.0} differently, and no number is rounded), null members of the outermost
 * object left out, as is what {@link Question#UNHEARD} names. For one thread.
 */
final class CanonicalBody {
    private static final String MESSAGES = "messages";

    private final boolean looksForText;
    private final ByteArrayOutputStream all = new ByteArrayOutputStream();
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    /** The text of the message read last, where it is nothing but a user's text. */
    private @Nullable String text;

    private CanonicalBody(boolean looksForText) {
        this.looksForText = looksForText;
    }

    /**
     * Reads a JSON object.
     *
     * @param looksForText whether the last message is wanted apart from the rest
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is none, or nested too deep
     */
    static CanonicalBody read(byte[] body, boolean looksForText) {
        var read = new CanonicalBody(looksForText);
        try (JsonParser in = Json.MAPPER.createParser(body)) {
            in.nextToken();
            read.body(in);
            return read;
        } catch (JacksonException e) {
            throw CommonError.INVALID.because("The body is no valid JSON: " + Json.fault(e), e);
        }
    }

    /** All of it. */
    byte[] all() {
        return all.toByteArray();
    }

    /** All but the text of the last message. */
    byte[] rest() {
        return rest.toByteArray();
    }

    /** The text of the last message; null where it is not a user's text alone. */
    @Nullable
    String lastMessage() {
        return text;
    }

    private void body(JsonParser in) {
        Map<String, byte[]> members = new TreeMap<>();
        byte[] withoutText = null;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            JsonToken value = in.nextToken();
            if (value == JsonToken.VALUE_NULL || Question.UNHEARD.contains(name)) {
                in.skipChildren();
            } else if (name.equals(MESSAGES) && looksForText && value == JsonToken.START_ARRAY) {
                var whole = new ByteArrayOutputStream();
                withoutText = messages(in, whole);
                members.put(name, whole.toByteArray());
            } else {
                members.put(name, value(in));
            }
        }
        members(members, all);
        if (withoutText != null) {
            members.put(MESSAGES, withoutText);
            members(members, rest);
        }
    }

    /** Reads messages; gives them once more without the text of the last. */
    private byte[] messages(JsonParser in, ByteArrayOutputStream whole) {
        var before = new ByteArrayOutputStream();
        byte[] last = {};
        byte[] lastWithoutText = {};
        while (in.nextToken() != JsonToken.END_ARRAY) {
            before.writeBytes(last);
            text = null;
            if (in.currentToken() == JsonToken.START_OBJECT) {
                Map<String, byte[]> members = new TreeMap<>();
                String said = message(in, members);
                last = object(members);
                if (said != null) {
                    members.remove("content");
                    text = said;
                }
                lastWithoutText = object(members);
            } else {
                last = value(in);
                lastWithoutText = last;
            }
        }
        array(whole, before.toByteArray(), last);
        var without = new ByteArrayOutputStream();
        array(without, before.toByteArray(), lastWithoutText);
        return without.toByteArray();
    }

    /** Reads a message; gives its text where it is a user's and nothing but text. */
    private static @Nullable String message(JsonParser in, Map<String, byte[]> members) {
        boolean byUser = false;
        String said = null;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            boolean isText = in.nextToken() == JsonToken.VALUE_STRING;
            byUser |= isText && name.equals("role") && in.getString().equals("user");
            said = isText && name.equals("content") ? in.getString() : said;
            members.put(name, value(in));
        }
        return byUser ? said : null;
    }

    /** The value at which the parser stands. */
    private static byte[] value(JsonParser in) {
        var out = new ByteArrayOutputStream();
        switch (in.currentToken()) {
            case START_OBJECT -> {
                Map<String, byte[]> members = new TreeMap<>();
                while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = in.currentName();
                    in.nextToken();
                    members.put(name, value(in));
                }
                members(members, out);
            }
            case START_ARRAY -> {
                var elements = new ByteArrayOutputStream();
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    elements.writeBytes(value(in));
                }
                array(out, elements.toByteArray(), new byte[0]);
            }
            case VALUE_STRING -> {
                out.write('s');
                text(out, in.getString());
            }
            default -> {
                // Numbers, true, false and null, as they are written.
                out.write('v');
                text(out, in.getString());
            }
        }
        return out.toByteArray();
    }

    private static byte[] object(Map<String, byte[]> members) {
        var out = new ByteArrayOutputStream();
        members(members, out);
        return out.toByteArray();
    }

    private static void members(Map<String, byte[]> members, ByteArrayOutputStream out) {
        out.write('{');
        members.forEach((name, value) -> {
            text(out, name);
            out.writeBytes(value);
        });
        out.write('}');
    }

    private static void array(ByteArrayOutputStream out, byte[] first, byte[] last) {
        out.write('[');
        out.writeBytes(first);
        out.writeBytes(last);
        out.write(']');
    }

    /** A text behind its length, so that no two sequences of texts come to the same bytes. */
    static void text(ByteArrayOutputStream out, String text) {
        int length = text.length();
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.write(length >>> shift);
        }
        for (int i = 0; i < length; i++) {
            out.write(text.charAt(i) >>> 8);
            out.write(text.charAt(i));
        }
    }
}
