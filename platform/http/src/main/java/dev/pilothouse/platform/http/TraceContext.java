package dev.pilothouse.platform.http;

import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a request stands in a distributed trace: W3C Trace Context, Level 2, section 3.2.
 *
 * @param traceId 32 lower-case hex digits, not all zero
 * @param spanId 16 lower-case hex digits, not all zero: the caller's span, or of a trace begun here the request's own
 * @param flags two hex digits; {@code 01} means sampled
 */
public record TraceContext(String traceId, String spanId, String flags) {
    private static final Pattern TRACEPARENT =
            Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    /** Reads a {@code traceparent} header; empty where it is absent or malformed, as the specification asks. */
    public static Optional<TraceContext> parse(@Nullable String traceparent) {
        if (traceparent == null) {
            return Optional.empty();
        }
        var m = TRACEPARENT.matcher(traceparent);
        boolean wellFormed = m.matches()
                && !m.group(1).equals("ff")
                && !(m.group(1).equals("00") && m.group(5) != null)
                && !isZero(m.group(2))
                && !isZero(m.group(3));
        return wellFormed ? Optional.of(new TraceContext(m.group(2), m.group(3), m.group(4))) : Optional.empty();
    }

    /** The header to send on, at version 00. */
    public String traceparent() {
        return "00-" + traceId + "-" + spanId + "-" + flags;
    }

    /** Whether whoever began the trace wants it recorded (section 3.2.2.5.1). */
    public boolean isSampled() {
        return (Integer.parseInt(flags, 16) & 1) == 1;
    }

    private static boolean isZero(String digits) {
        return digits.chars().allMatch(c -> c == '0');
    }
}
