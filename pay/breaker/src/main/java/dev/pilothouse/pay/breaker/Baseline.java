package dev.pilothouse.pay.breaker;

import java.nio.ByteBuffer;

/**
 * What an agent usually spends: a mean for each hour of the week, the size of its bursts, and what a call costs.
 *
 * <p>An hour that was watched teaches the mean of its slot, one of 168; the weight of the past is at most
 * {@value #MOST_HOURS} such hours, so that the mean follows over weeks and a single week moves it by a seventh at most.
 * Few watched hours are noisy, so a slot is predicted between its own mean and that of its time of day on all days:
 * <pre>  estimate = day + (slot - day) · τ² / (τ² + v),   v = θ / (day · watched time)</pre>
 * where v is the variance of the slot's mean relative to its square, and τ² = {@value #SPREAD} how far days differ
 * (empirical Bayes: Efron and Morris, 1975). The mean of a time of day is treated alike, towards the mean of all.
 *
 * <p>The size of bursts θ, in nano-USD, is the variance of the spend of a stretch of time over its mean (the Fano factor of a
 * compound Poisson process): for calls that come independently it is E[cost²] / E[cost], and it grows with whatever makes
 * calls come together. What is a burst depends on the stretch, so θ is learnt for each level of {@link Windows}.
 *
 * <p>Rates are floating-point numbers: they belong to a model and are no amounts of money. For one thread.
 */
final class Baseline {
    static final int SLOTS = 168;
    private static final int DAY = 24;
    private static final double MOST_HOURS = 6;
    private static final double SPREAD = 0.5;
    /** Bursts are learnt from the second day on: before, there is nothing to compare with. */
    private static final double BURSTS_AFTER = 24;
    /** What counts as known of bursts before anything is: calls' worth, and calls a burst. */
    private static final double PRIOR_CALLS = 20;

    private static final double PRIOR_BURST = 2;
    /** Of sums over all time, each hour: half of it is forgotten in a fortnight. */
    private static final double KEPT = Math.pow(0.5, 1.0 / (24 * 14));

    private static final byte FORM = 1;

    /** Nano-USD per minute, and hours watched. */
    private final float[] rates = new float[SLOTS];

    private final float[] hours = new float[SLOTS];
    private final double[] squares = new double[Windows.LEVELS];
    private final double[] masses = new double[Windows.LEVELS];
    private final double[] estimates = new double[SLOTS];
    private double watched;
    private double spent;
    private double calls;
    private double settled;
    private double ceilings;

    /** Slot of an hour that is counted from 1970-01-01T00:00 (a Thursday) in local time; slot 0 is Monday, 0:00. */
    static int slot(long localHour) {
        return (int) Math.floorMod(localHour + 3 * DAY, (long) SLOTS);
    }

    /** Hours that have taught it. */
    double watchedHours() {
        return watched;
    }

    /** Calls that have taught it; older ones count less. */
    double calls() {
        return calls;
    }

    /** Mean cost of a call in nano-USD; 0 before the first. */
    double costOfCall() {
        return calls > 0 ? spent / calls : 0;
    }

    /** How much of their ceiling calls cost; 1 before any is known. */
    double shareOfCeiling(double count) {
        // One call at its full ceiling counts as known beforehand.
        double one = count > 0 ? ceilings / count : 0;
        return ceilings > 0 ? Math.min(1, (settled + one) / (ceilings + one)) : 1;
    }

    /** Nano-USD per minute that are predicted for a slot. */
    double estimate(int slot) {
        return estimates[slot];
    }

    /** Size of bursts in nano-USD over stretches of so many seconds, which is at least that of shorter ones. */
    double burst(double seconds) {
        double cost = costOfCall();
        double most = 0;
        for (int level = 0; level < Windows.LEVELS && (level == 0 || Windows.seconds(level) <= seconds); level++) {
            most = Math.max(
                    most,
                    (squares[level] + PRIOR_BURST * PRIOR_CALLS * cost * cost)
                            / Math.max(1, masses[level] + PRIOR_CALLS * cost));
        }
        return most;
    }

    /** Learns from an hour, or the part of it that was watched. */
    void learn(Lesson lesson) {
        double part = Math.min(1, lesson.seconds() / 3_600.0);
        int slot = slot(lesson.hour());
        double known = hours[slot];
        double rate = lesson.nanoUsd() * 60.0 / lesson.seconds();
        rates[slot] = (float) (rates[slot] + (rate - rates[slot]) * part / (known + part));
        hours[slot] = (float) Math.min(MOST_HOURS, known + part);
        watched += part;
        spent = spent * KEPT + lesson.nanoUsd();
        calls = calls * KEPT + lesson.calls();
        settled = settled * KEPT + lesson.settledNanoUsd();
        ceilings = ceilings * KEPT + lesson.ceilingNanoUsd();
        for (int level = 0; level < Windows.LEVELS; level++) {
            squares[level] *= KEPT;
            masses[level] *= KEPT;
            if (watched > BURSTS_AFTER) {
                squares[level] += lesson.squares()[level];
                masses[level] += lesson.masses()[level];
            }
        }
        estimate();
    }

    private void estimate() {
        double all = 0;
        double allHours = 0;
        double[] day = new double[DAY];
        double[] dayHours = new double[DAY];
        for (int slot = 0; slot < SLOTS; slot++) {
            all += (double) rates[slot] * hours[slot];
            allHours += hours[slot];
            for (int aside = -1; aside <= 1; aside++) {
                double part = hours[slot] * (aside == 0 ? 0.5 : 0.25);
                int hour = Math.floorMod(slot + aside, DAY);
                day[hour] += rates[slot] * part;
                dayHours[hour] += part;
            }
        }
        double mean = allHours > 0 ? all / allHours : 0;
        double burst = burst(3_600);
        for (int hour = 0; hour < DAY; hour++) {
            double own = dayHours[hour] > 0 ? day[hour] / dayHours[hour] : mean;
            day[hour] = between(mean, own, dayHours[hour], burst);
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            estimates[slot] = between(day[slot % DAY], rates[slot], hours[slot], burst);
        }
    }

    private static double between(double wider, double own, double ownHours, double burst) {
        double expected = wider * 60 * ownHours;
        return expected <= 0 ? wider : wider + (own - wider) * SPREAD / (SPREAD + burst / expected);
    }

    /** All of it in 1.5 KiB. */
    byte[] bytes() {
        var bytes = ByteBuffer.allocate(1 + Double.BYTES * (5 + 2 * Windows.LEVELS) + 2 * Float.BYTES * SLOTS)
                .put(FORM)
                .putDouble(watched)
                .putDouble(spent)
                .putDouble(calls)
                .putDouble(settled)
                .putDouble(ceilings);
        for (int level = 0; level < Windows.LEVELS; level++) {
            bytes.putDouble(squares[level]).putDouble(masses[level]);
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            bytes.putFloat(rates[slot]).putFloat(hours[slot]);
        }
        return bytes.array();
    }

    /** What {@link #bytes} wrote. */
    static Baseline parse(byte[] stored) {
        ByteBuffer bytes = ByteBuffer.wrap(stored);
        byte form = bytes.get();
        if (form != FORM) {
            throw BreakerError.BASELINE_UNREADABLE.because("A stored baseline has the form " + form
                    + ", which this version does not know; a newer version wrote it. Update this server.");
        }
        var baseline = new Baseline();
        baseline.watched = bytes.getDouble();
        baseline.spent = bytes.getDouble();
        baseline.calls = bytes.getDouble();
        baseline.settled = bytes.getDouble();
        baseline.ceilings = bytes.getDouble();
        for (int level = 0; level < Windows.LEVELS; level++) {
            baseline.squares[level] = bytes.getDouble();
            baseline.masses[level] = bytes.getDouble();
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            baseline.rates[slot] = bytes.getFloat();
            baseline.hours[slot] = bytes.getFloat();
        }
        baseline.estimate();
        return baseline;
    }
}
