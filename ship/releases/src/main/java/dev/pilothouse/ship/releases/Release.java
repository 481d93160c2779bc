package dev.pilothouse.ship.releases;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.verdicts.Count;
import dev.pilothouse.ship.verdicts.Trial;
import java.time.Instant;
import java.util.Optional;

/**
 * One release of a service: a candidate on its way, and where it stands.
 *
 * @param tenant owner
 * @param id its id, also the salt of its traffic split
 * @param service service name
 * @param number counts the service's releases from 1
 * @param spec the service as it was declared when the release started; later changes do not reach it
 * @param candidate what is released
 * @param origin the release of an earlier environment that this one promotes, if any
 * @param baseline release that was stable when this one started, if any
 * @param by who asked for it
 * @param note what they said about it
 * @param state where it stands
 * @param revision counts changes, to notice that somebody else changed it
 * @param createdAt when it was asked for
 * @param updatedAt when its state last changed
 * @param endedAt when it came to its end
 */
public record Release(
        String tenant,
        String id,
        String service,
        long number,
        ServiceSpec spec,
        Candidate candidate,
        Optional<Origin> origin,
        Optional<String> baseline,
        Caller by,
        String note,
        State state,
        long revision,
        Instant createdAt,
        Instant updatedAt,
        Optional<Instant> endedAt) {

    /**
     * Where a promoted release comes from.
     *
     * @param release its id
     * @param service its service, such as {@code fraud@staging}
     * @param environment its environment
     * @param number its number there
     * @param entry the ledger entry that says it became stable there
     */
    public record Origin(String release, String service, String environment, long number, String entry) {}

    /**
     * The part that changes.
     *
     * @param phase where it stands
     * @param step index of the rollout step, where the phase is CANARY
     * @param paused whether it stays where it is until somebody resumes it; harm still rolls it back
     * @param ending what ROLLING_BACK ends in
     * @param sentence why it stands there, for people; empty where the counts say it
     * @param approval the approval it waits for
     * @param since when this phase or step began, or was resumed
     */
    public record State(
            Phase phase,
            int step,
            boolean paused,
            Optional<Phase> ending,
            String sentence,
            Optional<String> approval,
            Instant since) {
        public State to(Phase next, String why, Instant now) {
            return new State(next, 0, false, Optional.empty(), why, Optional.empty(), now);
        }

        public State canary(int index, Instant now) {
            return new State(Phase.CANARY, index, false, Optional.empty(), "", Optional.empty(), now);
        }

        public State back(Phase end, String why, Instant now) {
            return new State(Phase.ROLLING_BACK, step, false, Optional.of(end), why, Optional.empty(), now);
        }

        /** Back among the gates, the approval decided. */
        public State nextGate() {
            return new State(Phase.GATING, 0, paused, Optional.empty(), "", Optional.empty(), since);
        }

        public State awaiting(String approvalId, String why, Instant now) {
            return new State(Phase.AWAITING_APPROVAL, 0, paused, Optional.empty(), why, Optional.of(approvalId), now);
        }

        public State paused(boolean on, String why, Instant now) {
            return new State(phase, step, on, ending, why, approval, now);
        }
    }

    public Release with(State next, Instant now) {
        return new Release(
                tenant,
                id,
                service,
                number,
                spec,
                candidate,
                origin,
                baseline,
                by,
                note,
                next,
                revision,
                createdAt,
                now,
                next.phase().inMotion() ? Optional.empty() : Optional.of(endedAt.orElse(now)));
    }

    /** The candidate's traffic in per mille. */
    public int weight() {
        return switch (state.phase()) {
            case CANARY -> 10 * spec.rollout().steps().get(state.step());
            case PROMOTING -> 1000;
            default -> 0;
        };
    }

    /**
     * Traffic in per mille that production's version answers apart, as a control: as much as the candidate has, so that both
     * are idle as often and wake as late. 0 where the rest of production takes no more than that itself, and for
     * models in processes of their own, where requests do not wait here.
     */
    public int control(Release stable) {
        boolean here = candidate.onnx().isPresent() && stable.candidate().onnx().isPresent();
        return here && state.phase() == Phase.CANARY && weight() < 500 ? weight() : 0;
    }

    /** Number of steps below all traffic. */
    public int canarySteps() {
        return spec.rollout().steps().size() - 1;
    }

    /** What counts taken now belong to: the step's index, {@link Count#SHADOW_STEP}, or {@link Count#NO_STEP}. */
    private int countedStep() {
        return switch (state.phase()) {
            case CANARY -> state.step();
            case SHADOW -> Count.SHADOW_STEP;
            default -> Count.NO_STEP;
        };
    }

    /** The release as verdicts see it. */
    public Trial trial(Optional<Release> stable) {
        return new Trial(
                tenant,
                id,
                candidate.label(),
                stable.map(release -> release.candidate().label()),
                spec.rollout(),
                countedStep(),
                stable.filter(release -> control(release) > 0).isPresent());
    }

    public String subject() {
        return "release/" + id;
    }
}
