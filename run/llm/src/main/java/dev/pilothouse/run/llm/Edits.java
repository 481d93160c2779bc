package dev.pilothouse.run.llm;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Asked.Span;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.node.StringNode;

/** The changes by which a client's request becomes the one that a target is sent; all other bytes stay as they came. */
public final class Edits {
    private static final String USAGE = "{\"include_usage\":true}";

    private record Edit(int from, int to, byte[] text) {}

    private final byte[] body;
    private final int bodyStart;
    private final List<Edit> edits = new ArrayList<>(3);

    private Edits(byte[] body, int bodyStart) {
        this.body = body;
        this.bodyStart = bodyStart;
    }

    /**
     * The body for a target.
     *
     * @param newNames whether the target knows {@code max_completion_tokens}; all know the older {@code max_tokens}
     * @param model the target's name of the model
     * @param limit output tokens of each choice that are held; -1 where nothing limits them
     */
    public static byte[] of(byte[] body, Asked asked, boolean newNames, String model, long limit) {
        var edits = new Edits(body, asked.bodyStart());
        if (asked.isForm()) {
            // A line of a form ends it, and names have none in them.
            edits.edits.add(new Edit(asked.modelSpan().from(), asked.modelSpan().to(), bytes(model)));
            return edits.apply();
        }
        edits.put(asked.modelSpan(), "model", Json.write(StringNode.valueOf(model)));
        if (limit >= 0 && limit != asked.limit()) {
            edits.put(asked.limitSpan(), limitMember(asked.dialect(), newNames), Long.toString(limit));
        }
        if (asked.stream() && asked.dialect().usageOnDemand() && !asked.usageAsked()) {
            edits.put(asked.streamOptionsSpan(), "stream_options", USAGE);
        }
        return edits.apply();
    }

    /** The member that limits the output where the request has none. Compatible servers know the older name, not all the newer. */
    private static String limitMember(Dialect dialect, boolean newNames) {
        return switch (dialect) {
            case CHAT -> newNames ? "max_completion_tokens" : "max_tokens";
            case RESPONSES -> "max_output_tokens";
            case COMPLETIONS, MESSAGES -> "max_tokens";
            case EMBEDDINGS,
                    MODERATIONS,
                    IMAGES,
                    IMAGE_EDITS,
                    IMAGE_VARIATIONS,
                    SPEECH,
                    TRANSCRIPTIONS,
                    TRANSLATIONS,
                    RERANK,
                    COUNT_TOKENS -> throw new IllegalStateException(dialect + " has no limit of output");
        };
    }

    /** Replaces the value there, or adds the member in front of all others. */
    private void put(Span span, String member, String value) {
        edits.add(
                span.exists()
                        ? new Edit(span.from(), span.to(), bytes(value))
                        : new Edit(bodyStart, bodyStart, bytes("\"" + member + "\":" + value + ",")));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] apply() {
        edits.sort(Comparator.comparingInt(Edit::from));
        var out = new ByteArrayOutputStream(body.length + 128);
        int done = 0;
        for (Edit edit : edits) {
            out.write(body, done, edit.from - done);
            out.writeBytes(edit.text);
            done = edit.to;
        }
        out.write(body, done, body.length - done);
        return out.toByteArray();
    }
}
