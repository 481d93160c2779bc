package dev.pilothouse.ship.verdicts;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/**
 * A point of the curves of evidence; e-values are natural logarithms.
 *
 * @param at when it was taken
 * @param step rollout step it was taken in, or {@link Count#SHADOW_STEP}
 * @param requests the candidate's requests until then
 * @param harm evidence of harm, by outcome
 * @param harmless evidence of no harm, by outcome
 */
public record Look(
        Instant at, int step, long requests, Map<Count.Outcome, Double> harm, Map<Count.Outcome, Double> harmless) {
    public Look {
        harm = Map.copyOf(harm);
        harmless = Map.copyOf(harmless);
    }

    static Look of(Evidence evidence, int step, Instant at) {
        Map<Count.Outcome, Double> harm = new EnumMap<>(Count.Outcome.class);
        Map<Count.Outcome, Double> harmless = new EnumMap<>(Count.Outcome.class);
        evidence.comparisons().forEach((outcome, comparison) -> {
            harm.put(outcome, comparison.logHarm());
            harmless.put(outcome, comparison.logHarmless());
        });
        return new Look(at, step, evidence.requests(), harm, harmless);
    }
}
