package dev.pilothouse.pay.breaker;

import java.time.Instant;

/**
 * A call of an agent that has ended, as a trace shows it. Texts that are not known are empty.
 *
 * @param at when it ended
 * @param model the model that answered
 * @param nanoUsd what it cost; not negative
 * @param requestId the id of the request
 * @param session the agent's session
 * @param tag the feature it was made for
 */
public record SettledCall(
        Instant at,
        String model,
        long nanoUsd,
        long inputTokens,
        long outputTokens,
        String requestId,
        String session,
        String tag) {
    private static final int LONGEST = 200;

    /** Texts are cut at 200 characters: they are kept in memory, and clients choose them. */
    public SettledCall {
        if (nanoUsd < 0) {
            throw new IllegalArgumentException("A call costs nothing or more, not " + nanoUsd);
        }
        model = cut(model);
        requestId = cut(requestId);
        session = cut(session);
        tag = cut(tag);
    }

    /** A call of which only the cost is known. */
    public static SettledCall of(long nanoUsd, Instant at) {
        return new SettledCall(at, "", nanoUsd, 0, 0, "", "", "");
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
    }
}
