package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;

/**
 * The most that a call can use, each from 0 to {@link Usage#MOST}; what its ceiling is computed of.
 *
 * @param inputTokens tokens on the way in, of whatever class
 * @param outputTokens tokens on the way out, reasoning included, of all choices together
 * @param requests requests that are billed by the piece
 * @param searches searches that the provider may make
 * @param images images that are billed by the piece
 * @param characters Unicode code points that are spoken
 * @param audioMillis milliseconds of sound that is listened to
 */
public record CallLimits(
        long inputTokens,
        long outputTokens,
        long requests,
        long searches,
        long images,
        long characters,
        long audioMillis) {
    public CallLimits {
        for (long limit : new long[] {inputTokens, outputTokens, requests, searches, images, characters, audioMillis}) {
            if (limit < 0 || limit > Usage.MOST) {
                throw CommonError.INVALID.because(
                        "A limit of a call is from 0 to " + Usage.MOST + ", not " + limit + ".");
            }
        }
    }

    /** Without speech. */
    public CallLimits(long inputTokens, long outputTokens, long requests, long searches, long images) {
        this(inputTokens, outputTokens, requests, searches, images, 0, 0);
    }

    /** One request with tokens only. */
    public static CallLimits tokens(long inputTokens, long outputTokens) {
        return new CallLimits(inputTokens, outputTokens, 1, 0, 0);
    }
}
