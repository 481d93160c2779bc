package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.statistics.TestPlan;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One release as verdicts see it.
 *
 * @param tenant owner
 * @param release the release's id
 * @param candidate version label of what is released
 * @param stable version label of what is in production, if anything is
 * @param rollout how the release meets traffic
 * @param step what is counted now belongs to: the step's index, {@link Count#SHADOW_STEP} or {@link Count#NO_STEP}
 * @param controlled whether the step has a control, which slow answers are compared with instead of all of the stable
 *     version's
 * @param cost bounds for dear requests, where requests have a price and it counts
 */
public record Trial(
        String tenant,
        String release,
        String candidate,
        Optional<String> stable,
        ServiceSpec.Rollout rollout,
        int step,
        boolean controlled,
        Optional<ServiceSpec.Bounds> cost) {
    /** Of requests that have no price. */
    public Trial(
            String tenant,
            String release,
            String candidate,
            Optional<String> stable,
            ServiceSpec.Rollout rollout,
            int step,
            boolean controlled) {
        this(tenant, release, candidate, stable, rollout, step, controlled, Optional.empty());
    }

    /** Where trials are found; called inside the transaction that stores counts. */
    @FunctionalInterface
    public interface Trials {
        /** The trial of a release; empty where there is none of that id. */
        Optional<Trial> find(Tx tx, String tenant, String release);
    }

    /** Number of steps below all traffic. */
    int canarySteps() {
        return rollout.steps().size() - 1;
    }

    /** What is compared. */
    List<Count.Outcome> outcomes() {
        return Arrays.stream(Count.Outcome.values())
                .filter(outcome -> outcome != Count.Outcome.DEAR || cost.isPresent())
                .toList();
    }

    ServiceSpec.Bounds bounds(Count.Outcome outcome) {
        return switch (outcome) {
            case ERRORS -> rollout.errors();
            case SLOW -> rollout.slow();
            case WRONG -> rollout.accuracy();
            case DEAR -> cost.orElseThrow();
        };
    }

    /**
     * What is to be shown of an outcome. {@code rollout.alpha} is shared equally by all outcomes (Bonferroni),
     * whether or not labels come back, so that the chance of rolling back a release which is not worse in any is at most
     * {@code alpha} in all. {@code rollout.beta} holds per outcome: a release must pass all of them, so a false all-clear in
     * one alone promotes nothing that is bad.
     */
    TestPlan plan(Count.Outcome outcome) {
        ServiceSpec.Bounds bounds = bounds(outcome);
        int planned = canarySteps() + (rollout.shadowRequests() > 0 ? 1 : 0);
        return new TestPlan(
                outcome.words(),
                bounds.tolerance(),
                bounds.margin(),
                rollout.alpha() / outcomes().size(),
                rollout.beta(),
                Math.max(1, planned));
    }
}
