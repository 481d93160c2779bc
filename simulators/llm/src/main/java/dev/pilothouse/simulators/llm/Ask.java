package dev.pilothouse.simulators.llm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** What a request says that matters for its answer, read in one pass and without a tree. Used by one thread. */
final class Ask {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(200)
                    .maxStringLength(1 << 30)
                    .build())
            .build();
    static final int SOUND_TOKENS = 10;

    private static final int MOST_CHOICES = 128;
    private static final int SEARCH_DOCUMENTS = 100;
    private static final long HASH_START = 0xcbf29ce484222325L;
    private static final long HASH_PRIME = 0x100000001b3L;

    private final Protocol protocol;
    private String model = "";
    private boolean stream;
    private boolean usageAsked;
    private boolean json;
    private boolean base64;
    private int choices = 1;
    private int maxTokens = -1;
    private int dimensions;
    private long textBytes;
    private long ids;
    private int messages;
    private int images;
    private final List<String> tools = new ArrayList<>(0);
    private int inputs;
    private int characters;
    private int documents;
    private int seconds;
    private String format = "";
    private long[] hashes = {};

    private Ask(Protocol protocol) {
        this.protocol = protocol;
    }

    /**
     * Reads a body.
     *
     * @throws ProviderError.Refused where it is no JSON, or a member that matters is missing or out of range
     */
    static Ask read(Protocol protocol, byte[] body, int length) {
        var ask = new Ask(protocol);
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), body, 0, length)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw ProviderError.INVALID.because("The body must be a JSON object.");
            }
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = in.currentName();
                in.nextToken();
                ask.member(name, in);
            }
            if (in.nextToken() != null) {
                throw ProviderError.INVALID.because("Something follows the JSON object of the body.");
            }
        } catch (JacksonException e) {
            throw ProviderError.INVALID.because("We could not parse the JSON body of your request.");
        }
        ask.check();
        return ask;
    }

    private void check() {
        if (model.isEmpty()) {
            throw ProviderError.INVALID.because("you must provide a model parameter", "model");
        }
        if (protocol == Protocol.MESSAGES && maxTokens < 0) {
            throw ProviderError.INVALID.because("max_tokens: Field required", "max_tokens");
        }
        boolean empty =
                switch (protocol) {
                    case CHAT, MESSAGES, COUNT_TOKENS, RESPONSES -> messages == 0;
                    case COMPLETIONS, EMBEDDINGS, MODERATIONS, IMAGES, IMAGE_EDITS, SPEECH -> inputs == 0;
                    case RERANK -> documents == 0;
                    case IMAGE_VARIATIONS, TRANSCRIPTIONS, TRANSLATIONS -> false;
                };
        if (empty) {
            throw ProviderError.INVALID.because("The request has no messages or input.");
        }
    }

    private void member(String name, JsonParser in) {
        switch (name) {
            case "model" -> model = text(in, name);
            case "stream" -> stream = in.currentToken() == JsonToken.VALUE_TRUE;
            case "stream_options" -> streamOptions(in);
            case "stream_format" ->
                stream |= protocol == Protocol.SPEECH && text(in, name).equals("sse");
            case "query" -> all(in);
            case "documents" -> documents(in);
            case "n" -> choices = number(in, name, MOST_CHOICES);
            case "max_tokens", "max_completion_tokens", "max_output_tokens" -> maxTokens = number(in, name, Draw.MAX);
            case "dimensions" -> dimensions = number(in, name, 8192);
            case "encoding_format" -> base64 = text(in, name).equals("base64");
            case "messages" -> messages(in);
            case "system", "instructions" -> content(in);
            case "prompt" -> inputs(in);
            case "input" -> {
                if (protocol == Protocol.SPEECH) {
                    String spoken = text(in, name);
                    characters = spoken.codePointCount(0, spoken.length());
                    inputs(in);
                } else if (protocol == Protocol.RESPONSES) {
                    messages(in);
                } else {
                    inputs(in);
                }
            }
            case "tools", "functions" -> tools(in);
            case "response_format", "text" -> format(in);
            default -> in.skipChildren();
        }
    }

    private void streamOptions(JsonParser in) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            return;
        }
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean usage = in.currentName().equals("include_usage");
            JsonToken value = in.nextToken();
            usageAsked |= usage && value == JsonToken.VALUE_TRUE;
            in.skipChildren();
        }
    }

    private static String text(JsonParser in, String name) {
        if (in.currentToken() != JsonToken.VALUE_STRING) {
            throw ProviderError.INVALID.because("Invalid type for '" + name + "': expected a string.", name);
        }
        return in.getString();
    }

    private static int number(JsonParser in, String name, int most) {
        if (in.currentToken() == JsonToken.VALUE_NULL) {
            return name.equals("n") ? 1 : name.equals("dimensions") ? 0 : -1;
        }
        if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw ProviderError.INVALID.because("Invalid type for '" + name + "': expected an integer.", name);
        }
        boolean fits = in.getNumberType() == JsonParser.NumberType.INT;
        int value = fits ? in.getIntValue() : 0;
        if (value < 1 || value > most) {
            throw ProviderError.INVALID.because(
                    "Invalid '" + name + "': expected an integer from 1 to " + most + ".", name);
        }
        return value;
    }

    /** A conversation: a text is one message of it, as is each object of an array. */
    private void messages(JsonParser in) {
        if (in.currentToken() == JsonToken.VALUE_STRING) {
            messages++;
            count(in);
        } else if (in.currentToken() == JsonToken.START_ARRAY) {
            while (in.nextToken() != JsonToken.END_ARRAY) {
                messages++;
                content(in);
            }
        } else {
            in.skipChildren();
        }
    }

    /** A text, a part, or an array of these. */
    private void content(JsonParser in) {
        switch (in.currentToken()) {
            case VALUE_STRING -> count(in);
            case START_OBJECT -> part(in);
            case START_ARRAY -> {
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    content(in);
                }
            }
            default -> {}
        }
    }

    private void part(JsonParser in) {
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            in.nextToken();
            switch (name) {
                case "role",
                        "type",
                        "id",
                        "call_id",
                        "tool_use_id",
                        "tool_call_id",
                        "status",
                        "detail",
                        "cache_control" -> in.skipChildren();
                case "image_url", "source", "input_audio", "file", "file_data" -> {
                    images++;
                    in.skipChildren();
                }
                case "content", "text", "output" -> content(in);
                default -> all(in);
            }
        }
    }

    /** Counts names and values of whatever is here. */
    private void all(JsonParser in) {
        switch (in.currentToken()) {
            case START_OBJECT -> {
                while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                    count(in);
                    in.nextToken();
                    all(in);
                }
            }
            case START_ARRAY -> {
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    all(in);
                }
            }
            default -> count(in);
        }
    }

    private void tools(JsonParser in) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            in.skipChildren();
            return;
        }
        while (in.nextToken() != JsonToken.END_ARRAY) {
            int before = tools.size();
            tool(in);
            if (tools.size() == before) {
                tools.add("tool" + before);
            }
        }
    }

    /** A tool's definition, whose name stands in it or in its {@code function}. */
    private void tool(JsonParser in) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            all(in);
            return;
        }
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            count(in);
            JsonToken value = in.nextToken();
            if (name.equals("name") && value == JsonToken.VALUE_STRING) {
                tools.add(in.getString());
                count(in);
            } else if (name.equals("function")) {
                tool(in);
            } else {
                all(in);
            }
        }
    }

    private void documents(JsonParser in) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            throw ProviderError.INVALID.because("Invalid type for 'documents': expected an array.", "documents");
        }
        while (in.nextToken() != JsonToken.END_ARRAY) {
            documents++;
            all(in);
        }
    }

    private void format(JsonParser in) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            format = in.currentToken() == JsonToken.VALUE_STRING ? in.getString() : "";
            return;
        }
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            count(in);
            in.nextToken();
            if (name.equals("type")) {
                String type = text(in, "response_format");
                json |= type.equals("json_object") || type.equals("json_schema");
                count(in);
            } else if (name.equals("format")) {
                format(in);
            } else {
                all(in);
            }
        }
    }

    /** Texts that are answered one by one; each is a string or an array of token ids. */
    private void inputs(JsonParser in) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            input(in);
            return;
        }
        boolean numbers = false;
        while (in.nextToken() != JsonToken.END_ARRAY) {
            if (in.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                if (!numbers) {
                    numbers = true;
                    add(HASH_START);
                }
                id(in);
            } else {
                input(in);
            }
        }
    }

    private void input(JsonParser in) {
        add(HASH_START);
        switch (in.currentToken()) {
            case VALUE_STRING -> {
                count(in);
                hashes[inputs - 1] = hash(hashes[inputs - 1], in);
            }
            case START_ARRAY -> {
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    id(in);
                }
            }
            default -> content(in);
        }
    }

    private void id(JsonParser in) {
        if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw ProviderError.INVALID.because("An input is a string or an array of token ids.", "input");
        }
        ids++;
        hashes[inputs - 1] = hash(hashes[inputs - 1], in);
    }

    private void add(long hash) {
        if (inputs == hashes.length) {
            hashes = Arrays.copyOf(hashes, Math.max(4, inputs * 2));
        }
        hashes[inputs++] = hash;
    }

    private static long hash(long start, JsonParser in) {
        char[] chars = in.getStringCharacters();
        int from = in.getStringOffset();
        long hash = start;
        for (int i = 0; i < in.getStringLength(); i++) {
            hash = (hash ^ chars[from + i]) * HASH_PRIME;
        }
        return (hash ^ ',') * HASH_PRIME;
    }

    /** Counts the token that the parser is at, as UTF-8. */
    private void count(JsonParser in) {
        char[] chars = in.getStringCharacters();
        int from = in.getStringOffset();
        int length = in.getStringLength();
        long bytes = length;
        for (int i = from; i < from + length; i++) {
            char c = chars[i];
            if (c >= 0x80) {
                // A pair of surrogates is four bytes, so each of them adds one.
                bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
            }
        }
        textBytes += bytes;
    }

    Protocol protocol() {
        return protocol;
    }

    String model() {
        return model;
    }

    boolean stream() {
        return stream && protocol.generates();
    }

    boolean usageAsked() {
        return usageAsked;
    }

    /** Whether the answer must be a JSON object. */
    boolean json() {
        return json;
    }

    boolean base64() {
        return base64;
    }

    /** How many answers are generated. */
    int choices() {
        return switch (protocol) {
            case CHAT, IMAGES, IMAGE_EDITS, IMAGE_VARIATIONS -> choices;
            case COMPLETIONS -> choices * Math.max(1, inputs);
            case RESPONSES, MESSAGES, SPEECH, TRANSCRIPTIONS, TRANSLATIONS -> 1;
            case EMBEDDINGS, MODERATIONS, RERANK, COUNT_TOKENS -> 0;
        };
    }

    /** With the files of a form, of which each second of sound has tokens, too. */
    Ask with(int files, int secondsOfSound) {
        if (files == 0) {
            throw ProviderError.INVALID.because("The form has no file.", protocol.draws() ? "image" : "file");
        }
        images += protocol.draws() ? files : 0;
        seconds = secondsOfSound;
        ids += (long) SOUND_TOKENS * seconds;
        return this;
    }

    /** What is billed where the model's price is by the piece. */
    int pieces() {
        return switch (protocol) {
            case IMAGES, IMAGE_EDITS, IMAGE_VARIATIONS -> choices;
            case SPEECH -> characters;
            case TRANSCRIPTIONS, TRANSLATIONS -> seconds * 1000;
            case RERANK -> Math.ceilDiv(documents, SEARCH_DOCUMENTS);
            case CHAT, COMPLETIONS, RESPONSES, EMBEDDINGS, MODERATIONS, MESSAGES, COUNT_TOKENS -> 0;
        };
    }

    int documents() {
        return documents;
    }

    /** Of sound, rounded up. */
    int seconds() {
        return seconds;
    }

    /** What {@code response_format} says where it is a word; or empty. */
    String format() {
        return format;
    }

    /** Tokens of each answer, or -1. */
    int maxTokens() {
        return maxTokens;
    }

    /** Of an embedding, or 0. */
    int dimensions() {
        return dimensions;
    }

    long textBytes() {
        return textBytes;
    }

    long ids() {
        return ids;
    }

    int messages() {
        return messages;
    }

    int images() {
        return images;
    }

    int tools() {
        return tools.size();
    }

    List<String> toolNames() {
        return tools;
    }

    int inputs() {
        return inputs;
    }

    /** A number that equal inputs share. */
    long hash(int input) {
        return hashes[input];
    }
}
