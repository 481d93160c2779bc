package dev.pilothouse.pay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** The rule on agents of many shapes, none of them that of the benchmark. */
class BurnModelTest {
    private static long aboutACent(SplittableRandom random) {
        return random.nextLong(5_000_000, 15_000_000);
    }

    private static long one(SplittableRandom unused) {
        return 1;
    }

    private static double always(Double unused) {
        return 0.03;
    }

    /** How many of five agents were paused falsely in two weeks after three, and how many runaways were missed. */
    private record Outcome(int falseLatches, int missed) {}

    private static Outcome five(
            ToDoubleFunction<Double> callsPerSecond,
            ToLongFunction<SplittableRandom> cost,
            ToLongFunction<SplittableRandom> callsPerBurst,
            double times) {
        int latches = 0;
        int missed = 0;
        for (int seed = 0; seed < 5; seed++) {
            var life = new Life(seed, callsPerSecond, cost, callsPerBurst);
            life.until(3 * Life.WEEK + 10 * Life.HOUR);
            latches += life.latches.size();
            if (life.runAway(times, 1, Duration.ofDays(2)).isEmpty()) {
                missed++;
            }
        }
        return new Outcome(latches, missed);
    }

    @Test
    void independentCallsOfLikeCostNeverPauseAndRunawaysDo() {
        assertThat(five(BurnModelTest::always, BurnModelTest::aboutACent, BurnModelTest::one, 8))
                .isEqualTo(new Outcome(0, 0));
    }

    @Test
    void costsWithHeavyTailsNeverPauseAndRunawaysDo() {
        // Pareto of index 2.2: the variance of the variance is infinite.
        assertThat(five(
                        BurnModelTest::always,
                        random -> Math.round(5_000_000 / Math.pow(1 - random.nextDouble(), 1 / 2.2)),
                        BurnModelTest::one,
                        8))
                .isEqualTo(new Outcome(0, 0));
        // Log-normal with a deviation 3 times the mean.
        assertThat(five(
                        BurnModelTest::always,
                        random -> Math.round(5_000_000 * Math.exp(1.5 * random.nextGaussian())),
                        BurnModelTest::one,
                        8))
                .isEqualTo(new Outcome(0, 0));
    }

    @Test
    void burstsNeverPauseAndRunawaysDo() {
        // Geometric, 20 calls in the mean, two seconds apart.
        assertThat(five(
                        _ -> 0.002,
                        BurnModelTest::aboutACent,
                        random -> 1 + (long) (Math.log(1 - random.nextDouble()) / Math.log(1 - 1 / 20.0)),
                        8))
                .isEqualTo(new Outcome(0, 0));
    }

    @Test
    void stepsAtBusinessHoursNeverPauseAndRunawaysDo() {
        ToDoubleFunction<Double> office = at -> {
            double hour = at % Life.DAY / Life.HOUR;
            boolean weekend = at / Life.DAY % 7 >= 5;
            return !weekend && hour >= 8.75 && hour < 17.5 ? 0.05 : 0.002;
        };
        assertThat(five(office, BurnModelTest::aboutACent, BurnModelTest::one, 8))
                .isEqualTo(new Outcome(0, 0));
    }

    @Test
    void aWeeklyJobOfManyTimesTheUsualNeverPausesAndRunawaysDo() {
        ToDoubleFunction<Double> job =
                at -> at % Life.WEEK > 3 * Life.HOUR && at % Life.WEEK < 4.5 * Life.HOUR ? 0.3 : 0.005;
        // What was new in the first week still counts as a burst in the fourth, so that it takes more to stand out.
        assertThat(five(job, BurnModelTest::aboutACent, BurnModelTest::one, 40)).isEqualTo(new Outcome(0, 0));
    }

    @Test
    void fourAndAHalfTimesTheUsualIsSeenWithinAWindowOfASteadyAgent() {
        for (int seed = 0; seed < 3; seed++) {
            Life life = Life.steady(seed, 0.5);
            life.until(2 * Life.WEEK);
            assertThat(life.latches).as("seed %d", seed).isEmpty();
            Optional<Duration> seen = life.runAway(4.5, 1, Duration.ofHours(1));
            assertThat(seen)
                    .as("seed %d", seed)
                    .hasValueSatisfying(time -> assertThat(time).isLessThan(Duration.ofSeconds(90)));
        }
    }

    @Test
    void aHundredTimesTheUsualIsSeenInSecondsAtAnyHour() {
        Life life = new Life(
                1, at -> at % Life.DAY < 6 * Life.HOUR ? 0.05 : 0.5, BurnModelTest::aboutACent, BurnModelTest::one);
        life.until(2 * Life.WEEK + 3 * Life.HOUR);
        assertThat(life.runAway(100, 1, Duration.ofHours(1)))
                .hasValueSatisfying(time -> assertThat(time).isLessThan(Duration.ofSeconds(60)));
    }

    @Test
    void oneOrTwoDearCallsAreNoRunawayButThreeAre() {
        Life life = Life.steady(1, 0.05);
        life.until(2 * Life.WEEK);
        long dear = 4_000_000 * 500L;
        assertThat(life.call(dear)).isEmpty();
        life.pass(2);
        assertThat(life.call(dear)).isEmpty();
        life.pass(2);
        assertThat(life.call(dear)).isPresent();
    }

    @Test
    void callsInFlightCountBeforeTheyEnd() {
        Life life = Life.steady(1, 0.05);
        life.until(2 * Life.WEEK);
        assertThat(life.model.judge(10 * 4_000_000L, 4_000_000, Life.CEILING)).isEmpty();
        assertThat(life.model.judge(300 * 4_000_000L, 4_000_000, Life.CEILING))
                .hasValueSatisfying(
                        excess -> assertThat(excess.inFlightNanoUsd()).isEqualTo(1_200_000_000));
    }

    @Test
    void theNightIsPredictedApartFromTheDay() {
        Life life = new Life(
                1, at -> at % Life.DAY < 12 * Life.HOUR ? 0.02 : 0.4, BurnModelTest::aboutACent, BurnModelTest::one);
        life.until(3 * Life.WEEK);
        long[] curve = life.model.curve();
        for (int day = 0; day < 7; day++) {
            assertThat((double) curve[day * 24 + 18] / curve[day * 24 + 6])
                    .as("day %d", day)
                    .isGreaterThan(10);
        }
    }

    @Test
    void whileItIsLearntACeilingHolds() {
        Life life = Life.steady(1, 1);
        life.until(Life.DAY);
        assertThat(life.model.isLearning()).isTrue();
        assertThat(life.model.judge(0, 0, 400_000_000)).isEmpty();
        assertThat(life.model.judge(0, 0, 100_000_000))
                .hasValueSatisfying(
                        excess -> assertThat(excess.predictedNanoUsdPerMinute()).isZero());
    }

    @Test
    void aBurnNearTheLevelTeachesNothing() {
        double[] speed = {0.2};
        var life = new Life(3, _ -> speed[0], BurnModelTest::aboutACent, BurnModelTest::one);
        life.until(3 * Life.WEEK);
        long before = life.model.predictedNanoUsdPerMinute();
        speed[0] *= 2.6;
        life.until(5 * Life.WEEK);
        assertThat((double) life.model.predictedNanoUsdPerMinute() / before).isBetween(0.95, 1.05);
    }

    @Test
    void aRiseThatIsNotSuspiciousIsFollowed() {
        double[] speed = {0.2};
        var life = new Life(3, _ -> speed[0], BurnModelTest::aboutACent, BurnModelTest::one);
        life.until(3 * Life.WEEK);
        for (int week = 3; week < 9; week++) {
            speed[0] *= 1.12;
            life.until((week + 1) * (double) Life.WEEK);
        }
        assertThat(life.latches).isEmpty();
        assertThat(life.model.predictedNanoUsdPerMinute()).isGreaterThan(Math.round(0.2 * 1.15 * 60 * 10_000_000));
    }

    @Test
    void whatAPersonAcceptedIsNotPausedAgainAndIsLearnt() {
        double[] speed = {0.2};
        var life = new Life(4, _ -> speed[0], BurnModelTest::aboutACent, BurnModelTest::one);
        life.until(3 * Life.WEEK);
        speed[0] = 1.2;
        life.until(3 * Life.WEEK + Life.HOUR);
        assertThat(life.latches).isNotEmpty();
        life.latches.clear();
        life.model.accept(6 * 120_000_000L);
        life.until(4 * Life.WEEK + 2 * Life.HOUR);
        assertThat(life.latches).isEmpty();
        life.model.accept(0);
        assertThat(life.model.predictedNanoUsdPerMinute()).isGreaterThan(200_000_000);
    }

    @Test
    void aClockThatGoesBackAnHourPausesNobody() {
        Life life = Life.steady(1, 1);
        life.until(2 * Life.WEEK);
        long second = (long) life.now();
        for (int i = 0; i < 7_200; i++) {
            life.model.advance(second + i, Life.MONDAY + second + i - 3_600);
            life.model.add(Burn.of(4_000_000));
            assertThat(life.model.judge(0, 0, Life.CEILING)).isEmpty();
        }
        assertThat(life.model.burnNanoUsdPerMinute()).isBetween(230_000_000L, 250_000_000L);
    }

    @Test
    void whatWasLearntIsTheSameAfterItWasStored() {
        Life life = new Life(
                1, at -> at % Life.DAY < 12 * Life.HOUR ? 0.02 : 0.4, BurnModelTest::aboutACent, BurnModelTest::one);
        life.until(2 * Life.WEEK + 1_800);
        byte[] baseline = life.model.baselineBytes();
        var read = new BurnModel(
                BreakerConfig.STANDARD,
                Baseline.parse(baseline),
                Lesson.parse(life.model.lessonBytes()),
                0,
                Life.MONDAY + (long) life.now());
        assertThat(read.curve()).isEqualTo(life.model.curve());
        assertThat(read.lessonBytes()).isEqualTo(life.model.lessonBytes());
        assertThat(baseline).hasSizeLessThan(2_000);
        assertThat(read.baselineBytes()).isEqualTo(baseline);
    }
}
