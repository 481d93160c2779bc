package dev.pilothouse.ship.routing;

import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.splits.Split;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.spec.Resource;
import dev.pilothouse.ship.spec.RoutePlan;
import dev.pilothouse.ship.spec.RouteTree;
import dev.pilothouse.ship.verdicts.Count;
import dev.pilothouse.ship.verdicts.Trial;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A change of who answers an alias, on its way through traffic.
 *
 * @param tenant owner
 * @param id its id, also the salt of its split
 * @param number counts the alias' rollouts from 1
 * @param candidate who may answer, as it was declared when the rollout started
 * @param plan how it meets traffic
 * @param base version of the alias that it is compared with
 * @param phase CANARY while it is in motion, then how it ended
 * @param step index of the step
 * @param paused whether it stays where it is until somebody resumes it; harm still ends it
 * @param sentence why it stands there; empty where the counts say it
 * @param since when the step began, or was resumed
 * @param revision counts changes, to notice that somebody else changed it
 */
record RouteRollout(
        String tenant,
        String id,
        long number,
        ModelRoute candidate,
        RoutePlan plan,
        int base,
        Phase phase,
        int step,
        boolean paused,
        String sentence,
        Instant since,
        long revision) {
    /** Version labels of the two sides, under which they are counted. */
    static final String CANDIDATE = "candidate";

    static final String STABLE = "stable";

    static RouteRollout begin(
            String tenant, String id, long number, Resource.OfRoute wished, RoutePlan plan, int base, Instant now) {
        return new RouteRollout(tenant, id, number, wished.route(), plan, base, Phase.CANARY, 0, false, "", now, 0);
    }

    String alias() {
        return candidate.alias();
    }

    /** All that was declared, which {@link RouteTree#read(String)} reads. */
    String document() {
        return RouteTree.text(candidate, plan);
    }

    RouteRollout to(Phase next, String why, Instant now) {
        return new RouteRollout(tenant, id, number, candidate, plan, base, next, step, false, why, now, revision);
    }

    RouteRollout at(int nextStep, Instant now) {
        return new RouteRollout(
                tenant, id, number, candidate, plan, base, Phase.CANARY, nextStep, false, "", now, revision);
    }

    RouteRollout paused(boolean on, String why, Instant from) {
        return new RouteRollout(tenant, id, number, candidate, plan, base, phase, step, on, why, from, revision);
    }

    /** Whether the present step is the last below all traffic. */
    boolean isLastStep() {
        return step + 1 >= percents().size() - 1;
    }

    private List<Integer> percents() {
        return plan.rollout().steps();
    }

    /** The candidate's part of the calls now. */
    int percent() {
        return switch (phase) {
            case CANARY -> percents().get(step);
            case PROMOTED -> 100;
            default -> 0;
        };
    }

    /** How the gateway is to split the alias. */
    Split split() {
        return new Split(
                tenant,
                id,
                base,
                candidate,
                10 * percent(),
                plan.rollout().slowAfter(),
                plan.cost().isPresent() ? plan.dearBeyond() : 0);
    }

    /** The rollout as verdicts see it. */
    Trial trial() {
        return new Trial(
                tenant,
                id,
                CANDIDATE,
                Optional.of(STABLE),
                plan.rollout(),
                phase == Phase.CANARY ? step : Count.NO_STEP,
                false,
                plan.cost());
    }
}
