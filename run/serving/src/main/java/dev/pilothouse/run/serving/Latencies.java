package dev.pilothouse.run.serving;

import java.time.Duration;

/**
 * How long the last answers took that this process gave, up to 2,048 of them.
 *
 * @param p50 half took no longer
 * @param p95 95 % took no longer
 * @param p99 99 % took no longer
 */
public record Latencies(Duration p50, Duration p95, Duration p99) {
    /**
     * How long the stable version of an endpoint took lately in this process.
     *
     * @param tenant owner
     * @param endpoint endpoint name
     * @param version the stable version
     * @param median of its last answers
     * @param answers how many answers that is
     */
    public record Stable(String tenant, String endpoint, String version, Duration median, int answers) {}
}
