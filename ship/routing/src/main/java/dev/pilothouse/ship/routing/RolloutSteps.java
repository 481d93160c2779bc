package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.gateway.GatewayBook;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.verdicts.Evidence;
import dev.pilothouse.ship.verdicts.Verdict;
import dev.pilothouse.trust.ledger.Ledger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** The one step that a rollout takes from where it stands: what the evidence says, and what follows. Thread-safe. */
final class RolloutSteps {
    private final Store store;
    private final GatewayBook book;
    private final Ledger ledger;
    private final InstantSource clock;

    RolloutSteps(Store store, GatewayBook book, Ledger ledger, InstantSource clock) {
        this.store = store;
        this.book = book;
        this.ledger = ledger;
        this.clock = clock;
    }

    /**
     * Takes the step, if one is due.
     *
     * @return whether it changed where the rollout stands
     */
    boolean take(RouteRollout rollout) {
        Instant now = now();
        return store.writeAndWait(tx -> {
            Optional<ModelRoute> stable = book.route(tx, rollout.tenant(), rollout.alias());
            if (stable.isEmpty() || stable.get().version() != rollout.base()) {
                write(
                        tx,
                        RolloutEntries.by(rollout),
                        rollout.to(
                                Phase.ABORTED,
                                stable.isEmpty()
                                        ? "The alias was removed."
                                        : "The alias was declared anew, so that there is nothing left to compare with.",
                                now),
                        "aborted");
                return true;
            }
            Evidence evidence = Evidence.of(tx, rollout.trial());
            evidence.remember(tx, rollout.trial(), now);
            return switch (Verdict.of(evidence, rollout.trial(), rollout.paused(), rollout.since(), now)) {
                case Verdict.Harmful(String why) ->
                    write(tx, rollout.to(Phase.ROLLED_BACK, why, now), "rolled-back", evidence);
                case Verdict.Open() -> false;
                case Verdict.Overdue(String why) ->
                    write(tx, rollout.paused(true, why, rollout.since()), "paused", evidence);
                case Verdict.Passed() -> forward(tx, rollout, stable.get(), evidence, now);
            };
        });
    }

    private boolean forward(Tx tx, RouteRollout rollout, ModelRoute stable, Evidence evidence, Instant now) {
        if (!rollout.isLastStep()) {
            return write(tx, rollout.at(rollout.step() + 1, now), "step", evidence);
        }
        Optional<String> kept = promote(tx, RolloutEntries.by(rollout), rollout, stable);
        return kept.isEmpty()
                ? write(tx, rollout.to(Phase.PROMOTED, "", now), "promoted", evidence)
                : write(tx, rollout.to(Phase.ROLLED_BACK, kept.get(), now), "rolled-back", evidence);
    }

    /**
     * Makes the candidate the one that answers.
     *
     * @return why it cannot be, where its providers are gone or elsewhere by now
     */
    Optional<String> promote(Tx tx, Caller by, RouteRollout rollout, ModelRoute stable) {
        ModelRoute next = rollout.candidate().withResidency(stable.residency()).withCache(stable.cache());
        try {
            book.check(tx, rollout.tenant(), next);
        } catch (PilothouseException e) {
            return Optional.of("Rolled back, since the candidate cannot be asked any more: " + e.detail());
        }
        book.put(tx, by, next);
        return Optional.empty();
    }

    private boolean write(Tx tx, RouteRollout to, String what, Evidence evidence) {
        SqlRollouts.update(tx, to, now());
        ledger.append(tx, RolloutEntries.moved(to, what, evidence));
        return true;
    }

    /** Stores what somebody made of a rollout, with its ledger entry. */
    void write(Tx tx, Caller by, RouteRollout to, String what) {
        SqlRollouts.update(tx, to, now());
        ledger.append(tx, RolloutEntries.moved(by, to, what));
    }

    Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }
}
