package dev.pilothouse.ship.verdicts;

import java.time.Instant;

/**
 * A point of the curves of evidence; e-values are natural logarithms.
 *
 * @param at when it was taken
 * @param step rollout step it was taken in, or {@link Count#SHADOW_STEP}
 * @param requests the candidate's requests until then
 * @param harmErrors evidence of harm by errors
 * @param harmSlow evidence of harm by slow answers
 * @param harmWrong evidence of harm by wrong answers
 * @param harmlessErrors evidence of no harm by errors
 * @param harmlessSlow evidence of no harm by slow answers
 * @param harmlessWrong evidence of no harm by wrong answers
 */
public record Look(
        Instant at,
        int step,
        long requests,
        double harmErrors,
        double harmSlow,
        double harmWrong,
        double harmlessErrors,
        double harmlessSlow,
        double harmlessWrong) {}
