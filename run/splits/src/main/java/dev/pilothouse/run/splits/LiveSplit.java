package dev.pilothouse.run.splits;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** A split in this process, and what was counted of it. Thread-safe: what is counted is guarded by this. */
final class LiveSplit {
    /** Sums of one side. */
    private static final class Sums {
        long calls;
        long errors;
        long slow;
        long labelled;
        long wrong;
        long dear;

        boolean isEmpty() {
            return calls == 0 && labelled == 0;
        }
    }

    private volatile Split split;
    private Sums stable = new Sums();
    private Sums candidate = new Sums();
    private final Map<Wait, RecentValues> waits = new EnumMap<>(Wait.class);
    private final Map<Wait, Duration> limits = new EnumMap<>(Wait.class);
    private final RecentValues costs = new RecentValues();
    private long dearAbove = Long.MAX_VALUE;

    LiveSplit(Split split) {
        this.split = split;
        for (Wait wait : Wait.values()) {
            waits.put(wait, new RecentValues());
        }
    }

    void set(Split next) {
        split = next;
    }

    Split split() {
        return split;
    }

    synchronized void answered(boolean ofCandidate, boolean failed, Wait wait, Duration waited, long costNanoUsd) {
        Sums sums = ofCandidate ? candidate : stable;
        sums.calls++;
        sums.errors += failed ? 1 : 0;
        Duration limit = split.slowAfter().equals(Split.AUTO) ? limits.get(wait) : split.slowAfter();
        sums.slow += limit != null && waited.compareTo(limit) > 0 ? 1 : 0;
        sums.dear += costNanoUsd > dearAbove ? 1 : 0;
        if (!ofCandidate && !failed) {
            waits.computeIfAbsent(wait, _ -> new RecentValues()).add(waited.toNanos());
            costs.add(costNanoUsd);
        }
    }

    synchronized void unanswered(boolean ofCandidate) {
        Sums sums = ofCandidate ? candidate : stable;
        sums.calls++;
        sums.errors++;
    }

    synchronized void labelled(boolean ofCandidate, boolean success) {
        Sums sums = ofCandidate ? candidate : stable;
        sums.labelled++;
        sums.wrong += success ? 0 : 1;
    }

    /** What was counted since it was last taken; with the taking, what is dear follows the stable side's calls. */
    synchronized List<SideCount> take() {
        var taken = new ArrayList<SideCount>(2);
        if (!stable.isEmpty()) {
            taken.add(count(false, stable));
            stable = new Sums();
        }
        if (!candidate.isEmpty()) {
            taken.add(count(true, candidate));
            candidate = new Sums();
        }
        OptionalLong median = costs.median();
        // What costs nothing as a rule is not dear for costing something else than nothing.
        dearAbove = split.dearBeyond() > 0 && median.orElse(0) > 0
                ? (long) Math.min(Long.MAX_VALUE, median.getAsLong() * split.dearBeyond())
                : Long.MAX_VALUE;
        return taken;
    }

    private SideCount count(boolean ofCandidate, Sums sums) {
        return new SideCount(
                split.tenant(),
                split.alias(),
                split.id(),
                ofCandidate,
                sums.calls,
                sums.errors,
                sums.slow,
                sums.labelled,
                sums.wrong,
                sums.dear);
    }

    synchronized List<StableWait> stableWaits() {
        var measured = new ArrayList<StableWait>(2);
        waits.forEach((wait, values) -> values.median()
                .ifPresent(median -> measured.add(new StableWait(
                        split.tenant(),
                        split.alias(),
                        wait,
                        split.stable(),
                        Duration.ofNanos(median),
                        values.size()))));
        return measured;
    }

    synchronized void slowAfter(Wait wait, int version, Duration limit) {
        if (version == split.stable()) {
            limits.put(wait, limit);
        }
    }
}
