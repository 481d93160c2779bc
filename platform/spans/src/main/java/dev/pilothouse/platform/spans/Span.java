package dev.pilothouse.platform.spans;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Something that took time, as a part of a trace. Immutable.
 *
 * @param traceId 32 lower-case hex digits, as W3C Trace Context has them
 * @param id 16 lower-case hex digits, not all zero
 * @param parent the span that it is a part of; empty for none
 * @param name what was done, such as {@code chat gpt-5-mini}: few different ones
 * @param kind its side of a call
 * @param from when it began
 * @param until when it ended, not before
 * @param failure what went wrong, in words; empty where nothing did
 * @param attributes what else is known, by names of the semantic conventions; values are texts, whole numbers and truth values
 */
public record Span(
        String traceId,
        String id,
        String parent,
        String name,
        Kind kind,
        Instant from,
        Instant until,
        String failure,
        Map<String, Object> attributes) {
    /** A side of a call. */
    public enum Kind {
        INTERNAL(1),
        /** Who answers. */
        SERVER(2),
        /** Who asks. */
        CLIENT(3);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        /** How the protocol numbers it. */
        int code() {
            return code;
        }
    }

    public Span {
        attributes = Map.copyOf(attributes);
        attributes.forEach((key, value) -> {
            if (!(value instanceof String || value instanceof Long || value instanceof Boolean)) {
                throw new IllegalArgumentException("The attribute '" + key + "' is a text, a Long or a Boolean");
            }
        });
        if (until.isBefore(from)) {
            throw new IllegalArgumentException("The span '" + name + "' ends before it begins");
        }
    }

    /** A new {@link #id}. */
    public static String newId() {
        long id;
        do {
            id = ThreadLocalRandom.current().nextLong();
        } while (id == 0);
        return HexFormat.of().toHexDigits(id);
    }
}
