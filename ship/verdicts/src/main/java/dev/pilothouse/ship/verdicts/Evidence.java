package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.statistics.Arm;
import dev.pilothouse.ship.statistics.BlockTest;
import dev.pilothouse.ship.statistics.Blocks;
import dev.pilothouse.ship.statistics.Comparison;
import dev.pilothouse.ship.statistics.Figures;
import dev.pilothouse.ship.statistics.SequentialTest;
import dev.pilothouse.ship.statistics.Stratum;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is stored of a release's traffic says: per outcome a comparison of candidate and stable version over the steps so
 * far. Errors and wrong answers are a request's own and are tested one by one; slow answers come in bursts and are tested
 * by blocks. Immutable.
 *
 * @param comparisons by outcome
 * @param candidate the candidate's counts by step
 * @param stable the stable version's counts by step
 */
public record Evidence(
        Map<Count.Outcome, Comparison> comparisons, Map<Integer, Count> candidate, Map<Integer, Count> stable) {
    /** A curve has a point each second at first, later ones that are this part of its length apart. */
    private static final int POINTS_OF_A_CURVE = 250;

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final int MOST_LOOKS = 2_000;

    /** Evaluates what is stored of a trial. */
    public static Evidence of(Tx tx, Trial trial) {
        return of(trial, SqlCounts.of(tx, trial.tenant(), trial.release()), SqlBlocks.of(tx, trial));
    }

    static Evidence of(Trial trial, List<Count> counts, Map<Integer, Blocks> blocks) {
        var candidate = new TreeMap<Integer, Count>();
        var stable = new TreeMap<Integer, Count>();
        int last = Math.max(
                trial.step(), counts.stream().mapToInt(Count::step).max().orElse(Count.SHADOW_STEP));
        for (int step = trial.rollout().shadowRequests() > 0 ? Count.SHADOW_STEP : 0; step <= last; step++) {
            candidate.put(step, find(counts, trial.candidate(), step, step == Count.SHADOW_STEP));
            stable.put(step, find(counts, trial.stable().orElse(""), step, false));
        }
        var comparisons = new EnumMap<Count.Outcome, Comparison>(Count.Outcome.class);
        for (Count.Outcome outcome : trial.outcomes()) {
            comparisons.put(outcome, compare(trial, outcome, candidate, stable, blocks));
        }
        return new Evidence(comparisons, candidate, stable);
    }

    private static Comparison compare(
            Trial trial,
            Count.Outcome outcome,
            Map<Integer, Count> candidate,
            Map<Integer, Count> stable,
            Map<Integer, Blocks> blocks) {
        if (outcome == Count.Outcome.SLOW) {
            var steps = candidate.keySet().stream()
                    .map(step -> blocks.getOrDefault(step, Blocks.NONE))
                    .toList();
            return new BlockTest(trial.plan(outcome)).look(steps);
        }
        var strata = new ArrayList<Stratum>();
        for (var step : candidate.entrySet()) {
            Arm ours = outcome.of(step.getValue());
            Arm theirs = outcome.of(at(stable, step.getKey()));
            strata.add(step.getKey() == Count.SHADOW_STEP ? Stratum.shadow(ours, theirs) : Stratum.split(ours, theirs));
        }
        return new SequentialTest(trial.plan(outcome)).look(strata);
    }

    private static Count at(Map<Integer, Count> counts, int step) {
        return counts.getOrDefault(step, Count.none("", step, false));
    }

    /**
     * Adds a point to the curves of evidence, where one is due and something was counted since the last, or harm is shown.
     *
     * @param now time of the look
     */
    public void remember(Tx tx, Trial trial, Instant now) {
        if (harm().isEmpty() && !SqlLooks.due(tx, trial, requests(), now, BETWEEN_LOOKS, POINTS_OF_A_CURVE)) {
            return;
        }
        SqlLooks.add(tx, trial, Look.of(this, trial.step(), now));
    }

    /** The newest points of the curves of evidence, oldest first. */
    public static List<Look> looks(Tx tx, Trial trial) {
        return SqlLooks.newest(tx, trial, MOST_LOOKS);
    }

    /** The comparison of one outcome. */
    Comparison of(Count.Outcome outcome) {
        Comparison comparison = comparisons.get(outcome);
        if (comparison == null) {
            throw new IllegalStateException("The trial does not compare " + outcome);
        }
        return comparison;
    }

    /** The worst harm that is shown, if any. */
    public Optional<Comparison> harm() {
        return comparisons.values().stream()
                .filter(c -> c.verdict() == Comparison.Verdict.HARMFUL)
                .max(Comparator.comparingDouble(Comparison::logHarm));
    }

    /** The candidate's requests in a step. */
    public long requests(int step) {
        Count count = candidate.get(step);
        return count == null ? 0 : count.requests();
    }

    /** The candidate's requests over all steps. */
    public long requests() {
        return candidate.values().stream().mapToLong(Count::requests).sum();
    }

    /** What the trial's present step waits for; empty where nothing keeps it. */
    public Optional<String> waitsFor(Trial trial) {
        if (trial.step() == Count.NO_STEP) {
            return Optional.empty();
        }
        boolean shadow = trial.step() == Count.SHADOW_STEP;
        int needed = shadow ? trial.rollout().shadowRequests() : trial.rollout().minRequests();
        long seen = requests(trial.step());
        if (seen < needed) {
            String where =
                    shadow ? "In shadow: " : "At " + trial.rollout().steps().get(trial.step()) + " %: ";
            return Optional.of(where + soFar(seen, needed));
        }
        return trial.step() == trial.canarySteps() - 1 ? beforeAllTraffic(trial) : Optional.empty();
    }

    private static String soFar(long seen, long needed) {
        return (seen == 0 ? "waiting for traffic; " : "") + Figures.count(seen) + " of " + Figures.count(needed)
                + " requests so far.";
    }

    private Optional<String> beforeAllTraffic(Trial trial) {
        var missing = new ArrayList<String>();
        comparisons.forEach((outcome, comparison) -> {
            boolean labelsMayBeAbsent = outcome == Count.Outcome.WRONG
                    && !trial.rollout().labelsRequired()
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
                        + Figures.percent(trial.bounds(outcome).margin()) + counted + ")");
            }
        });
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                "Before 100 %: waiting for evidence of no harm on " + String.join(" and on ", missing) + ".");
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
