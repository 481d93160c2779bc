package dev.pilothouse.ship.delivery;

import dev.pilothouse.ship.statistics.Arm;
import dev.pilothouse.ship.statistics.Comparison;
import dev.pilothouse.ship.statistics.Figures;
import dev.pilothouse.ship.statistics.SequentialTest;
import dev.pilothouse.ship.statistics.Stratum;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the stored counts of a release say: per outcome a comparison of candidate and stable version over the steps so far.
 * A pure function of the counts.
 *
 * <p>{@code rollout.alpha} is shared equally by the three outcomes (Bonferroni), whether or not labels come back, so that
 * the chance of rolling back a release which is not worse in any is at most {@code alpha} in all. {@code rollout.beta}
 * holds per outcome: a release must pass all three, so a false all-clear in one alone promotes nothing that is bad.
 *
 * @param comparisons by outcome
 * @param candidate the candidate's counts by step
 * @param stable the stable version's counts by step
 */
record Evidence(Map<Count.Outcome, Comparison> comparisons, Map<Integer, Count> candidate, Map<Integer, Count> stable) {

    /** Evaluates the counts of a release whose stable version has the given label. */
    static Evidence of(Release release, Optional<String> stableLabel, List<Count> counts) {
        var candidate = new java.util.TreeMap<Integer, Count>();
        var stable = new java.util.TreeMap<Integer, Count>();
        int last = lastStep(release, counts);
        boolean hasShadow = release.spec().rollout().shadowRequests() > 0;
        for (int step = hasShadow ? Count.SHADOW_STEP : 0; step <= last; step++) {
            boolean shadow = step == Count.SHADOW_STEP;
            candidate.put(step, find(counts, release.candidate().label(), step, shadow));
            stable.put(step, find(counts, stableLabel.orElse(""), step, false));
        }
        var comparisons = new EnumMap<Count.Outcome, Comparison>(Count.Outcome.class);
        for (Count.Outcome outcome : Count.Outcome.values()) {
            var strata = new ArrayList<Stratum>();
            for (int step : candidate.keySet()) {
                Arm a = outcome.of(find(counts, release.candidate().label(), step, step == Count.SHADOW_STEP));
                Arm b = outcome.of(find(counts, stableLabel.orElse(""), step, false));
                strata.add(step == Count.SHADOW_STEP ? Stratum.shadow(a, b) : Stratum.split(a, b));
            }
            comparisons.put(outcome, test(release, outcome).look(strata));
        }
        return new Evidence(comparisons, candidate, stable);
    }

    /** The comparison of one outcome. */
    Comparison of(Count.Outcome outcome) {
        Comparison comparison = comparisons.get(outcome);
        if (comparison == null) {
            throw new IllegalStateException("Every outcome is compared, but not " + outcome);
        }
        return comparison;
    }

    /** The worst harm that is shown, if any. */
    Optional<Comparison> harm() {
        return comparisons.values().stream()
                .filter(c -> c.verdict() == Comparison.Verdict.HARMFUL)
                .max(java.util.Comparator.comparingDouble(Comparison::logHarm));
    }

    /** The candidate's requests in a step. */
    long requests(int step) {
        Count count = candidate.get(step);
        return count == null ? 0 : count.requests();
    }

    /** The candidate's requests over all steps. */
    long requests() {
        return candidate.values().stream().mapToLong(Count::requests).sum();
    }

    /** What a release in its present phase waits for; empty where nothing keeps it. */
    Optional<String> waitsFor(Release release) {
        var rollout = release.spec().rollout();
        return switch (release.state().phase()) {
            case SHADOW -> {
                long seen = requests(Count.SHADOW_STEP);
                if (seen < rollout.shadowRequests()) {
                    yield Optional.of("In shadow: " + soFar(seen, rollout.shadowRequests()));
                }
                yield release.canarySteps() == 0 ? beforeAllTraffic(release) : Optional.empty();
            }
            case CANARY -> {
                int step = release.state().step();
                long seen = requests(step);
                if (seen < rollout.minRequests()) {
                    yield Optional.of("At " + rollout.steps().get(step) + " %: " + soFar(seen, rollout.minRequests()));
                }
                yield step == release.canarySteps() - 1 ? beforeAllTraffic(release) : Optional.empty();
            }
            default -> Optional.empty();
        };
    }

    private static String soFar(long seen, long needed) {
        return (seen == 0 ? "waiting for traffic; " : "") + Figures.count(seen) + " of " + Figures.count(needed)
                + " requests so far.";
    }

    private Optional<String> beforeAllTraffic(Release release) {
        var missing = new ArrayList<String>();
        comparisons.forEach((outcome, comparison) -> {
            boolean labelsMayBeAbsent = outcome == Count.Outcome.WRONG
                    && !release.spec().rollout().labelsRequired()
                    && comparison.candidate().trials() == 0
                    && comparison.stable().trials() == 0;
            if (comparison.logHarmless() < Math.log(comparison.harmlessLimit()) && !labelsMayBeAbsent) {
                String counted = outcome == Count.Outcome.WRONG
                        ? ", " + Figures.count(comparison.candidate().trials()) + " labels"
                        : "";
                missing.add(outcome.words() + " (e = " + Figures.eValue(comparison.logHarmless()) + ", needed "
                        + Figures.eValue(Math.log(comparison.harmlessLimit())) + "; "
                        + Figures.percent(comparison.candidate().rate()) + " against "
                        + Figures.percent(comparison.stable().rate()) + ", margin "
                        + Figures.percent(bounds(release, outcome).margin()) + counted + ")");
            }
        });
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                "Before 100 %: waiting for evidence of no harm on " + String.join(" and on ", missing) + ".");
    }

    static SequentialTest test(Release release, Count.Outcome outcome) {
        var rollout = release.spec().rollout();
        var bounds = bounds(release, outcome);
        int planned = release.canarySteps() + (rollout.shadowRequests() > 0 ? 1 : 0);
        return new SequentialTest(
                outcome.words(),
                bounds.tolerance(),
                bounds.margin(),
                rollout.alpha() / Count.Outcome.values().length,
                rollout.beta(),
                Math.max(1, planned));
    }

    private static ServiceSpec.Bounds bounds(Release release, Count.Outcome outcome) {
        return switch (outcome) {
            case ERRORS -> release.spec().rollout().errors();
            case SLOW -> release.spec().rollout().slow();
            case WRONG -> release.spec().rollout().accuracy();
        };
    }

    private static int lastStep(Release release, List<Count> counts) {
        int counted = counts.stream().mapToInt(Count::step).max().orElse(Count.SHADOW_STEP);
        return release.state().phase() == Phase.CANARY
                ? Math.max(counted, release.state().step())
                : counted;
    }

    private static Count find(List<Count> counts, String version, int step, boolean shadow) {
        for (Count count : counts) {
            if (count.version().equals(version) && count.step() == step && count.shadow() == shadow) {
                return count;
            }
        }
        return Count.none(version, step, shadow);
    }
}
