package dev.pilothouse.run.llm;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Dialect.Unit;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * What a request says that routing, budgets and edits must know, read in one pass over its bytes and without a tree. What is not
 * known here is left for the provider to judge. Used by one thread.
 */
public final class Asked {
    /** The largest limit of output that is taken as meant; beyond it no model goes. */
    public static final int MOST_TOKENS = 10_000_000;

    /** A member that stands twice is refused: the provider might read another one than was read here. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(500)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /**
     * A part of the body's bytes.
     *
     * @param from its first byte
     * @param to behind its last byte; where it is not in the body, both are -1
     */
    public record Span(int from, int to) {
        static final Span NONE = new Span(-1, -1);

        boolean exists() {
            return from >= 0;
        }
    }

    private final Dialect dialect;
    private int length;
    private String model = "";
    private Span modelSpan = Span.NONE;
    private Span limitSpan = Span.NONE;
    private Span streamOptionsSpan = Span.NONE;
    private String limitMember = "";
    private int bodyStart;
    private int limit = -1;
    private int choices = 1;
    private boolean stream;
    private boolean usageAsked;
    private int messages;
    private int tools;
    private int prompts = 1;
    private boolean boundless;
    private int media;
    private long mediaBytes;
    private String user = "";
    private String serviceTier = "";
    private String size = "";
    private String quality = "";
    private long characters;
    private int documents;
    private long queryBytes;
    private Sound sound = Sound.NONE;
    private boolean form;

    private Asked(Dialect dialect, int length) {
        this.dialect = dialect;
        this.length = length;
    }

    /**
     * Reads a body.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is no JSON object, or a member that
     *     matters here is missing or out of range
     */
    public static Asked read(Dialect dialect, byte[] body) {
        var asked = new Asked(dialect, body.length);
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), body)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw CommonError.INVALID.because("The body must be a JSON object.");
            }
            asked.bodyStart = at(in.currentLocation().getByteOffset());
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = in.currentName();
                in.nextToken();
                asked.member(name, in);
            }
            if (in.nextToken() != null) {
                throw CommonError.INVALID.because("Something follows the JSON object of the body.");
            }
        } catch (JacksonException e) {
            throw CommonError.INVALID.because("The body is no valid JSON: " + Json.fault(e), e);
        }
        if (asked.model.isEmpty()) {
            throw CommonError.INVALID.because(
                    "The request names no 'model'. GET /v1/models lists those that this key may use.");
        }
        return asked;
    }

    private void member(String name, JsonParser in) {
        switch (name) {
            case "model" -> {
                int from = at(in.currentTokenLocation().getByteOffset());
                model = Members.text(name, in);
                in.finishToken();
                modelSpan = new Span(from, at(in.currentLocation().getByteOffset()));
            }
            case "stream" -> stream = in.currentToken() == JsonToken.VALUE_TRUE && dialect.streams();
            case "stream_format" -> stream |= Members.shortText(in).equals("sse") && dialect == Dialect.SPEECH;
            case "stream_options" -> streamOptions(in);
            case "n" ->
                choices = dialect.usageOnDemand() || dialect.unit() == Unit.IMAGES
                        ? Math.max(choices, Members.count(in))
                        : choices;
            case "best_of" -> choices = dialect == Dialect.COMPLETIONS ? Math.max(choices, Members.count(in)) : choices;
            case "max_tokens", "max_completion_tokens", "max_output_tokens" -> {
                // What another protocol calls its limit limits nothing here, and the provider passes over it.
                if (dialect.limits(name)) {
                    limit(name, in);
                } else {
                    in.skipChildren();
                }
            }
            case "messages" -> messages += elements(in);
            case "input" -> {
                if (dialect == Dialect.SPEECH) {
                    characters = Members.spoken(in);
                } else {
                    messages += elements(in);
                }
            }
            case "query" -> queryBytes = Members.bytes(in);
            case "documents" -> documents = elements(in);
            case "size" -> size = Members.shortText(in);
            case "quality" -> quality = Members.shortText(in);
            case "prompt" -> prompt(in);
            case "previous_response_id", "conversation" -> reference(in, Dialect.RESPONSES);
            case "mcp_servers" -> reference(in, Dialect.MESSAGES);
            case "system", "instructions" -> {
                messages++;
                skip(in);
            }
            case "tools", "functions" -> tools(in);
            case "user", "safety_identifier" -> user = user.isEmpty() ? Members.shortText(in) : user;
            case "metadata" -> metadata(in);
            case "service_tier" -> serviceTier = Members.shortText(in);
            default -> in.skipChildren();
        }
    }

    private void limit(String name, JsonParser in) {
        int from = at(in.currentTokenLocation().getByteOffset());
        if (in.currentToken() == JsonToken.VALUE_NULL) {
            // No limit, but a place: a second member of the name beside it would count for nothing.
            if (!limitSpan.exists()) {
                limitSpan = new Span(from, from + "null".length());
            }
            return;
        }
        if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw CommonError.INVALID.because("'" + name + "' must be a whole number.");
        }
        boolean fits = in.getNumberType() == JsonParser.NumberType.INT;
        int value = fits ? in.getIntValue() : -1;
        if (value < 1 || value > MOST_TOKENS) {
            throw CommonError.INVALID.because("'" + name + "' must be from 1 to " + MOST_TOKENS + ".");
        }
        if (limit >= 0) {
            throw CommonError.INVALID.because(
                    "The request limits its output twice, by '" + limitMember + "' and '" + name + "'. Leave one out.");
        }
        limit = value;
        limitMember = name;
        limitSpan = new Span(from, from + in.getStringLength());
    }

    /** Texts that are each continued, so that each is answered; an array of numbers is one text. */
    private void prompt(JsonParser in) {
        if (dialect != Dialect.COMPLETIONS) {
            // A template that the provider keeps, with a text that nobody here knows.
            reference(in, Dialect.RESPONSES);
        } else if (in.currentToken() == JsonToken.START_ARRAY) {
            int texts = 0;
            while (in.nextToken() != JsonToken.END_ARRAY) {
                texts += in.currentToken() == JsonToken.VALUE_NUMBER_INT ? 0 : 1;
                skip(in);
            }
            prompts = Math.max(1, texts);
            messages += prompts;
        } else {
            messages++;
            skip(in);
        }
    }

    /** Names what the provider reads on its own, which no byte of this request bounds. */
    private void reference(JsonParser in, Dialect known) {
        boundless |= dialect == known && in.currentToken() != JsonToken.VALUE_NULL;
        in.skipChildren();
    }

    private void streamOptions(JsonParser in) {
        int from = at(in.currentTokenLocation().getByteOffset());
        if (in.currentToken() == JsonToken.START_OBJECT) {
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean usage = in.currentName().equals("include_usage");
                usageAsked |= in.nextToken() == JsonToken.VALUE_TRUE && usage;
                in.skipChildren();
            }
        } else if (in.currentToken() != JsonToken.VALUE_NULL) {
            throw CommonError.INVALID.because("'stream_options' must be an object.");
        }
        streamOptionsSpan = new Span(from, at(in.currentLocation().getByteOffset()));
    }

    private void metadata(JsonParser in) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            return;
        }
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean id = in.currentName().equals("user_id");
            in.nextToken();
            if (id && user.isEmpty()) {
                user = Members.shortText(in);
            } else {
                in.skipChildren();
            }
        }
    }

    /** Reads over a conversation; gives the number of its messages. */
    private int elements(JsonParser in) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            skip(in);
            return 1;
        }
        int elements = 0;
        while (in.nextToken() != JsonToken.END_ARRAY) {
            elements++;
            skip(in);
        }
        return elements;
    }

    /** Reads over whatever is here, and finds pictures, sound and files in it: their bytes are no text. */
    private void skip(JsonParser in) {
        if (in.currentToken() == JsonToken.START_ARRAY) {
            while (in.nextToken() != JsonToken.END_ARRAY) {
                skip(in);
            }
        } else if (in.currentToken() == JsonToken.START_OBJECT) {
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = in.currentName();
                in.nextToken();
                switch (name) {
                    // What a tool is called with is text for the model, whatever its members are named.
                    case "input", "arguments" -> in.skipChildren();
                    case "image_url", "input_audio", "source" -> medium(in);
                    case "file", "file_data", "file_id", "file_url" -> {
                        // A document has as many tokens as it has pages.
                        boundless = true;
                        medium(in);
                    }
                    case "image" -> {
                        // A document of a reranker that is a picture has tokens by its size.
                        boundless |= dialect == Dialect.RERANK;
                        skip(in);
                    }
                    case "type" ->
                        boundless |= in.currentToken() == JsonToken.VALUE_STRING
                                && in.getString().equals("document");
                    default -> skip(in);
                }
            }
        }
    }

    private void medium(JsonParser in) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            media++;
            mediaBytes += in.currentToken() == JsonToken.VALUE_STRING ? in.getStringLength() : 0;
            return;
        }
        boolean counted = false;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = in.currentName();
            in.nextToken();
            boolean data = in.currentToken() == JsonToken.VALUE_STRING
                    && (name.equals("url")
                            || name.equals("data")
                            || name.equals("file_data")
                            || name.equals("file_id"));
            if (data) {
                counted = true;
                mediaBytes += in.getStringLength();
            } else {
                skip(in);
            }
        }
        media += counted ? 1 : 0;
    }

    private void tools(JsonParser in) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            in.skipChildren();
            return;
        }
        while (in.nextToken() != JsonToken.END_ARRAY) {
            tools++;
            if (in.currentToken() == JsonToken.START_OBJECT) {
                while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                    boolean type = in.currentName().equals("type");
                    in.nextToken();
                    if (type && in.currentToken() == JsonToken.VALUE_STRING) {
                        String kind = in.getString();
                        boundless |= !kind.equals("function") && !kind.equals("custom");
                    } else {
                        in.skipChildren();
                    }
                }
            }
        }
    }

    /** The same as it stands in a form: the model's name at its place there, and files beside the text. */
    Asked inForm(Span modelOfForm, int lengthOfForm, int files, long fileBytes, Sound listened) {
        form = true;
        modelSpan = modelOfForm;
        length = lengthOfForm;
        media = dialect.unit() == Unit.IMAGES ? files : 0;
        mediaBytes = fileBytes;
        sound = listened;
        return this;
    }

    private static int at(long offset) {
        if (offset < 0) {
            throw CommonError.INVALID.because("The body must be JSON in UTF-8.");
        }
        return Math.toIntExact(offset);
    }

    /** What is asked, in whose language. */
    public Dialect dialect() {
        return dialect;
    }

    /** The alias that is asked for. */
    public String model() {
        return model;
    }

    /** The model's name with its quotes. */
    public Span modelSpan() {
        return modelSpan;
    }

    /** Output tokens that the request allows each choice; -1 where it says nothing. */
    public int limit() {
        return limit;
    }

    /** The number of the limit. */
    public Span limitSpan() {
        return limitSpan;
    }

    /** The object, or null, of {@code stream_options}. */
    public Span streamOptionsSpan() {
        return streamOptionsSpan;
    }

    /** Behind the brace that opens the body. */
    public int bodyStart() {
        return bodyStart;
    }

    /** How many answers are asked for, at least 1. */
    public int choices() {
        return choices * prompts;
    }

    /** Whether the answer is to come as a stream. */
    public boolean stream() {
        return stream;
    }

    /** Whether the client wants the usage of a stream. */
    public boolean usageAsked() {
        return usageAsked;
    }

    /** Messages, inputs and instructions. */
    public int messages() {
        return messages;
    }

    /** Tools that are offered. */
    public int tools() {
        return tools;
    }

    /**
     * Whether the provider itself may read more than the request holds, which nobody can foresee: it may search or run something,
     * or the request names a conversation, a template or a file that the provider keeps, or a document of any length.
     */
    public boolean isBoundless() {
        return boundless;
    }

    /** Pictures, sounds and files. */
    public int media() {
        return media;
    }

    /**
     * Bytes that can be text for the model: all of the body but the data of media. UTF-8 of a text is never longer than the same
     * text in JSON, and a token of a byte-level tokenizer is at least one byte, so that this bounds the tokens of the text.
     */
    public long textBytes() {
        return Math.max(0, length - mediaBytes);
    }

    /** Whether its body is a form and not JSON. */
    public boolean isForm() {
        return form;
    }

    /** What it asks for besides tokens. */
    public Pieces pieces() {
        return new Pieces(
                dialect.unit(), choices(), size, quality, characters, documents, queryBytes, textBytes(), sound);
    }

    /** The client's user on whose behalf it calls, or empty. */
    public String user() {
        return user;
    }

    /** The level of service that is asked for, or empty. */
    public String serviceTier() {
        return serviceTier;
    }
}
