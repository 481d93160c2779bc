package dev.pilothouse.run.llm;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.prices.UsageReader;
import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * Looks at the events of one stream on their way to the client: finds the usage, the end and errors, hides a usage that the client
 * did not ask for, and counts what was written. For one thread.
 */
public final class StreamMeter {
    /** What is to be done with an event. */
    public enum Verdict {
        /** It goes to the client as it is. */
        PASS,
        /** Not for the client. */
        HIDE,
        /** The last event: goes to the client once its cost is settled. */
        END,
        /** An error that the provider tells; nothing follows. */
        FAIL
    }

    private static final byte[] DATA = bytes("data:");
    private static final byte[] EVENT = bytes("event:");
    private static final byte[] DONE = bytes("[DONE]");
    private static final byte[] USAGE = bytes("\"usage\"");
    private static final byte[] NO_USAGE = bytes("\"usage\":null");
    private static final byte[] ERROR = bytes("\"error\"");
    private static final byte[] COMPLETED = bytes(".completed\"");
    private static final byte[] FINISHED = bytes(".done\"");

    private final Dialect dialect;
    private final boolean usageAsked;
    private final int choices;
    private JsonNode started = MissingNode.getInstance();
    private JsonNode usage = MissingNode.getInstance();
    private String serviceTier = "";
    private String id = "";
    private long pieces;
    /** Pictures, speeches or transcripts that are whole, how many of them told their usage, and what all told. */
    private int ended;

    private int told;
    private Usage made = Usage.NONE;

    /** Of the answer to a request. */
    public StreamMeter(Asked asked) {
        this.dialect = asked.dialect();
        this.usageAsked = asked.usageAsked();
        this.choices = asked.choices();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Looks at an event. */
    public Verdict look(byte[] bytes, int from, int to) {
        int data = field(bytes, from, to, DATA);
        if (data < 0) {
            return Verdict.PASS;
        }
        return switch (dialect) {
            case CHAT, COMPLETIONS -> chunk(bytes, data, to);
            case RESPONSES -> response(bytes, data, to, name(bytes, from, to));
            case MESSAGES -> message(bytes, data, to, name(bytes, from, to));
            case IMAGES, IMAGE_EDITS, IMAGE_VARIATIONS, SPEECH, TRANSCRIPTIONS, TRANSLATIONS -> made(bytes, data, to);
            case EMBEDDINGS, MODERATIONS, RERANK, COUNT_TOKENS -> Verdict.PASS;
        };
    }

    private Verdict chunk(byte[] bytes, int data, int to) {
        if (startsWith(bytes, data, to, DONE)) {
            return Verdict.END;
        }
        if (pieces++ == 0) {
            id = json(bytes, data, to).path("id").asString("");
        }
        boolean tells = contains(bytes, data, to, USAGE) && !contains(bytes, data, to, NO_USAGE);
        if (!tells && !contains(bytes, data, to, ERROR)) {
            return Verdict.PASS;
        }
        JsonNode chunk = json(bytes, data, to);
        if (chunk.path("error").isObject()) {
            return Verdict.FAIL;
        }
        if (chunk.path("usage").isObject()) {
            usage = chunk.path("usage");
            serviceTier = chunk.path("service_tier").asString("");
            if (!usageAsked && chunk.path("choices").isEmpty()) {
                return Verdict.HIDE;
            }
        }
        return Verdict.PASS;
    }

    /**
     * Pictures, speech and transcripts: the type of the data tells what it is. Each picture ends with an event of its own, and the
     * last of them ends the stream, which some servers then also end as chats do.
     */
    private Verdict made(byte[] bytes, int data, int to) {
        if (startsWith(bytes, data, to, DONE)) {
            return Verdict.END;
        }
        boolean part = !contains(bytes, data, to, COMPLETED)
                && !contains(bytes, data, to, FINISHED)
                && !contains(bytes, data, to, ERROR);
        if (part) {
            return Verdict.PASS;
        }
        JsonNode event = json(bytes, data, to);
        String type = event.path("type").asString("");
        if (type.equals("error") || event.path("error").isObject()) {
            return Verdict.FAIL;
        }
        if (!type.endsWith(".completed") && !type.endsWith(".done")) {
            return Verdict.PASS;
        }
        ended++;
        if (event.path("usage").isObject()) {
            made = made.plus(read(event.path("usage")));
        }
        return ended == choices ? Verdict.END : Verdict.PASS;
    }

    private Verdict response(byte[] bytes, int data, int to, String name) {
        return switch (name) {
            case "response.completed", "response.incomplete", "response.failed" -> {
                JsonNode response = json(bytes, data, to).path("response");
                usage = response.path("usage");
                serviceTier = response.path("service_tier").asString("");
                yield Verdict.END;
            }
            case "error" -> Verdict.FAIL;
            default -> {
                pieces += name.endsWith(".delta") ? 1 : 0;
                yield Verdict.PASS;
            }
        };
    }

    private Verdict message(byte[] bytes, int data, int to, String name) {
        return switch (name) {
            case "message_start" -> {
                JsonNode message = json(bytes, data, to).path("message");
                started = message.path("usage");
                id = message.path("id").asString("");
                yield Verdict.PASS;
            }
            case "message_delta" -> {
                usage = json(bytes, data, to).path("usage");
                yield Verdict.PASS;
            }
            case "content_block_delta" -> {
                pieces++;
                yield Verdict.PASS;
            }
            case "message_stop" -> Verdict.END;
            case "error" -> Verdict.FAIL;
            default -> Verdict.PASS;
        };
    }

    /**
     * Pieces of text or calls that came. Each is at least one token, so that more pieces than tokens were held means that the
     * provider does not keep the limit.
     */
    public long pieces() {
        return pieces;
    }

    /** What the provider counted; empty where it has not told, or told nonsense. */
    public Optional<Usage> usage() {
        try {
            if (dialect == Dialect.MESSAGES) {
                return usage.isObject() ? Optional.of(UsageReader.anthropicStream(started, usage)) : Optional.empty();
            }
            if (dialect.unit() != Dialect.Unit.TOKENS) {
                return madeUsage();
            }
            return usage.isObject() ? Optional.of(dialect.usage().read(usage)) : Optional.empty();
        } catch (PilothouseException _) {
            return Optional.empty();
        }
    }

    /** What one tells; nothing where it is nonsense, which its count then shows. */
    private Usage read(JsonNode usage) {
        try {
            Usage read = dialect.usage().read(usage);
            told++;
            return read;
        } catch (PilothouseException _) {
            return Usage.NONE;
        }
    }

    /** What all of several told, or the pictures where none tells more; empty where some do not tell. */
    private Optional<Usage> madeUsage() {
        boolean images = dialect.unit() == Dialect.Unit.IMAGES;
        if (ended == 0 || (told < ended && (told > 0 || !images))) {
            return Optional.empty();
        }
        return Optional.of(made.withRequests(1).withImages(images ? ended : 0));
    }

    /** The level of service that answered, or empty. */
    public String serviceTier() {
        return serviceTier;
    }

    /** Events that end a stream which the gateway cuts at its limit, as the provider would end it there. */
    public byte[] cut(String model) {
        String text =
                switch (dialect) {
                    case CHAT ->
                        "data: " + Json.write(choice("chat.completion.chunk", model, true)) + "\n\ndata: [DONE]\n\n";
                    case COMPLETIONS ->
                        "data: " + Json.write(choice("text_completion", model, false)) + "\n\ndata: [DONE]\n\n";
                    case MESSAGES ->
                        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
                                + "\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":" + pieces
                                + "}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
                    case RESPONSES ->
                        "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"response\":"
                                + "{\"object\":\"response\",\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":"
                                + "\"max_output_tokens\"},\"output\":[]}}\n\n";
                    // These have no limit that the gateway could cut at.
                    case EMBEDDINGS,
                            MODERATIONS,
                            IMAGES,
                            IMAGE_EDITS,
                            IMAGE_VARIATIONS,
                            SPEECH,
                            TRANSCRIPTIONS,
                            TRANSLATIONS,
                            RERANK,
                            COUNT_TOKENS -> "";
                };
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private JsonNode choice(String object, String model, boolean delta) {
        var chunk = Json.object()
                .put("id", id)
                .put("object", object)
                .put("created", 0)
                .put("model", model);
        var choice = chunk.putArray("choices").addObject().put("index", 0);
        if (delta) {
            choice.putObject("delta");
        } else {
            choice.put("text", "");
        }
        choice.put("finish_reason", "length");
        return chunk;
    }

    private static JsonNode json(byte[] bytes, int data, int to) {
        try {
            return Json.parse(Arrays.copyOfRange(bytes, data, to));
        } catch (PilothouseException _) {
            return MissingNode.getInstance();
        }
    }

    private static String name(byte[] bytes, int from, int to) {
        int value = field(bytes, from, to, EVENT);
        int end = value;
        while (end >= 0 && end < to && bytes[end] != '\n' && bytes[end] != '\r') {
            end++;
        }
        return value < 0 ? "" : new String(bytes, value, end - value, StandardCharsets.UTF_8);
    }

    /** Where the value of the first field of a name begins, without the blank before it. */
    private static int field(byte[] bytes, int from, int to, byte[] name) {
        int line = from;
        while (line < to) {
            if (startsWith(bytes, line, to, name)) {
                int value = line + name.length;
                return value < to && bytes[value] == ' ' ? value + 1 : value;
            }
            while (line < to && bytes[line] != '\n') {
                line++;
            }
            line++;
        }
        return -1;
    }

    private static boolean startsWith(byte[] bytes, int from, int to, byte[] prefix) {
        return to - from >= prefix.length && Arrays.equals(bytes, from, from + prefix.length, prefix, 0, prefix.length);
    }

    private static boolean contains(byte[] bytes, int from, int to, byte[] text) {
        for (int i = from; i <= to - text.length; i++) {
            if (bytes[i] == text[0] && startsWith(bytes, i, to, text)) {
                return true;
            }
        }
        return false;
    }
}
