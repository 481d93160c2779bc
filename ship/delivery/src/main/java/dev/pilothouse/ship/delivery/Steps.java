package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.ship.spec.ServiceSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The one step a release takes from where it stands. Each step that changes something is one unit: the state, its ledger
 * entry, and what the verdict read.
 */
final class Steps {
    /** Tries after which a candidate that does not load is taken back. */
    static final int LOAD_ATTEMPTS = 3;

    private final Store store;
    private final Surroundings surroundings;
    private final GateSteps gates;
    private final TrafficSteps traffic;
    private final InstantSource clock;
    private final Moves moves;

    Steps(
            Store store,
            Surroundings surroundings,
            Deployment deployment,
            GateRuns gateRuns,
            InstantSource clock,
            Notices notices) {
        this.store = store;
        this.surroundings = surroundings;
        this.clock = clock;
        this.moves = new Moves(store, surroundings.ledger(), notices);
        this.gates = new GateSteps(store, surroundings, deployment, gateRuns, clock, moves);
        this.traffic = new TrafficSteps(store, clock, moves);
    }

    /**
     * Takes one step, if one is due.
     *
     * @return whether the state changed
     */
    boolean take(ServiceRow.View view, Release release, Deployment.Progress progress) {
        return switch (release.state().phase()) {
            case GATING -> !release.state().paused() && gates.gate(view, release, progress);
            case AWAITING_APPROVAL -> gates.approval(release);
            case LOADING -> loading(view, release, progress);
            case SHADOW, CANARY -> traffic.look(view, release, progress);
            case PROMOTING -> promoting(release, progress);
            case ROLLING_BACK -> rollingBack(view, release, progress);
            case PROMOTED, ROLLED_BACK, REJECTED, ABORTED -> false;
        };
    }

    private boolean loading(ServiceRow.View view, Release release, Deployment.Progress progress) {
        if (progress instanceof Deployment.Progress.Stuck stuck && stuck.attempts() >= LOAD_ATTEMPTS) {
            return moves.back(
                    release,
                    "Stopped before any traffic: " + release.candidate().title() + " does not load: " + stuck.why(),
                    Phase.REJECTED,
                    clock.instant());
        }
        if (release.state().paused()) {
            return false;
        }
        Instant now = clock.instant();
        Optional<String> breaks = progress instanceof Deployment.Progress.Reached
                ? view.stable().flatMap(stable -> breaksClients(release, stable))
                : Optional.empty();
        if (breaks.isPresent()) {
            return moves.back(release, breaks.get(), Phase.REJECTED, now);
        }
        Release.State next;
        if (progress instanceof Deployment.Progress.Alone alone) {
            next = release.state()
                    .to(
                            Phase.PROMOTING,
                            "What is in production does not start, so there is nothing to compare with and it takes all"
                                    + " traffic: " + alone.why(),
                            now);
        } else if (!(progress instanceof Deployment.Progress.Reached)) {
            return false;
        } else if (view.stable().isEmpty()) {
            next = release.state()
                    .to(
                            Phase.PROMOTING,
                            "The first release has nothing to be compared with, so it takes"
                                    + " all traffic once it is loaded.",
                            now);
        } else if (release.spec().rollout().shadowRequests() > 0) {
            next = release.state().to(Phase.SHADOW, "", now);
        } else if (release.canarySteps() > 0) {
            next = release.state().canary(0, now);
        } else {
            next = release.state()
                    .to(
                            Phase.PROMOTING,
                            "The rollout declares neither shadow nor canary, so it takes all"
                                    + " traffic without comparison.",
                            now);
        }
        Release moved = release.with(next, now);
        return moves.write(moved, Entries.moved(moved, "rollout.step"));
    }

    /** Why clients would fail with the candidate, whatever it answers. */
    private Optional<String> breaksClients(Release release, Release stable) {
        if (release.spec().rollout().signatureMayChange()) {
            return Optional.empty();
        }
        List<String> breaks = surroundings
                .serving()
                .breaksClients(
                        release.tenant(),
                        release.service(),
                        stable.candidate().label(),
                        release.candidate().label());
        return breaks.isEmpty()
                ? Optional.empty()
                : Optional.of("Stopped before any traffic: clients of "
                        + stable.candidate().title()
                        + " would fail with " + release.candidate().title() + ", since " + String.join("; ", breaks)
                        + ". If they are ready for it, set 'signature: may-change' under 'rollout', apply, and release"
                        + " again.");
    }

    private boolean promoting(Release release, Deployment.Progress progress) {
        if (progress instanceof Deployment.Progress.Stuck stuck && stuck.attempts() >= LOAD_ATTEMPTS) {
            return moves.back(
                    release,
                    "Rolled back while taking all traffic: " + stuck.why(),
                    Phase.ROLLED_BACK,
                    clock.instant());
        }
        if (!(progress instanceof Deployment.Progress.Reached)) {
            return false;
        }
        Instant now = clock.instant();
        Release next =
                release.with(release.state().to(Phase.PROMOTED, release.state().sentence(), now), now);
        store.writeAndWait(tx -> {
            SqlReleases.update(tx, next);
            ServiceRow row =
                    SqlServices.find(tx, release.tenant(), release.service()).orElseThrow();
            SqlServices.update(
                    tx,
                    row.stable(Optional.of(release.id()), row.stable(), now)
                            .moving(Optional.empty(), row.lastNumber(), now));
            alias(tx, release);
            SqlReleases.promotedBy(tx, next, surroundings.ledger().append(tx, Entries.moved(next, "release.promoted")));
            moves.tell(
                    tx,
                    next,
                    "promoted",
                    "Release " + next.number() + " of " + next.service() + " ("
                            + next.candidate().title() + ") is in production.");
            return next;
        });
        return true;
    }

    /** Points the model's alias at what is in production now. */
    void alias(Tx tx, Release release) {
        Optional<String> alias =
                switch (release.spec().workload()) {
                    case ServiceSpec.Workload.Model model -> Optional.of(model.alias());
                    case ServiceSpec.Workload.Container container ->
                        container.files().map(ServiceSpec.Workload.Files::alias);
                };
        if (alias.isPresent() && release.candidate().version() > 0) {
            surroundings
                    .models()
                    .setAlias(
                            tx,
                            Caller.system(release.tenant(), "rollout"),
                            release.candidate().model(),
                            alias.get(),
                            release.candidate().version());
        }
    }

    private boolean rollingBack(ServiceRow.View view, Release release, Deployment.Progress progress) {
        if (view.stable().isPresent() && !(progress instanceof Deployment.Progress.Reached)) {
            return false;
        }
        Phase end = release.state().ending().orElse(Phase.ROLLED_BACK);
        Instant now = clock.instant();
        Release next = release.with(release.state().to(end, release.state().sentence(), now), now);
        store.writeAndWait(tx -> {
            moves.end(tx, next, "release." + end.label());
            return next;
        });
        return true;
    }
}
