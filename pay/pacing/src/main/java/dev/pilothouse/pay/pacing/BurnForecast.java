package dev.pilothouse.pay.pacing;

import java.util.ArrayList;
import java.util.List;

/**
 * What a budget's window is going to be asked for, learnt while it runs, and the {@link Pace} that follows. A value; each
 * observation makes another.
 *
 * <p><b>Demand</b> is what calls would have cost with the models they asked for, whether or not they were degraded. All rates
 * are amounts per window: at rate ρ a share τ of the window is asked for ρ·τ. With x the share of the window that has passed and
 * D(x) the demand in it,
 *
 * <ul>
 *   <li>the <em>average</em> is ā = (w·L + D(x)) / (w + x), the mean of a Gamma-Poisson posterior whose prior is the planned
 *       burn, the limit L spread evenly, with the weight of w = 1/20 of a window;
 *   <li>the <em>recent</em> rate a* is exponentially smoothed with a time constant of 3/1000 of a window, and â is the highest
 *       that it was;
 *   <li>what may still come is at most R = 3/2·ā·(1−x) + max(0, a*−ā)·min(1−x, 1/5) + max(w·L, â/25): half as much again as
 *       expected, what goes on now for another fifth of a window, and at any moment, be it the last, a burst as high as the
 *       highest for a twenty-fifth, or what was planned for a twentieth.
 * </ul>
 *
 * <p><b>The pace</b> is a nested protection level, as airlines protect seats for those who book late (Littlewood, "Forecasting
 * and control of passenger bookings", 1972; Talluri and van Ryzin, "The theory and practice of revenue management", 2004,
 * section 2.2), set anew at each observation (as in Jasin and Kumar, "A re-solving heuristic with bounded revenue loss", 2012).
 * With p_k the price of rung k relative to the model asked for and f_k its forecast, Q_k = p_k·R is what rung k needs to serve
 * all that may still come. Calls stay above rung k for as long as f_k·L − spent − Q_k is positive, all of them while it exceeds
 * (p_(k-1) − p_k)·L·(1−x)/10, and in proportion below that, so that a budget lands softly. Since a nano-USD buys as much of the
 * preferred model early as late, to spend it while it is there loses nothing against a clairvoyant; all that is lost is what is
 * still protected when the window ends, and Q_k falls to p_k·max(w·L, â/25) with 1−x. Nothing is refused while the rest costs no more than Q_n.
 *
 * <p>A budget without end has no forecast: its rungs are taken when what is spent reaches theirs.
 *
 * @param start when the window began, in milliseconds of the epoch
 * @param end when it ends, after {@code start}; {@link Long#MAX_VALUE} for never
 * @param at until when was observed, from {@code start}
 * @param demand what was asked for until then, in the budget's unit
 * @param recent the recent rate, per window
 * @param highest the highest that it was
 */
public record BurnForecast(long start, long end, long at, long demand, long recent, long highest) {
    /** w is 1/20 of the window. */
    private static final int PRIOR = 20;

    private static final int SMOOTHING_PER_MILLE = 3;
    /** What goes on now may go on for 1/5 of the window. */
    private static final int GOES_ON = 5;
    /** A burst may come again for 1/25 of the window. */
    private static final int AGAIN = 25;
    /** Where less is above the protection level than 1/10 of what the plan has for the rest, a share of calls steps down. */
    private static final int LANDING = 10;
    /** Calls that may be held beside each other at their ceiling when the window ends. */
    private static final int LAST_CALLS = 8;

    public BurnForecast {
        if (end <= start || at < start || demand < 0 || recent < 0 || highest < 0) {
            throw new IllegalArgumentException("No window from " + start + " to " + end + " is observed at " + at
                    + " with a demand of " + demand + " at a rate of " + recent);
        }
    }

    /** At the start of a window, of which nothing is known but what was planned. */
    public static BurnForecast begin(long start, long end, long planned) {
        return new BurnForecast(start, end, start, 0, planned, 0);
    }

    /**
     * Learns what was asked for.
     *
     * @param now in milliseconds of the epoch; what is before {@link #at} changes nothing
     * @param total demand since the window's start
     */
    public BurnForecast observe(long now, long total) {
        long passed = Math.min(now, end) - at;
        if (passed <= 0) {
            return this;
        }
        long more = Math.max(0, total - demand);
        if (isEndless()) {
            return new BurnForecast(start, end, at + passed, demand + more, 0, 0);
        }
        long rate = Share.of(more, length(), passed);
        // One step of implicit Euler, which is stable for steps of any length.
        long smoothing = passed + length() * SMOOTHING_PER_MILLE / 1_000;
        long changed = rate >= recent
                ? add(recent, Share.of(rate - recent, passed, smoothing))
                : recent - Share.of(recent - rate, passed, smoothing);
        return new BurnForecast(start, end, at + passed, demand + more, changed, Math.max(highest, changed));
    }

    /**
     * What is expected to be asked for until the window's end.
     *
     * @param limit of the budget, which is what was planned
     */
    public long expectedRest(long limit) {
        return isEndless() ? 0 : Share.of(average(limit), end - at, length());
    }

    /**
     * Where calls go from here.
     *
     * @param limit of the budget, at least 0
     * @param spent what is settled and held, at least 0
     * @param largest what a single call was seen to hold at most with the model that it asked for; so much is kept, at the
     *     cheapest price and for a few calls, since the last calls must fit with their ceilings
     */
    public Pace pace(Ladder ladder, long limit, long spent, long largest) {
        int levels = ladder.rungs().size();
        long most = most(limit);
        long planned = isEndless() ? 0 : Share.of(limit, end - at, length()) / LANDING;
        List<Integer> cuts = new ArrayList<>(levels);
        long above = 0;
        for (int level = 1; level <= levels; level++) {
            int price = ladder.price(level);
            long goal = Share.of(limit, ladder.rungs().get(level - 1).from(), 100);
            long lastCalls = Share.of(largest, (long) price * LAST_CALLS, 100);
            long over = goal - add(add(spent, lastCalls), Share.of(most, price, 100));
            long landing = Share.of(planned, ladder.price(level - 1) - price, 100);
            long stay = over <= 0 ? 0 : over >= landing ? Pace.POSITIONS : Share.of(over, Pace.POSITIONS, landing);
            above += (Pace.POSITIONS - above) * stay / Pace.POSITIONS;
            cuts.add((int) above);
        }
        return new Pace(ladder, cuts, add(spent, expectedRest(limit)));
    }

    /** R of the class's mathematics. */
    private long most(long limit) {
        if (isEndless()) {
            return 0;
        }
        long average = average(limit);
        long expected = Share.of(average, end - at, length());
        long goesOn = Share.of(Math.max(0, recent - average), Math.min(end - at, length() / GOES_ON), length());
        return add(add(add(expected, expected / 2), goesOn), Math.max(limit / PRIOR, highest / AGAIN));
    }

    private long average(long limit) {
        return Share.of(add(limit / PRIOR, demand), length(), length() / PRIOR + (at - start));
    }

    private long length() {
        return end - start;
    }

    private boolean isEndless() {
        return end == Long.MAX_VALUE;
    }

    private static long add(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
