package dev.pilothouse.run.probes;

import java.time.Instant;

/**
 * What the last probes of a provider told.
 *
 * @param tenant whose provider it is
 * @param provider its name
 * @param isUp whether the last one was answered with success
 * @param since when it began to be so
 * @param at when it was last asked
 * @param why what went wrong, or empty
 */
public record ProviderState(String tenant, String provider, boolean isUp, Instant since, Instant at, String why) {}
