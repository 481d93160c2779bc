package dev.pilothouse.ship.verdicts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.spec.SpecReader;
import dev.pilothouse.ship.statistics.Arm;
import dev.pilothouse.ship.statistics.BlockTest;
import dev.pilothouse.ship.statistics.Blocks;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whole rollouts of what has four outcomes, simulated at their bounds: the chance of a false alarm is all outcomes' together. */
class FourOutcomesTest {
    private static final ServiceSpec.Rollout ROLLOUT =
            SpecReader.read("pilothouse.yaml", """
                    apiVersion: pilothouse.dev/v1
                    kind: Service
                    metadata: {name: fraud}
                    model: {name: fraud}
                    rollout:
                      steps: [20, 50, 100]
                      min-requests: 300
                      alpha: 0.05
                      errors: {tolerance: 0, margin: 0.05}
                      slow: {tolerance: 0, margin: 0.10}
                      accuracy: {tolerance: 0, margin: 0.05}
                    """).getFirst().spec().rollout();
    private static final ServiceSpec.Bounds COST = new ServiceSpec.Bounds(0, 0.05);
    private static final int RUNS = 200;

    private static Trial trial(int step) {
        return new Trial("acme", "rel", "new", Optional.of("old"), ROLLOUT, step, false, Optional.of(COST));
    }

    /** How a rollout ends after at most so many looks. */
    private static Verdict run(Random random, double[] stable, double[] candidate) {
        var counts = new HashMap<String, long[]>();
        Map<Integer, Blocks> blocks = new HashMap<>();
        int step = 0;
        for (int look = 0; look < 120; look++) {
            int percent = ROLLOUT.steps().get(step);
            Arm slowNew = Arm.NONE;
            Arm slowOld = Arm.NONE;
            for (int i = 0; i < 40; i++) {
                boolean isNew = random.nextInt(100) < percent;
                long[] sums = counts.computeIfAbsent((isNew ? "new" : "old") + step, _ -> new long[5]);
                double[] rates = isNew ? candidate : stable;
                sums[0]++;
                for (int outcome = 0; outcome < 4; outcome++) {
                    boolean happened = random.nextDouble() < rates[outcome];
                    sums[1 + outcome] += happened ? 1 : 0;
                    if (outcome == 1) {
                        Arm arm = new Arm(1, happened ? 1 : 0);
                        slowNew = isNew ? slowNew.plus(arm) : slowNew;
                        slowOld = isNew ? slowOld : slowOld.plus(arm);
                    }
                }
            }
            var test = new BlockTest(trial(step).plan(Count.Outcome.SLOW));
            blocks.put(step, test.add(blocks.getOrDefault(step, Blocks.NONE), slowNew, slowOld));
            List<Count> rows = new ArrayList<>();
            counts.forEach((key, s) -> rows.add(new Count(
                    key.substring(0, 3),
                    Integer.parseInt(key.substring(3)),
                    false,
                    s[0],
                    s[1],
                    s[2],
                    s[0],
                    s[3],
                    s[4])));
            Trial trial = trial(step);
            Verdict verdict = Verdict.of(Evidence.of(trial, rows, blocks), trial, false, Instant.EPOCH, Instant.EPOCH);
            if (verdict instanceof Verdict.Harmful || (verdict instanceof Verdict.Passed && step == 1)) {
                return verdict;
            }
            step = verdict instanceof Verdict.Passed ? 1 : step;
        }
        return new Verdict.Open();
    }

    private static long harmful(long seed, double[] stable, double[] candidate, String why) {
        var random = new Random(seed);
        long harmful = 0;
        for (int i = 0; i < RUNS; i++) {
            harmful += run(random, stable, candidate) instanceof Verdict.Harmful(String words) && words.contains(why)
                    ? 1
                    : 0;
        }
        return harmful;
    }

    @Test
    void aCandidateThatIsNoWorseInAnyIsRolledBackNoMoreOftenThanDeclared() {
        double[] same = {0.02, 0.10, 0.05, 0.08};
        // alpha is 0.05: of 200 runs 10 at most in the mean, and above 20 with a chance of about 1 in 1,000.
        assertThat(harmful(20_261_127, same, same, "")).isLessThanOrEqualTo(20);
    }

    @Test
    void oneThatIsDearIsRolledBackForThatAndNothingElse() {
        assertThat(harmful(
                        7,
                        new double[] {0.02, 0.10, 0.05, 0.05},
                        new double[] {0.02, 0.10, 0.05, 0.40},
                        "dear answers"))
                .isGreaterThanOrEqualTo(RUNS * 95 / 100);
    }
}
