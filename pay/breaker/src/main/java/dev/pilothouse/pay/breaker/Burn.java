package dev.pilothouse.pay.breaker;

/**
 * What calls of an agent cost that ended since the last look. None of it is negative.
 *
 * @param nanoUsd the sum
 * @param calls how many
 * @param dearestNanoUsd the dearest of them
 * @param settledNanoUsd the part of the sum that is of calls whose ceiling was told when they began
 * @param ceilingNanoUsd the sum of these ceilings
 */
public record Burn(long nanoUsd, long calls, long dearestNanoUsd, long settledNanoUsd, long ceilingNanoUsd) {
    /** Nothing. */
    public static final Burn NONE = new Burn(0, 0, 0, 0, 0);

    /** A call whose ceiling nobody told. */
    public static Burn of(long nanoUsd) {
        return new Burn(nanoUsd, 1, nanoUsd, 0, 0);
    }

    /** Both. */
    Burn plus(Burn other) {
        return new Burn(
                Windows.plus(nanoUsd, other.nanoUsd),
                calls + other.calls,
                Math.max(dearestNanoUsd, other.dearestNanoUsd),
                Windows.plus(settledNanoUsd, other.settledNanoUsd),
                Windows.plus(ceilingNanoUsd, other.ceilingNanoUsd));
    }
}
