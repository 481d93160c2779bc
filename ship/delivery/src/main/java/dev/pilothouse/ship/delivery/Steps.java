package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.ModelSource;
import dev.pilothouse.ship.gates.Contender;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.statistics.Figures;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Duration;
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
    private static final int LOAD_ATTEMPTS = 3;

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Store store;
    private final Surroundings surroundings;
    private final Deployment deployment;
    private final GateRuns gateRuns;
    private final InstantSource clock;
    private final Notices notices;

    Steps(
            Store store,
            Surroundings surroundings,
            Deployment deployment,
            GateRuns gateRuns,
            InstantSource clock,
            Notices notices) {
        this.store = store;
        this.surroundings = surroundings;
        this.deployment = deployment;
        this.gateRuns = gateRuns;
        this.clock = clock;
        this.notices = notices;
    }

    /**
     * Takes one step, if one is due.
     *
     * @return whether the state changed
     */
    boolean take(ServiceRow.View view, Release release, Deployment.Progress progress) {
        return switch (release.state().phase()) {
            case GATING -> !release.state().paused() && gate(view, release, progress);
            case AWAITING_APPROVAL -> approval(release);
            case LOADING -> loading(view, release, progress);
            case SHADOW, CANARY -> look(view, release, progress);
            case PROMOTING -> promoting(release, progress);
            case ROLLING_BACK -> rollingBack(view, release, progress);
            case PROMOTED, ROLLED_BACK, REJECTED, ABORTED -> false;
        };
    }

    private boolean gate(ServiceRow.View view, Release release, Deployment.Progress progress) {
        List<GateSpec> gates = release.spec().allGates();
        List<SqlReleases.Gate> decided = store.read(tx -> SqlReleases.gates(tx, release.tenant(), release.id()));
        if (decided.size() >= gates.size()) {
            Release next = release.with(release.state().to(Phase.LOADING, "", clock.instant()), clock.instant());
            return write(next, Entries.moved(next, "rollout.loading"));
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
                notices.tell(
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
        Optional<ModelSource> source = deployment.source(release);
        if (gate instanceof GateSpec.Evaluation && source.isEmpty()) {
            return progress instanceof Deployment.Progress.Stuck stuck
                    && stuck.attempts() >= LOAD_ATTEMPTS
                    && reject(release, release.candidate().title() + " does not start: " + stuck.why());
        }
        Contender candidate = contender(release, source);
        Optional<Contender> production = view.stable()
                .filter(stable -> deployment.source(stable).isPresent())
                .map(stable -> contender(stable, deployment.source(stable)));
        Optional<GateOutcome> outcome = gateRuns.outcome(
                release, place, () -> surroundings.judges().run(release.tenant(), gate, candidate, production));
        return outcome.isPresent() && decide(release, place, gate, outcome.get());
    }

    private static Contender contender(Release release, Optional<ModelSource> source) {
        // A data gate asks no model, so a container that is not up yet does not matter to it.
        ModelSource from =
                source.orElseGet(() -> new ModelSource.Remote(java.net.URI.create("http://127.0.0.1:0"), ""));
        return new Contender(release.candidate().title(), release.candidate().digest(), from);
    }

    private boolean approval(Release release) {
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
        Release next = passed
                ? release.with(
                        new Release.State(
                                Phase.GATING,
                                0,
                                release.state().paused(),
                                Optional.empty(),
                                "",
                                Optional.empty(),
                                release.state().since()),
                        now)
                : release.with(
                        release.state()
                                .to(
                                        Phase.REJECTED,
                                        "The gate '" + gate.title() + "' is red: " + outcome.sentence(),
                                        now),
                        now);
        store.writeAndWait(tx -> {
            SqlReleases.update(tx, next);
            SqlReleases.insertGate(
                    tx,
                    release,
                    new SqlReleases.Gate(place, gate.title(), passed, outcome.sentence(), outcome.evidence(), now));
            surroundings.ledger().append(tx, Entries.gate(release, gate.title(), outcome));
            if (!passed) {
                end(tx, next, "release.rejected");
                notices.tell(tx, next, "rejected", next.state().sentence());
            }
            return next;
        });
        return true;
    }

    private boolean reject(Release release, String why) {
        Instant now = clock.instant();
        Release next = release.with(release.state().to(Phase.REJECTED, why, now), now);
        store.writeAndWait(tx -> {
            SqlReleases.update(tx, next);
            end(tx, next, "release.rejected");
            notices.tell(tx, next, "rejected", why);
            return next;
        });
        return true;
    }

    private boolean loading(ServiceRow.View view, Release release, Deployment.Progress progress) {
        if (progress instanceof Deployment.Progress.Stuck stuck && stuck.attempts() >= LOAD_ATTEMPTS) {
            return back(
                    release,
                    "Stopped before any traffic: " + release.candidate().title() + " does not load: " + stuck.why(),
                    Phase.REJECTED);
        }
        if (!(progress instanceof Deployment.Progress.Reached)
                || release.state().paused()) {
            return false;
        }
        Instant now = clock.instant();
        Release.State next;
        if (view.stable().isEmpty()) {
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
        return write(moved, Entries.moved(moved, "rollout.step"));
    }

    private boolean look(ServiceRow.View view, Release release, Deployment.Progress progress) {
        Optional<String> stable = view.stable().map(s -> s.candidate().label());
        Instant now = clock.instant();
        Optional<Release> changed = store.writeAndWait(tx -> {
            Evidence evidence = Evidence.of(release, stable, SqlCounts.of(tx, release.tenant(), release.id()));
            remember(tx, release, evidence, now);
            var harm = evidence.harm();
            if (harm.isPresent()) {
                String where = release.state().phase() == Phase.SHADOW
                        ? "in shadow"
                        : "at "
                                + release.spec()
                                        .rollout()
                                        .steps()
                                        .get(release.state().step()) + " %";
                String why = "Rolled back " + where + " after " + Figures.count(evidence.requests()) + " requests: "
                        + harm.get().sentence() + ".";
                Release next = release.with(release.state().back(Phase.ROLLED_BACK, why, now), now);
                notices.tell(tx, next, "rolled-back", why);
                return Optional.of(store(tx, next, Entries.moved(next, "rollout.rolled-back", evidence)));
            }
            if (release.state().paused()) {
                return Optional.empty();
            }
            Optional<String> waits = evidence.waitsFor(release);
            if (waits.isPresent()) {
                Duration limit = release.spec().rollout().maxWait();
                if (now.isBefore(release.state().since().plus(limit))) {
                    return Optional.empty();
                }
                String why = "Paused after waiting " + Fields.text(limit) + ". " + waits.get();
                Release next = release.with(
                        release.state().paused(true, why, release.state().since()), now);
                notices.tell(tx, next, "paused", why);
                return Optional.of(store(tx, next, Entries.moved(next, "rollout.paused", evidence)));
            }
            if (!(progress instanceof Deployment.Progress.Reached)) {
                return Optional.empty();
            }
            Release next = release.with(following(release, now), now);
            return Optional.of(store(tx, next, Entries.moved(next, "rollout.step", evidence)));
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

    private static void remember(Tx tx, Release release, Evidence evidence, Instant now) {
        List<SqlCounts.Look> last = SqlCounts.looks(tx, release.tenant(), release.id(), 1);
        if (!last.isEmpty()
                && (last.getFirst().requests() == evidence.requests()
                        || now.isBefore(last.getFirst().at().plus(BETWEEN_LOOKS)))) {
            return;
        }
        var errors = evidence.of(Count.Outcome.ERRORS);
        var slow = evidence.of(Count.Outcome.SLOW);
        var wrong = evidence.of(Count.Outcome.WRONG);
        SqlCounts.add(
                tx,
                release,
                new SqlCounts.Look(
                        now,
                        release.countedStep(),
                        evidence.requests(),
                        errors.logHarm(),
                        slow.logHarm(),
                        wrong.logHarm(),
                        errors.logHarmless(),
                        slow.logHarmless(),
                        wrong.logHarmless()));
    }

    private boolean promoting(Release release, Deployment.Progress progress) {
        if (progress instanceof Deployment.Progress.Stuck stuck && stuck.attempts() >= LOAD_ATTEMPTS) {
            return back(release, "Rolled back while taking all traffic: " + stuck.why(), Phase.ROLLED_BACK);
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
            surroundings.ledger().append(tx, Entries.moved(next, "release.promoted"));
            notices.tell(
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
        if (release.spec().workload() instanceof ServiceSpec.Workload.Model model
                && release.candidate().version() > 0) {
            surroundings
                    .models()
                    .setAlias(
                            tx,
                            Caller.system(release.tenant(), "rollout"),
                            release.candidate().model(),
                            model.alias(),
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
            SqlReleases.update(tx, next);
            end(tx, next, "release." + end.label());
            return next;
        });
        return true;
    }

    private boolean back(Release release, String why, Phase end) {
        Instant now = clock.instant();
        Release next = release.with(release.state().back(end, why, now), now);
        store.writeAndWait(tx -> {
            notices.tell(tx, next, end.label(), why);
            return store(tx, next, Entries.moved(next, "rollout.rolled-back"));
        });
        return true;
    }

    private boolean write(Release to, LedgerEntry entry) {
        store.writeAndWait(tx -> store(tx, to, entry));
        return true;
    }

    private Release store(Tx tx, Release next, LedgerEntry entry) {
        SqlReleases.update(tx, next);
        surroundings.ledger().append(tx, entry);
        return next;
    }

    /** Takes an ended release out of its service's hands. */
    private void end(Tx tx, Release ended, String kind) {
        ServiceRow row = SqlServices.find(tx, ended.tenant(), ended.service()).orElseThrow();
        if (row.moving().equals(Optional.of(ended.id()))) {
            SqlServices.update(tx, row.moving(Optional.empty(), row.lastNumber(), ended.updatedAt()));
        }
        surroundings.ledger().append(tx, Entries.moved(ended, kind));
    }

    /** What an approver approves: the content, the declaration and the evidence of the gates before. */
    static Digest approvalDigest(Tx tx, Release release) {
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
