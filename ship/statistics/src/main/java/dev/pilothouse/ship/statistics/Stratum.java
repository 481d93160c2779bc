package dev.pilothouse.ship.statistics;

/**
 * What was counted during one rollout step. The traffic weight is constant within it and the outcome's base rate is taken
 * to be; both may differ between strata.
 *
 * @param candidate the new version
 * @param stable the version in production, over the same time
 * @param paired whether both answered the very same requests (a shadow), so that their outcomes depend on each other
 */
public record Stratum(Arm candidate, Arm stable, boolean paired) {
    /** A canary step: each request went to one of the two. */
    public static Stratum split(Arm candidate, Arm stable) {
        return new Stratum(candidate, stable, false);
    }

    /** A shadow: both answered each request. */
    public static Stratum shadow(Arm candidate, Arm stable) {
        return new Stratum(candidate, stable, true);
    }
}
