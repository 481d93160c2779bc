package dev.pilothouse.run.gateway;

import java.time.Duration;

/**
 * Limits of the gateway.
 *
 * @param maxRequest bytes of a request's body, after decompression
 * @param maxAnswer bytes of an answer, streamed or not
 * @param drain how long an answer is still read whose client has left, to learn what it cost
 * @param attempts how many targets are asked for one request at most
 */
public record GatewayConfig(long maxRequest, long maxAnswer, Duration drain, int attempts) {
    /** 32 MiB in, 64 MiB out, 10 seconds, 4 attempts. */
    public static final GatewayConfig STANDARD = new GatewayConfig(32L << 20, 64L << 20, Duration.ofSeconds(10), 4);
}
