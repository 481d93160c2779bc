package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.Latencies;
import dev.pilothouse.run.serving.OutcomeCount;
import dev.pilothouse.ship.statistics.Arm;
import dev.pilothouse.ship.statistics.BlockTest;
import dev.pilothouse.ship.statistics.Blocks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Moves counts from the model server's memory into the store, each request at most once. What was taken is kept until its
 * transaction is known to have committed; a taking that was stored although its commit looked failed is told by its
 * number. Used by one thread.
 */
public final class CountRecorder {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("verdicts");

    private static final Duration KEPT_OUTSIDE_COMPARISONS = Duration.ofDays(2);
    private static final Duration KEPT = Duration.ofDays(90);

    private final Store store;
    private final Supplier<List<OutcomeCount>> source;
    private final Trial.Trials trials;
    private final SlowLimits limits;
    private final String recorder;
    private long sequence = 1;
    private long pruned = Long.MIN_VALUE / 2;
    private List<OutcomeCount> taken = List.of();

    /**
     * @param source takes the counts gathered since it was last asked
     * @param trials where the releases that were counted are found
     * @param limits renewed with each taking
     * @param recorder unique id of this run of this process
     */
    public CountRecorder(
            Store store, Supplier<List<OutcomeCount>> source, Trial.Trials trials, SlowLimits limits, String recorder) {
        this.store = store;
        this.source = source;
        this.trials = trials;
        this.limits = limits;
        this.recorder = recorder;
    }

    /**
     * Stores what was counted since the last call, or what the last call could not store.
     *
     * @return whether anything was
     */
    public boolean record() {
        if (taken.isEmpty()) {
            taken = List.copyOf(source.get());
            if (taken.isEmpty()) {
                limits.read();
                return false;
            }
        }
        List<OutcomeCount> counts = taken;
        long number = sequence;
        List<Latencies.Stable> measured = store.writeAndWait(tx -> {
            if (!SqlCounts.firstTime(tx, recorder, number)) {
                return limits.exchange(tx);
            }
            var releases = new LinkedHashMap<Release, List<OutcomeCount>>();
            for (OutcomeCount count : counts) {
                releases.computeIfAbsent(new Release(count.tenant(), count.release()), _ -> new ArrayList<>())
                        .add(count);
            }
            releases.forEach((release, of) -> store(tx, trials.find(tx, release.tenant, release.id), of));
            prune(tx, counts.getLast().minute());
            return limits.exchange(tx);
        });
        limits.set(measured);
        sequence++;
        taken = List.of();
        return true;
    }

    private record Release(String tenant, String id) {}

    private static void store(Tx tx, Optional<Trial> trial, List<OutcomeCount> counts) {
        int step = trial.map(Trial::step).orElse(Count.NO_STEP);
        counts.forEach(count -> SqlCounts.add(tx, count, step));
        if (trial.isEmpty() || step == Count.NO_STEP) {
            return;
        }
        Arm candidate = Arm.NONE;
        Arm stable = Arm.NONE;
        boolean controlled = trial.get().controlled();
        for (OutcomeCount count : counts) {
            // A request at the edge of two takings may be slow in one and answered in the next.
            Arm arm = new Arm(count.requests(), Math.min(count.requests(), count.slow()));
            if (count.version().equals(trial.get().candidate()) && count.shadow() == (step == Count.SHADOW_STEP)) {
                candidate = candidate.plus(arm);
            } else if (Optional.of(count.version()).equals(trial.get().stable())
                    && !count.shadow()
                    && count.control() == controlled) {
                stable = stable.plus(arm);
            }
        }
        var test = new BlockTest(trial.get().plan(Count.Outcome.SLOW));
        Blocks before = SqlBlocks.of(tx, trial.get()).getOrDefault(step, Blocks.NONE);
        SqlBlocks.put(tx, trial.get(), test.add(before, candidate, stable));
    }

    /** Forgets old counts, once an hour. */
    private void prune(Tx tx, long minute) {
        if (minute - pruned >= Duration.ofHours(1).toMinutes()) {
            SqlCounts.prune(tx, minute - KEPT_OUTSIDE_COMPARISONS.toMinutes(), minute - KEPT.toMinutes());
            limits.prune(tx);
            pruned = minute;
        }
    }
}
