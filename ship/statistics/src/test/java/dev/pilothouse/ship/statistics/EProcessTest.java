package dev.pilothouse.ship.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EProcessTest {
    @Test
    void theInfimumIsWhatASearchOfTheWholeNullFinds() {
        var random = new Random(3);
        for (int i = 0; i < 60; i++) {
            long n = 1L + random.nextInt(200);
            long m = 1L + random.nextInt(200);
            var a = new Arm(n, random.nextInt((int) n + 1));
            var b = new Arm(m, random.nextInt((int) m + 1));
            double delta = random.nextInt(5) == 0 ? 0 : random.nextDouble() - 0.5;
            var best = new double[] {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
            for (int x = 0; x <= 100; x++) {
                for (int y = 0; y <= 100; y++) {
                    if (x / 100.0 <= y / 100.0 + delta) {
                        lower(best, a, b, x / 100.0, y / 100.0);
                    }
                }
            }
            for (int y = 0; y <= 20_000; y++) {
                double q = Math.max(0, -delta) + (1 - Math.abs(delta)) * y / 20_000.0;
                lower(best, a, b, q + delta, q);
            }
            if (a.rate() <= b.rate() + delta) {
                lower(best, a, b, a.rate(), b.rate());
            }
            String of = a + " " + b + " " + delta;
            assertThat(EProcess.logSplit(a, b, delta)).as(of).isBetween(best[0] - 1e-3, best[0] + 1e-9);
            assertThat(EProcess.logPaired(a, b, delta)).as(of).isLessThanOrEqualTo(best[1] + 1e-9);
            if (a.rate() > b.rate() + delta) {
                assertThat(EProcess.logPaired(a, b, delta)).as(of).isGreaterThan(best[1] - 1e-3);
            }
        }
    }

    private static void lower(double[] best, Arm a, Arm b, double p, double q) {
        double ra = EProcess.logMixture(a) - EProcess.logLikelihood(a, p);
        double rb = EProcess.logMixture(b) - EProcess.logLikelihood(b, q);
        best[0] = Math.min(best[0], ra + rb);
        best[1] = Math.min(best[1], Math.log(0.5 * Math.exp(ra) + 0.5 * Math.exp(rb)));
    }

    @Test
    void nothingSeenIsNoEvidence() {
        assertThat(EProcess.logSplit(Arm.NONE, Arm.NONE, 0.01)).isZero();
        assertThat(EProcess.logSplit(Arm.NONE, Arm.NONE, -0.01)).isZero();
        assertThat(EProcess.logWorse(List.of(), 5, 0.01)).isCloseTo(0, within(1e-15));
        assertThat(EProcess.logNotWorse(List.of(Stratum.split(Arm.NONE, Arm.NONE)), 5, 0.01))
                .isCloseTo(0, within(1e-12));
        // One arm alone can never show a difference, however much is seen of it.
        assertThat(EProcess.logSplit(new Arm(1000, 1000), Arm.NONE, 0)).isLessThanOrEqualTo(0);
        assertThat(EProcess.logSplit(Arm.NONE, new Arm(1000, 0), 0)).isLessThanOrEqualTo(0);
    }

    @Test
    void moreHarmIsMoreEvidenceAndAWiderToleranceIsLess() {
        double before = Double.NEGATIVE_INFINITY;
        for (int events = 10; events <= 500; events += 10) {
            double now = EProcess.logSplit(new Arm(500, events), new Arm(2000, 40), 0);
            assertThat(now).isGreaterThan(before);
            before = now;
        }
        before = Double.POSITIVE_INFINITY;
        for (double delta = -0.9; delta < 0.9; delta += 0.05) {
            double now = EProcess.logSplit(new Arm(500, 200), new Arm(2000, 400), delta);
            assertThat(now).isLessThanOrEqualTo(before + 1e-9);
            before = now;
        }
    }

    @Test
    void swappingArmsAndCountingSuccessesAreTheSameQuestion() {
        var a = new Arm(300, 40);
        var b = new Arm(900, 20);
        // p_a <= p_b + δ says the same as (1-p_b) <= (1-p_a) + δ.
        assertThat(EProcess.logSplit(a, b, 0.02))
                .isCloseTo(EProcess.logSplit(new Arm(900, 880), new Arm(300, 260), 0.02), within(1e-9));
        var test = List.of(Stratum.split(a, b));
        var mirrored = List.of(Stratum.split(b, a));
        assertThat(EProcess.logNotWorse(test, 3, 0.1)).isCloseTo(EProcess.logWorse(mirrored, 3, -0.1), within(1e-9));
    }

    @Test
    void extremeCountsStayFinite() {
        long[] sizes = {1, 2, 1000, 5_000_000, 3_000_000_000L};
        for (long n : sizes) {
            for (long m : sizes) {
                for (var a : List.of(new Arm(n, 0), new Arm(n, n), new Arm(n, n / 2))) {
                    for (var b : List.of(new Arm(m, 0), new Arm(m, m), new Arm(m, m / 3))) {
                        for (double delta : new double[] {-0.999, -0.02, 0, 0.002, 0.999}) {
                            assertThat(EProcess.logSplit(a, b, delta))
                                    .as("%s %s %s", a, b, delta)
                                    .isFinite();
                            assertThat(EProcess.logPaired(a, b, delta))
                                    .as("%s %s %s", a, b, delta)
                                    .isFinite();
                        }
                    }
                }
            }
        }
        // Millions of requests at the same rate are no evidence of harm, at clearly different rates overwhelming.
        assertThat(EProcess.logSplit(new Arm(5_000_000, 5_000), new Arm(95_000_000, 95_000), 0))
                .isLessThan(-5);
        assertThat(EProcess.logSplit(new Arm(5_000_000, 50_000), new Arm(95_000_000, 95_000), 0.002))
                .isGreaterThan(9_000);
    }

    @Test
    void healthyEarlyStepsDoNotBuryLateEvidence() {
        var healthy = Stratum.split(new Arm(20_000, 20), new Arm(200_000, 200));
        var harmful = Stratum.split(new Arm(1_000, 40), new Arm(1_000, 1));
        double alone = EProcess.logWorse(List.of(harmful), 6, 0.002);
        double late = EProcess.logWorse(List.of(healthy, healthy, healthy, healthy, harmful), 6, 0.002);
        assertThat(late).isCloseTo(alone, within(0.01));
        assertThat(late).isGreaterThan(Math.log(100));
    }
}
