package dev.pilothouse.ship.releases;

import java.util.Locale;

/** Where a release stands. */
public enum Phase {
    /** Gates are being run, one after the other. */
    GATING,
    /** A person has to decide. */
    AWAITING_APPROVAL,
    /** The candidate is loaded and warmed beside the stable version, without traffic. */
    LOADING,
    /** The candidate answers copies of requests that no client sees. */
    SHADOW,
    /** The candidate has the step's share of the traffic. */
    CANARY,
    /** All traffic moves to the candidate. */
    PROMOTING,
    /** All traffic moves back to the stable version. */
    ROLLING_BACK,
    /** Ended: the candidate is the stable version now, or was. */
    PROMOTED,
    /** Ended: the candidate was taken back. */
    ROLLED_BACK,
    /** Ended: a gate was red. */
    REJECTED,
    /** Ended: somebody stopped it. */
    ABORTED;

    public boolean inMotion() {
        return switch (this) {
            case PROMOTED, ROLLED_BACK, REJECTED, ABORTED -> false;
            case GATING, AWAITING_APPROVAL, LOADING, SHADOW, CANARY, PROMOTING, ROLLING_BACK -> true;
        };
    }

    public boolean gated() {
        return this == GATING || this == AWAITING_APPROVAL;
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
