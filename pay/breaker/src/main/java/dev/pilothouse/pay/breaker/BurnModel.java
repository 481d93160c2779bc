package dev.pilothouse.pay.breaker;

import java.util.Optional;

/**
 * Judges the burn of one agent against its baseline. Pure: it knows no clock, no store and no thread but its caller's.
 *
 * <p><b>The rule.</b> Let S be the spend of a window that ends now, without the two dearest calls in it and with what calls in
 * flight are expected to cost; μ what the baseline predicts for this window; θ the size of the agent's bursts over such
 * windows ({@link Baseline}). The agent is paused where, in any window,
 * <pre>  S &gt; max( factor · μ,  μ + √(2 μ θ t) + θ t,  floor )        t = {@value #CERTAINTY}</pre>
 * The windows are the shortest of at least 10 s in which the baseline predicts 20 calls, and those that are 2, 4, 8 … times
 * as long, up to {@link Windows#LONGEST}.
 *
 * <p><b>Why it holds whatever the agent is like.</b> The middle term is the bound of sub-gamma variables (Boucheron, Lugosi and
 * Massart, Concentration Inequalities, 2013, section 2.4): a sum with mean μ, variance μθ and tails no heavier than those of
 * a gamma distribution of scale θ exceeds it with probability at most e<sup>-t</sup>, which is 10<sup>-7</sup>, or
 * 10<sup>-3</sup> over all windows of 10 s in a day that do not overlap. For calls that come independently and cost about the
 * same, θ is the cost of a call, and the bound is below 4μ from about 12 predicted calls on, so that the factor alone decides
 * already in the shortest window. An agent that calls in bursts has a greater θ: its short windows ask for more than the factor,
 * which decides alone in windows in which 12 of its bursts are predicted. So 100 times the usual is seen in a small part of a
 * window, and 4.5 times as soon as it can be told from bursts, which for an agent of large bursts takes hours. No distribution is
 * assumed beyond that tail; for costs whose tails are heavier, the two dearest calls are left out: it then takes three such calls
 * within a window, and a runaway is seen at most two of its calls later.
 *
 * <p><b>Steps</b> in time, such as the start of business hours, do not come to the minute: in windows up to half an hour the
 * prediction is the highest within half an hour before and after.
 *
 * <p><b>Learning.</b> Until {@link BreakerConfig#learning} has been watched and 20 calls were seen, a ceiling holds instead, over a
 * minute. An hour teaches nothing in which the agent was paused, or at whose end S is above half of its level in any window of
 * an hour or longer; it is not asked of shorter ones, since a busy agent has so many that a harmless rise would never be learnt.
 * Hence whoever raises an agent's burn slowly cannot raise the prediction of an hour faster than by a seventh of itself a week,
 * once six weeks are known. Of a burn that is below the ceiling during the learning, nothing can be said. A job that was new in the learning
 * counts as a burst for some weeks, until what it deviated by is forgotten.
 */
public final class BurnModel {
    private static final double CERTAINTY = 16;
    private static final int AROUND = 1_800;
    private static final int HOUR = 3_600;
    private static final int CEILING_WINDOW = 60;

    private final BreakerConfig config;
    private final Baseline baseline;
    private final Windows windows = new Windows();
    private Lesson lesson;
    private long second;
    private long local;
    private boolean paused;
    private double accepted;

    /** The model of an agent of which nothing is known; see {@link #advance} for the two times. */
    public BurnModel(BreakerConfig config, long second, long localSecond) {
        this(config, new Baseline(), new Lesson(Math.floorDiv(localSecond, (long) HOUR)), second, localSecond);
    }

    BurnModel(BreakerConfig config, Baseline baseline, Lesson lesson, long second, long localSecond) {
        this.config = config;
        this.baseline = baseline;
        this.lesson = lesson;
        this.second = second;
        this.local = localSecond;
        windows.advance(second, (_, _, _) -> {});
    }

    /**
     * Goes on to a moment; to be called before anything else in it, and at least once in each hour.
     *
     * @param toSecond seconds of a monotonic clock, which windows are measured by
     * @param localSecond seconds since 1970-01-01T00:00 in local time, which tells the hour of the week; may jump
     * @return whether an hour has ended, so that the baseline may have changed
     */
    public boolean advance(long toSecond, long localSecond) {
        local = localSecond;
        if (toSecond > second) {
            windows.advance(toSecond, this::ended);
            lesson.watch(toSecond - second);
            second = toSecond;
        }
        long hour = Math.floorDiv(localSecond, (long) HOUR);
        if (hour == lesson.hour()) {
            return false;
        }
        if (lesson.seconds() > 0 && !isSuspicious()) {
            baseline.learn(lesson);
        }
        lesson = new Lesson(hour);
        if (paused) {
            lesson.suspect();
        }
        return true;
    }

    /** Whether the hour that ends teaches nothing. */
    private boolean isSuspicious() {
        if (lesson.isSuspicious() || isLearning()) {
            return lesson.isSuspicious();
        }
        for (int length = HOUR; length <= Windows.LONGEST; length *= 2) {
            Windows.Sum sum = windows.sum(length);
            double spent = (double) sum.nanoUsd() - sum.first() - sum.second();
            if (spent > level(predicted(sum.seconds()), sum.seconds()) / 2) {
                return true;
            }
        }
        return false;
    }

    /** What may be spent in a window of which so much is predicted. */
    private double level(double mean, int seconds) {
        double burst = baseline.burst(seconds);
        double chance = mean + Math.sqrt(2 * mean * burst * CERTAINTY) + burst * CERTAINTY;
        return Math.max(Math.max(config.factor() * mean, chance), config.floorNanoUsdPerMinute() / 60.0 * seconds);
    }

    private void ended(int level, long nanoUsd, long buckets) {
        double predicted = baseline.estimate(Baseline.slot(lesson.hour())) / 60 * Windows.seconds(level);
        lesson.compare(level, predicted, (double) nanoUsd, buckets);
    }

    /** Adds what calls cost that ended now. */
    public void add(Burn burn) {
        windows.add(burn.nanoUsd(), burn.dearestNanoUsd());
        lesson.add(burn);
    }

    /**
     * Whether the agent is to be paused now.
     *
     * @param inFlight what calls that have not ended are expected to cost, in nano-USD
     * @param dearestInFlight the dearest of them
     * @param ceiling nano-USD per minute that hold while the baseline is being learnt
     */
    public Optional<Excess> judge(long inFlight, long dearestInFlight, long ceiling) {
        if (paused) {
            return Optional.empty();
        }
        if (isLearning()) {
            return judge(windows.sum(CEILING_WINDOW), inFlight, dearestInFlight, 0, ceiling / 60.0);
        }
        int length = shortest(config.calls() * baseline.costOfCall());
        while (true) {
            Windows.Sum sum = windows.sum(length);
            double mean = predicted(sum.seconds());
            double level = level(mean, sum.seconds());
            Optional<Excess> excess =
                    judge(sum, inFlight, dearestInFlight, mean / sum.seconds(), level / sum.seconds());
            if (excess.isPresent() || length == Windows.LONGEST) {
                return excess;
            }
            length = Math.min(Windows.LONGEST, 2 * length);
        }
    }

    private Optional<Excess> judge(Windows.Sum sum, long inFlight, long dearestInFlight, double mean, double level) {
        long first = Math.max(sum.first(), dearestInFlight);
        long next = Math.max(Math.min(sum.first(), dearestInFlight), sum.second());
        long spent = Math.max(0, Windows.plus(sum.nanoUsd(), inFlight) - Windows.plus(first, next));
        double burn = (double) spent / sum.seconds();
        return burn <= level
                ? Optional.empty()
                : Optional.of(new Excess(
                        sum.seconds(), Math.round(burn * 60), Math.round(mean * 60), Math.round(level * 60), inFlight));
    }

    /** Seconds of the shortest window in which so much is predicted. */
    private int shortest(double nanoUsd) {
        double soon = around() / 60;
        if (soon * AROUND >= nanoUsd) {
            return Math.max(config.minWindowSeconds(), (int) Math.ceil(nanoUsd / soon));
        }
        double sum = 0;
        int back = 0;
        int piece = (int) Math.floorMod(local, (long) HOUR) + 1;
        while (back < Windows.LONGEST) {
            double rate = rate(Math.floorDiv(local - back, (long) HOUR)) / 60;
            if (sum + rate * piece >= nanoUsd) {
                return Math.clamp(
                        back + (long) Math.ceil((nanoUsd - sum) / rate), config.minWindowSeconds(), Windows.LONGEST);
            }
            sum += rate * piece;
            back += piece;
            piece = HOUR;
        }
        return Windows.LONGEST;
    }

    /** Nano-USD that are predicted for the last so many seconds. */
    private double predicted(int seconds) {
        double soon = around() / 60 * seconds;
        if (seconds <= AROUND) {
            return soon;
        }
        double sum = 0;
        int back = 0;
        int piece = (int) Math.floorMod(local, (long) HOUR) + 1;
        while (back < seconds) {
            int part = Math.min(piece, seconds - back);
            sum += rate(Math.floorDiv(local - back, (long) HOUR)) / 60 * part;
            back += part;
            piece = HOUR;
        }
        return sum;
    }

    /** The highest rate of the half hours before and after, in nano-USD per minute. */
    private double around() {
        double before = rate(Math.floorDiv(local - AROUND, (long) HOUR));
        return Math.max(before, rate(Math.floorDiv(local + AROUND, (long) HOUR)));
    }

    private double rate(long localHour) {
        return Math.max(accepted, baseline.estimate(Baseline.slot(localHour)));
    }

    /** Whether the baseline is still being learnt, so that the ceiling holds. */
    public boolean isLearning() {
        return baseline.watchedHours() < config.learning().toSeconds() / 3_600.0 || baseline.calls() < config.calls();
    }

    /** Stops judging and learning. */
    public void pause() {
        paused = true;
        lesson.suspect();
    }

    /** Goes on with empty windows, after a person has looked. */
    public void resume() {
        paused = false;
        windows.clear();
    }

    /** Takes a burn for usual that a person has accepted, in nano-USD per minute, whatever was learnt; 0 for none. */
    public void accept(long nanoUsdPerMinute) {
        accepted = nanoUsdPerMinute;
    }

    /** What a call whose ceiling is this is expected to cost in the end. */
    double shareOfCeiling() {
        return baseline.shareOfCeiling(baseline.calls());
    }

    /** Nano-USD per minute over the last minute. */
    long burnNanoUsdPerMinute() {
        Windows.Sum sum = windows.sum(CEILING_WINDOW);
        return Math.round((double) sum.nanoUsd() * 60 / sum.seconds());
    }

    /** Nano-USD per minute that are predicted now. */
    long predictedNanoUsdPerMinute() {
        return Math.round(rate(Math.floorDiv(local, (long) HOUR)));
    }

    /** Nano-USD per minute that are predicted for each hour of the week, from Monday, 0:00. */
    long[] curve() {
        var curve = new long[Baseline.SLOTS];
        for (int slot = 0; slot < curve.length; slot++) {
            curve[slot] = Math.round(baseline.estimate(slot));
        }
        return curve;
    }

    /** Calls that are known of; older ones count less. */
    double calls() {
        return baseline.calls() + lesson.calls();
    }

    double watchedHours() {
        return baseline.watchedHours();
    }

    byte[] baselineBytes() {
        return baseline.bytes();
    }

    byte[] lessonBytes() {
        return lesson.bytes();
    }
}
