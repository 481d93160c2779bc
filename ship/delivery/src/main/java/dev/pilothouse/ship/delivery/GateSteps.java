package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.ModelSource;
import dev.pilothouse.ship.gates.Contender;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.spec.SpecTree;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The steps of a release before it meets traffic: its gates, one after the other. */
final class GateSteps {
    private static final Logger LOG = LoggerFactory.getLogger(GateSteps.class);

    private final Store store;
    private final Surroundings surroundings;
    private final Deployment deployment;
    private final GateRuns gateRuns;
    private final InstantSource clock;
    private final Moves moves;

    GateSteps(
            Store store,
            Surroundings surroundings,
            Deployment deployment,
            GateRuns gateRuns,
            InstantSource clock,
            Moves moves) {
        this.store = store;
        this.surroundings = surroundings;
        this.deployment = deployment;
        this.gateRuns = gateRuns;
        this.clock = clock;
        this.moves = moves;
    }

    boolean gate(ServiceRow.View view, Release release, Deployment.Progress progress) {
        List<GateSpec> gates = release.spec().allGates();
        List<SqlReleases.Gate> decided = store.read(tx -> SqlReleases.gates(tx, release.tenant(), release.id()));
        if (decided.size() >= gates.size()) {
            Release next = release.with(release.state().to(Phase.LOADING, "", clock.instant()), clock.instant());
            return moves.write(next, Entries.moved(next, "rollout.loading"));
        }
        int place = decided.size();
        GateSpec gate = gates.get(place);
        if (gate instanceof GateSpec.Human human) {
            store.writeAndWait(tx -> {
                String id = surroundings
                        .judges()
                        .ask(tx, release.by(), human, release.subject(), approvalDigest(tx, release));
                var now = clock.instant();
                String why =
                        "Waiting for a person with the role '" + human.role().label() + "' to approve.";
                SqlReleases.update(tx, release.with(release.state().awaiting(id, why, now), now));
                moves.tell(
                        tx,
                        release,
                        "awaiting-approval",
                        "Release " + release.number() + " of " + release.service() + " ("
                                + release.candidate().title() + ") waits for approval by "
                                + human.role().label() + ".");
                return id;
            });
            return true;
        }
        Optional<GateOutcome> carried = store.read(tx -> CarriedEvidence.find(tx, release, gate))
                .flatMap(cited -> CarriedEvidence.outcome(
                        cited, gate, surroundings.judges().inputs(release.tenant(), gate), view.stable()));
        if (carried.isPresent()) {
            return decide(release, place, gate, carried.get());
        }
        Optional<ModelSource> source = deployment.source(release);
        if (gate instanceof GateSpec.Evaluation && source.isEmpty()) {
            return progress instanceof Deployment.Progress.Stuck stuck
                    && stuck.attempts() >= Steps.LOAD_ATTEMPTS
                    && moves.reject(
                            release, release.candidate().title() + " does not start: " + stuck.why(), clock.instant());
        }
        Contender candidate = contender(release, source);
        Optional<Contender> production = view.stable()
                .filter(stable -> deployment.source(stable).isPresent())
                .map(stable -> contender(stable, deployment.source(stable)));
        try {
            Optional<GateOutcome> outcome = gateRuns.outcome(
                    release, place, () -> surroundings.judges().run(release.tenant(), gate, candidate, production));
            return outcome.isPresent() && decide(release, place, gate, outcome.get());
        } catch (PilothouseException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error("The gate '{}' of release {} failed by a fault", gate.title(), release.id(), e);
            return moves.reject(
                    release,
                    "The gate '" + gate.title() + "' could not be run because of a fault in the server; its log says"
                            + " which. Report it; once it is mended, release again.",
                    clock.instant());
        }
    }

    private static Contender contender(Release release, Optional<ModelSource> source) {
        // A data gate asks no model, so a container that is not up yet does not matter to it.
        ModelSource from = source.orElseGet(() -> new ModelSource.Remote(URI.create("http://127.0.0.1:0"), ""));
        return new Contender(release.candidate().title(), release.candidate().digest(), from);
    }

    boolean approval(Release release) {
        List<SqlReleases.Gate> decided = store.read(tx -> SqlReleases.gates(tx, release.tenant(), release.id()));
        int place = decided.size();
        if (!(release.spec().allGates().get(place) instanceof GateSpec.Human human)) {
            throw new IllegalStateException("Gate " + place + " of release " + release.id() + " is no approval");
        }
        Digest digest = store.read(tx -> approvalDigest(tx, release));
        GateOutcome outcome = surroundings
                .judges()
                .asked(release.tenant(), human, release.state().approval().orElse(""), digest);
        return decide(release, place, human, outcome);
    }

    private boolean decide(Release release, int place, GateSpec gate, GateOutcome outcome) {
        if (outcome instanceof GateOutcome.Waiting) {
            return false;
        }
        boolean passed = outcome instanceof GateOutcome.Passed;
        Instant now = clock.instant();
        String verdict = outcome instanceof GateOutcome.Undecided ? "' stops the release. " : "' is red: ";
        Release.State state = passed
                ? release.state().nextGate()
                : release.state().to(Phase.REJECTED, "The gate '" + gate.title() + verdict + outcome.sentence(), now);
        Release next = release.with(state, now);
        store.writeAndWait(tx -> {
            String entry = surroundings.ledger().append(tx, Entries.gate(release, gate.title(), outcome));
            SqlReleases.insertGate(
                    tx,
                    release,
                    new SqlReleases.Gate(
                            place,
                            gate.title(),
                            passed,
                            outcome.sentence(),
                            outcome.evidence(),
                            now,
                            Optional.of(entry)));
            if (passed) {
                SqlReleases.update(tx, next);
            } else {
                moves.reject(tx, next);
            }
            return next;
        });
        return true;
    }

    /** What an approver approves: the content, the declaration and the evidence of the gates before. */
    private static Digest approvalDigest(Tx tx, Release release) {
        var content = Json.object()
                .put("release", release.id())
                .put("service", release.service())
                .put("candidate", release.candidate().digest().toString())
                .put("spec", SpecTree.digest(release.spec()).toString());
        var evidence = content.putArray("gates");
        for (var gate : SqlReleases.gates(tx, release.tenant(), release.id())) {
            evidence.addObject()
                    .put("title", gate.title())
                    .put("sentence", gate.sentence())
                    .set("evidence", gate.evidence());
        }
        return Digest.of(CanonicalJson.text(content));
    }
}
