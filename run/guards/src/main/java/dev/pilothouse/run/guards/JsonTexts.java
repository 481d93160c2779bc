package dev.pilothouse.run.guards;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The texts in a request, an answer or an event of either protocol: strings that a model reads or wrote, tool calls and their results
 * among them, and none of those that only hold the protocol together. Read in one pass, without a tree. For one thread.
 */
final class JsonTexts {
    /** Members of the body that hold texts. */
    private static final Set<String> TOP = Set.of(
            "messages",
            "input",
            "instructions",
            "system",
            "prompt",
            "suffix",
            "prediction",
            "choices",
            "output",
            "content",
            "delta",
            "content_block",
            "item",
            "part",
            "text",
            "message",
            "response",
            "arguments",
            "refusal");
    /** Members that hold none, wherever they stand. */
    private static final Set<String> NO_TEXT = Set.of(
            "type",
            "role",
            "id",
            "name",
            "object",
            "model",
            "index",
            "call_id",
            "tool_call_id",
            "tool_use_id",
            "item_id",
            "finish_reason",
            "stop_reason",
            "stop_sequence",
            "status",
            "url",
            "image_url",
            "file_id",
            "file_url",
            "file_data",
            "data",
            "b64_json",
            "media_type",
            "format",
            "detail",
            "signature",
            "encrypted_content",
            "system_fingerprint",
            "service_tier",
            "user",
            "safety_identifier",
            "previous_response_id",
            "obfuscation",
            "logprobs",
            "usage",
            "cache_control",
            "metadata",
            "tool_choice",
            "tools",
            "truncation");

    private static final Set<String> NUMBERED = Set.of("index", "output_index", "content_index", "summary_index");

    /** An object or array around a text. */
    private static final class Frame {
        final @Nullable Frame outer;
        /** What a tool is called with: its members may have any name. */
        final boolean free;

        final boolean delta;
        /** One of several answers. */
        final boolean choice;

        String numbers = "";
        String role = "";
        boolean finished;

        Frame(@Nullable Frame outer, boolean free, boolean delta, boolean choice) {
            this.outer = outer;
            this.free = free;
            this.delta = delta;
            this.choice = choice;
        }
    }

    /** A text. */
    static final class Text {
        /** The byte of its opening quote. */
        final int from;
        /** Behind its closing quote. */
        final int to;
        /** What it says. */
        final String value;

        private final String member;
        private final Frame frame;

        private Text(int from, int to, String value, String member, Frame frame) {
            this.from = from;
            this.to = to;
            this.value = value;
            this.member = member;
            this.frame = frame;
        }

        /** The numbers of the objects around it, the outermost first: which choice, which part. */
        String numbers() {
            var numbers = new StringBuilder();
            for (Frame at = frame; at != null; at = at.outer) {
                numbers.insert(0, at.numbers);
            }
            return numbers.toString();
        }

        /** Names the text that it is a piece of. */
        String key() {
            return numbers() + member;
        }

        /** Whether it is a piece, of which others follow in later events. */
        boolean isDelta() {
            return frame.delta || member.equals("delta") || (frame.choice && member.equals("text"));
        }

        /** Whether its object says that it is the last piece. */
        boolean isLast() {
            for (Frame at = frame; at != null; at = at.outer) {
                if (at.finished) {
                    return true;
                }
            }
            return false;
        }

        /** Whether it is JSON inside of JSON. */
        boolean isArguments() {
            return member.equals("arguments") || member.equals("partial_json");
        }

        /** Whether those who run the program wrote it, and not a user, a tool or a model. */
        boolean isInstruction() {
            for (Frame at = frame; at != null; at = at.outer) {
                if (at.role.equals("system") || at.role.equals("developer")) {
                    return true;
                }
            }
            return member.equals("system") || member.equals("instructions");
        }
    }

    /** As long and as deep as the bodies that the gateway takes. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(500)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final List<Text> texts = new ArrayList<>();
    private final Frame root = new Frame(null, false, false, false);

    private JsonTexts() {}

    /** The texts of a JSON object; none where it is no JSON. */
    static List<Text> in(byte[] json) {
        var reading = new JsonTexts();
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            if (in.nextToken() == JsonToken.START_OBJECT) {
                while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = in.currentName();
                    in.nextToken();
                    if (TOP.contains(name)) {
                        reading.value(in, name, reading.root);
                    } else if (NUMBERED.contains(name)) {
                        reading.root.numbers += in.getString() + "/";
                    } else {
                        in.skipChildren();
                    }
                }
            }
            return reading.texts;
        } catch (JacksonException _) {
            return List.of();
        }
    }

    private void value(JsonParser in, String member, Frame frame) {
        switch (in.currentToken()) {
            case VALUE_STRING -> text(in, member, frame);
            case START_ARRAY -> {
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    value(in, member, frame);
                }
            }
            case START_OBJECT -> {
                boolean called = !frame.equals(root) && (member.equals("input") || member.equals("arguments"));
                boolean delta = frame.delta || member.equals("delta");
                object(in, new Frame(frame, frame.free || called, delta, member.equals("choices")));
            }
            case null, default -> in.skipChildren();
        }
    }

    private void object(JsonParser in, Frame frame) {
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            JsonToken token = in.nextToken();
            if (frame.free) {
                value(in, name, frame);
            } else if (NUMBERED.contains(name) && token == JsonToken.VALUE_NUMBER_INT) {
                frame.numbers += in.getString() + "/";
            } else if (name.equals("role") && token == JsonToken.VALUE_STRING) {
                frame.role = in.getString().toLowerCase(Locale.ROOT);
            } else if (name.equals("finish_reason")) {
                frame.finished = token == JsonToken.VALUE_STRING;
            } else if (NO_TEXT.contains(name)) {
                in.skipChildren();
            } else {
                value(in, name, frame);
            }
        }
    }

    private void text(JsonParser in, String member, Frame frame) {
        int from = Math.toIntExact(in.currentTokenLocation().getByteOffset());
        String value = in.getString();
        in.finishToken();
        texts.add(new Text(from, Math.toIntExact(in.currentLocation().getByteOffset()), value, member, frame));
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
     */
    static byte[] replace(byte[] json, List<Text> texts, List<String> said) {
        var out = new ByteArrayOutputStream(json.length + 64);
        int done = 0;
        for (int i = 0; i < texts.size(); i++) {
            Text text = texts.get(i);
            if (!text.value.equals(said.get(i))) {
                out.write(json, done, text.from - done);
                out.writeBytes(quoted(said.get(i)).getBytes(StandardCharsets.UTF_8));
                done = text.to;
            }
        }
        if (done == 0) {
            return json;
        }
        out.write(json, done, json.length - done);
        return out.toByteArray();
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
