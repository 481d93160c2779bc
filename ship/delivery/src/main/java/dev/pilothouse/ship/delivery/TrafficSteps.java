package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.verdicts.Evidence;
import dev.pilothouse.ship.verdicts.Trial;
import dev.pilothouse.ship.verdicts.Verdict;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** The steps of a release under traffic: what the evidence says, and what follows from it. */
final class TrafficSteps {
    private final Store store;
    private final InstantSource clock;
    private final Moves moves;

    TrafficSteps(Store store, InstantSource clock, Moves moves) {
        this.store = store;
        this.clock = clock;
        this.moves = moves;
    }

    boolean look(ServiceRow.View view, Release release, Deployment.Progress progress) {
        Trial trial = release.trial(view.stable());
        Instant now = clock.instant();
        Optional<Release> changed = store.writeAndWait(tx -> {
            Evidence evidence = Evidence.of(tx, trial);
            evidence.remember(tx, trial, now);
            Verdict verdict = Verdict.of(
                    evidence, trial, release.state().paused(), release.state().since(), now);
            return switch (verdict) {
                case Verdict.Harmful(String why) -> {
                    Release next = release.with(release.state().back(Phase.ROLLED_BACK, why, now), now);
                    moves.tell(tx, next, "rolled-back", why);
                    yield Optional.of(moves.write(tx, next, Entries.moved(next, "rollout.rolled-back", evidence)));
                }
                case Verdict.Open() -> Optional.empty();
                case Verdict.Overdue(String why) -> {
                    Release next = release.with(
                            release.state().paused(true, why, release.state().since()), now);
                    moves.tell(tx, next, "paused", why);
                    yield Optional.of(moves.write(tx, next, Entries.moved(next, "rollout.paused", evidence)));
                }
                case Verdict.Passed() -> {
                    if (!(progress instanceof Deployment.Progress.Reached)) {
                        yield Optional.empty();
                    }
                    Release next = release.with(following(release, now), now);
                    yield Optional.of(moves.write(tx, next, Entries.moved(next, "rollout.step", evidence)));
                }
            };
        });
        return changed.isPresent();
    }

    /** The state after the present one, when nothing keeps it. */
    static Release.State following(Release release, Instant now) {
        int next = release.state().phase() == Phase.CANARY ? release.state().step() + 1 : 0;
        return next < release.canarySteps()
                ? release.state().canary(next, now)
                : release.state().to(Phase.PROMOTING, "", now);
    }
}
