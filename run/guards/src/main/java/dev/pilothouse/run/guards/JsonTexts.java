package dev.pilothouse.run.guards;

import dev.pilothouse.run.guards.Text.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The texts in a request, an answer or an event of either protocol: all strings, the names of members that may have any name, and the
 * log probabilities of an answer; all but the bytes of pictures, sound and files. Read in one pass, without a tree. For one thread.
 */
final class JsonTexts {
    private static final Set<String> NUMBERED = Set.of("index", "output_index", "content_index", "summary_index");

    /** As long and as deep as the bodies that the gateway takes. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(500)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final byte[] json;
    private final boolean request;
    private final List<Text> texts = new ArrayList<>();
    private final List<Probabilities> probabilities = new ArrayList<>();
    private boolean whole;

    private JsonTexts(byte[] json, boolean request) {
        this.json = json;
        this.request = request;
    }

    /** What a request says, in which the model's name stays as it is; nothing where it is no JSON object. */
    static JsonTexts ofRequest(byte[] json) {
        return new JsonTexts(json, true).read();
    }

    /** What an answer or an event says; nothing where it is no JSON object. */
    static JsonTexts ofAnswer(byte[] json) {
        return new JsonTexts(json, false).read();
    }

    /** Whether all of it was read: one JSON object, and nothing behind it. */
    boolean isWhole() {
        return whole;
    }

    /** All texts, in their order. */
    List<Text> texts() {
        return texts;
    }

    /** All log probabilities, in their order. */
    List<Probabilities> probabilities() {
        return probabilities;
    }

    private JsonTexts read() {
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            if (in.nextToken() == JsonToken.START_OBJECT) {
                object(in, Frame.root());
                whole = in.nextToken() == null;
            }
        } catch (JacksonException _) {
            texts.clear();
            probabilities.clear();
        }
        return this;
    }

    private void object(JsonParser in, Frame frame) {
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            if (frame.free || !Place.isPlain(name)) {
                name(in, name, frame);
            }
            JsonToken token = in.nextToken();
            if (!frame.free) {
                if (NUMBERED.contains(name) && token == JsonToken.VALUE_NUMBER_INT) {
                    frame.numbers += in.getString() + "/";
                    continue;
                }
                if (name.equals("logprobs") && (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY)) {
                    probabilities.add(Probabilities.read(in));
                    continue;
                }
                protocol(in, name, token, frame);
            }
            boolean top = frame.outer == null;
            if (!(request && top && name.equals("model"))) {
                Place place = top ? Place.ofTop(name) : frame.free ? frame.place : frame.place.of(name);
                value(in, name, place, frame);
            }
        }
    }

    /** What the protocol says about the texts of an object. */
    private static void protocol(JsonParser in, String name, JsonToken token, Frame frame) {
        boolean text = token == JsonToken.VALUE_STRING;
        switch (name) {
            case "role" -> frame.role = text ? in.getString().toLowerCase(Locale.ROOT) : "";
            case "type" -> frame.type = text ? in.getString() : "";
            case "finish_reason" -> frame.finished = text;
            default -> {}
        }
    }

    private void value(JsonParser in, String member, Place place, Frame frame) {
        switch (in.currentToken()) {
            case VALUE_STRING -> text(in, member, place, frame);
            case START_ARRAY -> {
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    value(in, member, place, frame);
                }
            }
            case START_OBJECT -> object(in, frame.inner(member, place));
            case null, default -> {}
        }
    }

    private void text(JsonParser in, String member, Place place, Frame frame) {
        int from = Math.toIntExact(in.currentTokenLocation().getByteOffset());
        String value = in.getString();
        in.finishToken();
        if (!Place.isBytes(member, value)) {
            int to = Math.toIntExact(in.currentLocation().getByteOffset());
            texts.add(new Text(from, to, value, place, member, false, frame));
        }
    }

    /** The parser has read beyond the name already, so that its end is looked for here. */
    private void name(JsonParser in, String name, Frame frame) {
        int from = Math.toIntExact(in.currentTokenLocation().getByteOffset());
        int to = from + 1;
        while (json[to] != '"') {
            to += json[to] == '\\' ? 2 : 1;
        }
        texts.add(new Text(from, to + 1, name, frame.place, name, true, frame));
    }

    /** The numbers of the choice or part that an event without pieces is about; empty where it is about all. */
    static String numbers(byte[] json) {
        var numbers = new StringBuilder();
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            in.nextToken();
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = in.currentName();
                JsonToken token = in.nextToken();
                if (NUMBERED.contains(name) && token == JsonToken.VALUE_NUMBER_INT) {
                    numbers.append(in.getString()).append('/');
                } else if (name.equals("choices") && token == JsonToken.START_ARRAY) {
                    choice(in, numbers);
                } else {
                    in.skipChildren();
                }
            }
        } catch (JacksonException _) {
            return "";
        }
        return numbers.toString();
    }

    /** The number of the first of the choices. */
    private static void choice(JsonParser in, StringBuilder numbers) {
        while (in.nextToken() != JsonToken.END_ARRAY) {
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean index = in.currentName().equals("index");
                if (in.nextToken() == JsonToken.VALUE_NUMBER_INT && index && numbers.isEmpty()) {
                    numbers.append(in.getString()).append('/');
                }
                in.skipChildren();
            }
        }
    }

    /**
     * The JSON with texts said anew; all other bytes stay as they are.
     *
     * @param said what each says now, by the order of the texts
     * @param silent whether log probabilities are taken out
     */
    byte[] replace(List<String> said, boolean silent) {
        var out = new ByteArrayOutputStream(json.length + 64);
        int done = 0;
        int next = 0;
        for (int i = 0; i < texts.size(); i++) {
            Text text = texts.get(i);
            while (silent
                    && next < probabilities.size()
                    && probabilities.get(next).from() < text.from) {
                done = silence(probabilities.get(next++), done, out);
            }
            if (!text.value.equals(said.get(i))) {
                out.write(json, done, text.from - done);
                out.writeBytes(quoted(said.get(i)).getBytes(StandardCharsets.UTF_8));
                done = text.to;
            }
        }
        while (silent && next < probabilities.size()) {
            done = silence(probabilities.get(next++), done, out);
        }
        if (done == 0) {
            return json;
        }
        out.write(json, done, json.length - done);
        return out.toByteArray();
    }

    private int silence(Probabilities taken, int done, ByteArrayOutputStream out) {
        out.write(json, done, taken.from() - done);
        out.writeBytes(taken.none());
        return taken.to();
    }

    /** A JSON string (RFC 8259, section 7) with its quotes; a surrogate without its other half is escaped, as it came. */
    static String quoted(String value) {
        return '"' + escaped(value) + '"';
    }

    /** What stands between the quotes of a JSON string. */
    static String escaped(String value) {
        var text = new StringBuilder(value.length() + 16);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1));
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (pair) {
                text.append(c).append(value.charAt(++i));
            } else if (c < ' ' || Character.isSurrogate(c)) {
                text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
