package dev.pilothouse.ship.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockTestTest {
    private static final double[] WEIGHTS = {0.05, 0.10, 0.25, 0.50};

    /**
     * Blocks of traffic in which bursts, longer than a block, slow what is under way in both versions, and stalls of one
     * version's only thread slow most of what that version has in a block.
     */
    private static final class Traffic {
        private final Random random;
        private final double base;
        private final double extra;
        private double burst;

        Traffic(Random random, double base, double extra) {
            this.random = random;
            this.base = base;
            this.extra = extra;
        }

        /** Candidate and stable version in one block of a fifth of a second. */
        Arm[] block(double weight) {
            if (burst < 0.05) {
                burst = random.nextDouble() < 0.05 ? random.nextDouble() : 0;
            } else {
                burst *= random.nextDouble();
            }
            double[] stall = {random.nextDouble() < 0.05 ? 0.8 : 0, random.nextDouble() < 0.05 ? 0.8 : 0};
            long[] counts = new long[4];
            int requests = 20 + random.nextInt(200);
            for (int i = 0; i < requests; i++) {
                boolean candidate = random.nextDouble() < weight;
                double slow = Math.min(1, base + burst + (candidate ? extra + stall[0] : stall[1]));
                counts[candidate ? 0 : 2]++;
                counts[candidate ? 1 : 3] += random.nextDouble() < slow ? 1 : 0;
            }
            return new Arm[] {new Arm(counts[0], counts[1]), new Arm(counts[2], counts[3])};
        }
    }

    @Test
    void burstsInBothVersionsRarelyRaiseAnAlarmThoughTheyFoolATestOfSingleRequests() {
        double alpha = 0.05;
        int streams = 2_000;
        int alarms = 0;
        int fooled = 0;
        var random = new Random(20261124);
        var plan = new TestPlan("slow answers", 0, 0.05, alpha, 0.05, WEIGHTS.length);
        for (int i = 0; i < streams; i++) {
            var traffic = new Traffic(random, 0.1 * random.nextDouble(), 0);
            boolean alarm = false;
            boolean singles = false;
            var steps = new ArrayList<Blocks>();
            var strata = new ArrayList<Stratum>();
            for (double weight : WEIGHTS) {
                steps.add(Blocks.NONE);
                strata.add(Stratum.split(Arm.NONE, Arm.NONE));
                for (int b = 0; b < 50; b++) {
                    Arm[] block = traffic.block(weight);
                    steps.set(steps.size() - 1, new BlockTest(plan).add(steps.getLast(), block[0], block[1]));
                    Stratum last = strata.getLast();
                    strata.set(
                            strata.size() - 1,
                            Stratum.split(
                                    last.candidate().plus(block[0]),
                                    last.stable().plus(block[1])));
                    alarm |= new BlockTest(plan).look(steps).verdict() == Comparison.Verdict.HARMFUL;
                }
                singles |= EProcess.logWorse(strata, WEIGHTS.length, 0) >= -Math.log(alpha);
            }
            alarms += alarm ? 1 : 0;
            fooled += singles ? 1 : 0;
        }
        double fraction = (double) alarms / streams;
        System.out.printf(
                "bursts: alarms in %d good streams: %.4f by blocks, %.4f by single requests (bound %.2f)%n",
                streams, fraction, (double) fooled / streams, alpha);
        assertThat(fraction).isLessThanOrEqualTo(alpha);
        assertThat(fooled).isGreaterThan(alarms);
    }

    @Test
    void aSlowCanaryIsFoundWithinSecondsAndAGoodOneCleared() {
        var plan = new TestPlan("slow answers", 0.02, 0.10, 0.01, 0.05, 5);
        var test = new BlockTest(plan);
        for (double extra : new double[] {0.3, 0.6, 0.9}) {
            int[] needed = new int[101];
            for (int i = 0; i < needed.length; i++) {
                var traffic = new Traffic(new Random(i), 0.05, extra);
                Blocks step = Blocks.NONE;
                while (test.look(List.of(step)).verdict() != Comparison.Verdict.HARMFUL) {
                    Arm[] block = traffic.block(0.05);
                    step = test.add(step, block[0], block[1]);
                    needed[i]++;
                    assertThat(needed[i]).isLessThan(10_000);
                }
            }
            Arrays.sort(needed);
            System.out.printf(
                    "power: %.0f points more slow answers: found after %d blocks (median; slowest %d)%n",
                    100 * extra, needed[needed.length / 2], needed[needed.length - 1]);
            assertThat(needed[needed.length / 2]).isLessThan(100);
        }
        int[] cleared = new int[101];
        for (int i = 0; i < cleared.length; i++) {
            var traffic = new Traffic(new Random(i), 0.05, 0);
            Blocks step = Blocks.NONE;
            while (test.look(List.of(step)).verdict() != Comparison.Verdict.HARMLESS) {
                Arm[] block = traffic.block(0.10);
                step = test.add(step, block[0], block[1]);
                cleared[i]++;
                assertThat(cleared[i]).isLessThan(10_000);
            }
        }
        Arrays.sort(cleared);
        System.out.printf(
                "power: a good version cleared after %d blocks (median; slowest %d)%n",
                cleared[cleared.length / 2], cleared[cleared.length - 1]);
        assertThat(cleared[cleared.length / 2]).isLessThan(200);
    }

    @Test
    void aVersionWorseByTheMarginIsRarelyCleared() {
        var plan = new TestPlan("slow answers", 0, 0.05, 0.05, 0.05, 1);
        var test = new BlockTest(plan);
        int clearings = 0;
        int streams = 2_000;
        for (int i = 0; i < streams; i++) {
            // Far from 1, so that a burst leaves room for the candidate's extra share.
            var random = new Random(i);
            Blocks step = Blocks.NONE;
            boolean cleared = false;
            for (int b = 0; b < 200; b++) {
                double burst = random.nextDouble() < 0.1 ? 0.5 : 0.02;
                long slow = 0;
                long theirs = 0;
                for (int r = 0; r < 10; r++) {
                    slow += random.nextDouble() < burst + 0.05 ? 1 : 0;
                }
                for (int r = 0; r < 90; r++) {
                    theirs += random.nextDouble() < burst ? 1 : 0;
                }
                Arm[] block = {new Arm(10, slow), new Arm(90, theirs)};
                step = test.add(step, block[0], block[1]);
                cleared |= test.look(List.of(step)).verdict() == Comparison.Verdict.HARMLESS;
            }
            clearings += cleared ? 1 : 0;
        }
        assertThat((double) clearings / streams).isLessThanOrEqualTo(0.05 + 3 * Math.sqrt(0.05 * 0.95 / streams));
    }

    @Test
    void aBlockWaitsUntilBothVersionsAnswered() {
        var test = new BlockTest(new TestPlan("slow answers", 0.01, 0.02, 0.01, 0.05, 1));
        Blocks open = test.add(Blocks.NONE, Arm.NONE, new Arm(50, 1));
        assertThat(open.closed()).isZero();
        assertThat(open.openStable()).isEqualTo(new Arm(50, 1));
        Blocks closed = test.add(open, new Arm(2, 1), new Arm(50, 0));
        assertThat(closed.closed()).isEqualTo(1);
        assertThat(closed.sum()).isEqualTo(0.5 - 0.01);
        assertThat(closed.openStable()).isEqualTo(Arm.NONE);
        assertThat(closed.stable()).isEqualTo(new Arm(100, 1));
    }

    @Test
    void theIntervalNarrowsAroundTheMeanDifferenceOfBlocks() {
        var test = new BlockTest(new TestPlan("slow answers", 0.01, 0.05, 0.01, 0.05, 1));
        var traffic = new Traffic(new Random(3), 0.05, 0.3);
        Blocks step = Blocks.NONE;
        assertThat(test.look(List.of(step)).interval()).isEqualTo(new Comparison.Interval(-1, 1));
        for (int b = 0; b < 300; b++) {
            Arm[] block = traffic.block(0.25);
            step = test.add(step, block[0], block[1]);
        }
        Comparison.Interval interval = test.look(List.of(step)).interval();
        assertThat(interval.low()).isBetween(0.2, 0.3);
        assertThat(interval.high()).isBetween(0.28, 0.36);
    }

    @Test
    void aFewRequestsWithoutASlowOneProveNothing() {
        var test = new BlockTest(new TestPlan("slow answers", 0.01, 0.02, 0.01, 0.05, 1));
        Blocks few = Blocks.NONE;
        Blocks many = Blocks.NONE;
        for (int b = 0; b < 40; b++) {
            few = test.add(few, new Arm(1, 0), new Arm(9, 0));
            many = test.add(many, new Arm(1_000, 0), new Arm(9_000, 0));
        }
        assertThat(test.look(List.of(few)).verdict()).isEqualTo(Comparison.Verdict.OPEN);
        assertThat(test.look(List.of(many)).verdict()).isEqualTo(Comparison.Verdict.HARMLESS);
    }
}
