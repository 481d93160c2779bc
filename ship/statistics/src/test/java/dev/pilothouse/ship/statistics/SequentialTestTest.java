package dev.pilothouse.ship.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SequentialTestTest {
    private static final double[] WEIGHTS = {0.05, 0.10, 0.25, 0.50};

    @Test
    void tenThousandGoodReleasesLookedAtAfterEveryRequestRarelyRaiseAnAlarm() {
        // The worst case of the null: both arms have the same rate and no tolerance is given. The common rate drifts.
        double alpha = 0.05;
        int streams = 10_000;
        int alarms = 0;
        var random = new Random(20261121);
        for (int i = 0; i < streams; i++) {
            alarms += alarmEver(random, 600, alpha, false) ? 1 : 0;
        }
        double fraction = (double) alarms / streams;
        System.out.printf("validity: alarms in %d null streams: %.4f (bound %.2f)%n", streams, fraction, alpha);
        assertThat(fraction).isLessThanOrEqualTo(alpha + 3 * Math.sqrt(alpha * (1 - alpha) / streams));
    }

    @Test
    void dependentShadowAnswersRarelyRaiseAnAlarm() {
        double alpha = 0.05;
        int streams = 3_000;
        int alarms = 0;
        var random = new Random(5);
        for (int i = 0; i < streams; i++) {
            alarms += alarmEver(random, 400, alpha, true) ? 1 : 0;
        }
        double fraction = (double) alarms / streams;
        System.out.printf("validity: alarms in %d shadow streams: %.4f (bound %.2f)%n", streams, fraction, alpha);
        assertThat(fraction).isLessThanOrEqualTo(alpha + 3 * Math.sqrt(alpha * (1 - alpha) / streams));
    }

    /** One stream of four steps under the null; the exact e-value is computed only where a bound above it allows an alarm. */
    private static boolean alarmEver(Random random, int length, double alpha, boolean shadow) {
        double limit = -Math.log(alpha);
        double base = 0.02 + 0.3 * random.nextDouble();
        double swing = 0.9 * random.nextDouble();
        var done = new ArrayList<Stratum>();
        int perStep = length / WEIGHTS.length;
        double bestTail = 0;
        for (double weight : WEIGHTS) {
            long nc = 0;
            long kc = 0;
            long ns = 0;
            long ks = 0;
            for (int t = 0; t < perStep; t++) {
                double rate = base * (1 + swing * Math.sin(6.3 * (done.size() * perStep + t) / (double) length));
                boolean hard = random.nextDouble() < rate;
                if (shadow) {
                    // The same request at both: mostly they fail together, in general they only share the rate.
                    boolean together = random.nextDouble() < 0.7;
                    kc += hard ? 1 : 0;
                    ks += (together ? hard : random.nextDouble() < rate) ? 1 : 0;
                    nc++;
                    ns++;
                } else if (random.nextDouble() < weight) {
                    nc++;
                    kc += hard ? 1 : 0;
                } else {
                    ns++;
                    ks += hard ? 1 : 0;
                }
                var c = new Arm(nc, kc);
                var s = new Arm(ns, ks);
                double pooled = c.plus(s).rate();
                double atNull = EProcess.logMixture(c) - EProcess.logLikelihood(c, pooled);
                double other = EProcess.logMixture(s) - EProcess.logLikelihood(s, pooled);
                double bound = shadow ? Math.max(atNull, other) : atNull + other;
                if (bestTail + bound < limit && bound < limit) {
                    continue;
                }
                var strata = new ArrayList<>(done);
                strata.add(new Stratum(c, s, shadow));
                if (EProcess.logWorse(strata, WEIGHTS.length, 0) >= limit) {
                    return true;
                }
            }
            var stratum = new Stratum(new Arm(nc, kc), new Arm(ns, ks), shadow);
            done.add(stratum);
            bestTail = Math.max(0, bestTail) + EProcess.logWorse(List.of(stratum), 1, 0);
        }
        return false;
    }

    @Test
    void anErroringCanaryIsFoundWithinAFewHundredOfItsRequests() {
        var test = new SequentialTest(new TestPlan("errors", 0.002, 0.01, 0.01, 0.05, 5));
        for (double defect : new double[] {0.02, 0.05, 0.10}) {
            long[] needed = new long[41];
            var random = new Random(11);
            for (int i = 0; i < needed.length; i++) {
                long nc = 0;
                long kc = 0;
                long ns = 0;
                long ks = 0;
                while (true) {
                    for (int r = 0; r < 10; r++) {
                        nc++;
                        kc += random.nextDouble() < defect ? 1 : 0;
                        for (int s = 0; s < 9; s++) {
                            ns++;
                            ks += random.nextDouble() < 0.001 ? 1 : 0;
                        }
                    }
                    var strata = List.of(Stratum.split(new Arm(nc, kc), new Arm(ns, ks)));
                    if (EProcess.logWorse(strata, 5, test.plan().tolerance())
                            >= -Math.log(test.plan().alpha())) {
                        break;
                    }
                }
                needed[i] = nc;
            }
            Arrays.sort(needed);
            System.out.printf(
                    "power: %.0f %% errors against 0.1 %%: rolled back after %d canary requests (median; slowest %d)%n",
                    100 * defect, needed[needed.length / 2], needed[needed.length - 1]);
            assertThat(needed[needed.length / 2]).isLessThan(2_000);
        }
    }

    @Test
    void aGoodCanaryIsShownToBeHarmlessAndAWorseOneIsNot() {
        var test = new SequentialTest(new TestPlan("errors", 0.002, 0.01, 0.01, 0.05, 5));
        var good = test.look(List.of(Stratum.split(new Arm(3_000, 3), new Arm(30_000, 30))));
        assertThat(good.verdict()).isEqualTo(Comparison.Verdict.HARMLESS);
        assertThat(good.interval().low()).isLessThan(0);
        assertThat(good.interval().high()).isBetween(0.0, 0.01);
        var few = test.look(List.of(Stratum.split(new Arm(30, 0), new Arm(300, 0))));
        assertThat(few.verdict()).isEqualTo(Comparison.Verdict.OPEN);
        var atTheMargin = test.look(List.of(Stratum.split(new Arm(30_000, 330), new Arm(300_000, 300))));
        assertThat(atTheMargin.verdict()).isEqualTo(Comparison.Verdict.HARMFUL);
    }

    @Test
    void theVerdictIsASentenceWithItsNumbers() {
        var test = new SequentialTest(new TestPlan("errors", 0.002, 0.01, 0.01, 0.05, 5));
        var bad = test.look(List.of(Stratum.split(new Arm(4_212, 131), new Arm(38_000, 152))));
        assertThat(bad.sentence())
                .startsWith("3.1 % errors against 0.4 % (e = ")
                .endsWith(", limit 100)");
        assertThat(Figures.eValue(Math.log(184.4))).isEqualTo("184");
        assertThat(Figures.eValue(Math.log(2.19e9))).isEqualTo("2.1e+09");
        assertThat(Figures.eValue(Math.log(99.99))).isEqualTo("99");
        assertThat(Figures.eValue(Math.log(0.031))).isEqualTo("0.031");
        assertThat(Figures.percent(0)).isEqualTo("0 %");
        assertThat(Figures.percent(0.1234)).isEqualTo("12.3 %");
        assertThat(Figures.percent(1)).isEqualTo("100 %");
        assertThat(Figures.percent(0.00104)).isEqualTo("0.1 %");
        assertThat(Figures.count(4212)).isEqualTo("4,212");
    }

    @Test
    void theIntervalCoversTheTrueDifferenceAtAllTimesAndShrinks() {
        var test = new SequentialTest(new TestPlan("errors", 0, 0.05, 0.05, 0.05, 1));
        var random = new Random(2);
        int missed = 0;
        double lastWidth = 2;
        for (int i = 0; i < 200; i++) {
            long kc = 0;
            long ks = 0;
            boolean miss = false;
            for (int n = 1; n <= 2_000; n++) {
                kc += random.nextDouble() < 0.12 ? 1 : 0;
                ks += random.nextDouble() < 0.05 ? 1 : 0;
                if (n % 250 == 0) {
                    var interval = test.look(List.of(Stratum.split(new Arm(n, kc), new Arm(n, ks))))
                            .interval();
                    miss |= interval.low() > 0.07 || interval.high() < 0.07;
                    lastWidth = interval.high() - interval.low();
                }
            }
            missed += miss ? 1 : 0;
        }
        assertThat(missed).isLessThanOrEqualTo(10);
        assertThat(lastWidth).isLessThan(0.1);
    }
}
