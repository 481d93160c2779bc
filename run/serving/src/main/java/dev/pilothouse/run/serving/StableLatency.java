package dev.pilothouse.run.serving;

import java.time.Duration;

/**
 * How long the stable version of an endpoint took lately in this process.
 *
 * @param tenant owner
 * @param endpoint endpoint name
 * @param version the stable version
 * @param median of its last answers
 * @param answers how many answers that is
 */
public record StableLatency(String tenant, String endpoint, String version, Duration median, int answers) {}
