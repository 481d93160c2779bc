package dev.pilothouse.trust.secrets;

import java.time.Instant;

/**
 * What may be known of a secret.
 *
 * @param environment environment it counts in; empty for every environment that has none of that name of its own
 * @param name its name
 * @param version counts how often it was set, from 1
 * @param setBy name of who set it last
 * @param setAt when
 */
public record Secret(String environment, String name, long version, String setBy, Instant setAt) {
    /** Whether it counts where no environment has its own. */
    public boolean everywhere() {
        return environment.isEmpty();
    }
}
