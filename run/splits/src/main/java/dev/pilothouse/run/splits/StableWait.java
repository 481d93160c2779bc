package dev.pilothouse.run.splits;

import java.time.Duration;

/**
 * How long the stable side of a split took lately in this process.
 *
 * @param tenant whose alias it is
 * @param alias the alias
 * @param kind what was waited for
 * @param version the stable version
 * @param median of its last answers
 * @param answers how many answers that is
 */
public record StableWait(String tenant, String alias, Wait kind, int version, Duration median, int answers) {}
