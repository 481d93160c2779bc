package dev.pilothouse.pay.breaker;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One agent on this server: what calls report, for {@link Breaker} to take; whether it is paused; and, for the breaker's own
 * thread under its lock, the model that judges it. Other members are thread-safe.
 */
final class Gauge {
    final String tenant;
    final String agent;
    private final int traceCalls;
    /** Guarded by this, as are all that follow up to the latch. */
    private final Deque<SettledCall> trace = new ArrayDeque<>();

    private Burn untaken = Burn.NONE;
    private long ceilings;
    private long flights;
    private long dearestFlight;

    private volatile @Nullable Latch latch;

    /** What follows belongs to the breaker's lock. */
    BurnModel model;

    /** Rows of other servers, as last read. */
    Map<String, SpendRow> others = new HashMap<>();
    /** What this server tells others since its row began, and the row as it was last written. */
    Burn told = Burn.NONE;

    @Nullable
    SpendRow published;
    /** Whether calls ended, or an hour did, since this was last stored. */
    boolean taught;

    boolean hourEnded;
    /** Whether the store was asked for a baseline; whether it has one. */
    boolean loaded;

    boolean stored;
    /** Second of the last call. */
    long activeAt;

    Gauge(String tenant, String agent, int traceCalls, BurnModel model, long second) {
        this.tenant = tenant;
        this.agent = agent;
        this.traceCalls = traceCalls;
        this.model = model;
        this.activeAt = second;
    }

    /** The pause that holds; null for none. */
    @Nullable
    Latch latch() {
        return latch;
    }

    void latch(@Nullable Latch to) {
        latch = to;
    }

    synchronized void begin(long ceilingNanoUsd) {
        ceilings = Windows.plus(ceilings, ceilingNanoUsd);
        flights++;
        dearestFlight = Math.max(dearestFlight, ceilingNanoUsd);
    }

    synchronized void end(long ceilingNanoUsd) {
        flights--;
        ceilings = flights == 0 ? 0 : Math.max(0, ceilings - ceilingNanoUsd);
        if (flights == 0) {
            dearestFlight = 0;
        }
    }

    /**
     * @param ceilingNanoUsd what was told when it began; 0 for nothing
     */
    synchronized void add(SettledCall call, long ceilingNanoUsd) {
        untaken = untaken.plus(
                new Burn(call.nanoUsd(), 1, call.nanoUsd(), ceilingNanoUsd > 0 ? call.nanoUsd() : 0, ceilingNanoUsd));
        if (trace.size() == traceCalls) {
            trace.removeFirst();
        }
        trace.addLast(call);
    }

    /** What calls cost that ended since this was last asked. */
    synchronized Burn take() {
        Burn taken = untaken;
        untaken = Burn.NONE;
        return taken;
    }

    /** What calls under way here are expected to cost: the usual part of their ceilings. For the breaker's thread. */
    Exchange.InFlight inFlight() {
        double share = model.shareOfCeiling();
        synchronized (this) {
            return new Exchange.InFlight((long) Math.ceil(ceilings * share), (long) Math.ceil(dearestFlight * share));
        }
    }

    synchronized boolean isIdle() {
        return flights == 0 && untaken.calls() == 0;
    }

    /** The last calls that ended, the oldest first. */
    synchronized List<SettledCall> trace() {
        return List.copyOf(trace);
    }
}
