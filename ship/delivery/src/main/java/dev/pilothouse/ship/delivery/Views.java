package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.quarantine.Quarantine;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.spec.Environment;
import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.spec.SpecTree;
import dev.pilothouse.ship.statistics.Figures;
import dev.pilothouse.ship.verdicts.Count;
import dev.pilothouse.ship.verdicts.Evidence;
import dev.pilothouse.ship.verdicts.EvidenceJson;
import dev.pilothouse.ship.verdicts.Trial;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Services and releases as our API shows them, computed from what is stored. Stateless. */
final class Views {
    private Views() {}

    /** One row of the list of services. */
    static ObjectNode brief(Tx tx, ServiceRow.View view) {
        ObjectNode node = head(view);
        current(tx, view)
                .ifPresentOrElse(
                        release -> {
                            node.set("release", releaseHead(tx, release));
                        },
                        () -> node.putNull("release"));
        return node;
    }

    /** Everything about one service and its current or last release. */
    static ObjectNode status(Tx tx, ServiceRow.View view) {
        ObjectNode node = head(view);
        node.set("spec", SpecTree.of(view.row().spec()));
        view.previous()
                .ifPresentOrElse(
                        previous -> node.put("previous", previous.candidate().title()), () -> node.putNull("previous"));
        current(tx, view)
                .ifPresentOrElse(release -> node.set("release", release(tx, release)), () -> node.putNull("release"));
        return node;
    }

    /** How the processes of a service's releases are, those in production first; none for models that run in the server. */
    static void processes(ServiceRow.View view, Surroundings.Processes processes, ArrayNode to) {
        Stream.of(view.stable(), view.moving()).flatMap(Optional::stream).forEach(release -> {
            if (release.spec().workload() instanceof ServiceSpec.Workload.Container container) {
                processes.status(Deployment.processName(release)).ifPresent(status -> {
                    var node = to.addObject()
                            .put("release", release.candidate().title())
                            .put("state", status.state())
                            .put("ready", status.addresses().size())
                            .put("replicas", container.replicas())
                            .put("restarts", status.restarts());
                    status.lastError().ifPresent(error -> node.put("lastError", error));
                });
            }
        });
    }

    /** Which of a service's versions are kept from being loaded, those in production first: why, and what releases them. */
    static void quarantine(Tx tx, ServiceRow.View view, ArrayNode to) {
        Map<Digest, Release> byGraph = new LinkedHashMap<>();
        Stream.of(view.stable(), view.moving(), current(tx, view), view.previous())
                .flatMap(Optional::stream)
                .forEach(release ->
                        release.candidate().onnx().ifPresent(model -> byGraph.putIfAbsent(model.graph(), release)));
        byGraph.forEach((graph, release) -> Quarantine.held(tx, release.tenant(), graph)
                .ifPresent(model -> to.addObject()
                        .put("version", release.candidate().title())
                        .put("graph", graph.toString())
                        .put("since", model.quarantinedAt().orElseThrow().toString())
                        .put("why", model.why())
                        .put("command", model.releaseCommand())));
    }

    /** The release in motion, else the newest. */
    private static Optional<Release> current(Tx tx, ServiceRow.View view) {
        return view.moving()
                .or(() -> view.stable()
                        .filter(stable -> stable.number() == view.row().lastNumber()))
                .or(() -> SqlReleases.list(tx, view.row().tenant(), view.row().name(), Long.MAX_VALUE, 1).stream()
                        .findFirst());
    }

    /** What is true of a service beside its releases. */
    static ObjectNode head(ServiceRow.View view) {
        String state = view.moving().map(Views::state).orElse(view.stable().isPresent() ? "serving" : "declared");
        var node = Json.object()
                .put("name", view.row().name())
                .put("service", view.row().service())
                .put(
                        "environment",
                        view.row().environment().map(Environment::name).orElse(null))
                .put("declared", view.row().declared())
                .put("state", state)
                .put("endpoint", "/v2/models/" + view.row().name() + "/infer");
        view.stable()
                .ifPresentOrElse(
                        stable -> {
                            node.put("stable", stable.candidate().title());
                            node.put("stableVersion", stable.candidate().label());
                            node.put("stableRelease", stable.id());
                        },
                        () -> node.putNull("stable"));
        view.row().promotedAt().ifPresent(at -> node.put("promotedAt", at.toString()));
        return node.put("updatedAt", view.row().updatedAt().toString());
    }

    private static String state(Release release) {
        return release.state().paused() ? "paused" : release.state().phase().label();
    }

    /** One release, without its evidence. */
    static ObjectNode releaseHead(Tx tx, Release release) {
        // Most of many services are at rest and have their sentence; reading their evidence would make a list of them
        // slow.
        boolean compared = release.state().phase() == Phase.SHADOW
                || release.state().phase() == Phase.CANARY
                || release.state().sentence().isEmpty();
        if (!compared) {
            return releaseHead(release, release.state().sentence());
        }
        Trial trial = SqlReleases.trial(tx, release);
        return releaseHead(release, sentence(release, trial, Evidence.of(tx, trial)));
    }

    private static ObjectNode releaseHead(Release release, String sentence) {
        var node = Json.object()
                .put("id", release.id())
                .put("number", release.number())
                .put("service", release.service())
                .put("candidate", release.candidate().title())
                .put("version", release.candidate().label())
                .put("digest", release.candidate().digest().toString())
                .put("state", state(release))
                .put("phase", release.state().phase().label())
                .put("paused", release.state().paused())
                .put("sentence", sentence)
                .put("note", release.note())
                .put("requestedBy", release.by().name())
                .put("createdAt", release.createdAt().toString())
                .put("updatedAt", release.updatedAt().toString())
                .put("weight", release.weight() / 10.0);
        if (release.state().phase() == Phase.CANARY) {
            node.put("step", release.state().step());
        }
        var steps = node.putArray("steps");
        release.spec().rollout().steps().forEach(steps::add);
        release.origin().ifPresent(from -> origin(node.putObject("promotedFrom"), from));
        release.endedAt().ifPresentOrElse(at -> node.put("endedAt", at.toString()), () -> node.putNull("endedAt"));
        return node;
    }

    static void origin(ObjectNode node, Release.Origin from) {
        node.put("service", from.service())
                .put("environment", from.environment())
                .put("release", from.release())
                .put("number", from.number())
                .put("entry", from.entry());
    }

    /** One release with gates, counts, tests and the course of the evidence. */
    static ObjectNode release(Tx tx, Release release) {
        Trial trial = SqlReleases.trial(tx, release);
        Evidence evidence = Evidence.of(tx, trial);
        ObjectNode node = releaseHead(release, sentence(release, trial, evidence));
        gates(tx, node.putArray("gates"), release);
        release.state().approval().ifPresent(id -> node.put("approval", id));
        var counts = node.putArray("counts");
        evidence.candidate().forEach((step, count) -> {
            var row = counts.addObject().put("step", step);
            if (step == Count.SHADOW_STEP) {
                row.put("shadow", true);
            } else {
                row.put("percent", release.spec().rollout().steps().get(step));
            }
            EvidenceJson.count(row.putObject("candidate"), count);
            EvidenceJson.count(
                    row.putObject("stable"), evidence.stable().getOrDefault(step, Count.none("", step, false)));
        });
        var comparison = node.putArray("comparison");
        evidence.comparisons().forEach((outcome, c) -> EvidenceJson.comparison(comparison.addObject(), c));
        EvidenceJson.looks(node.putArray("looks"), Evidence.looks(tx, trial));
        return node;
    }

    /** Why the release stands where it does: what was written down, else what the counts say. */
    private static String sentence(Release release, Trial trial, Evidence evidence) {
        if (release.state().phase() == Phase.SHADOW || release.state().phase() == Phase.CANARY) {
            String waits = evidence.waitsFor(trial)
                    .orElse(
                            release.state().phase() == Phase.SHADOW
                                    ? "In shadow."
                                    : "At "
                                            + release.spec()
                                                    .rollout()
                                                    .steps()
                                                    .get(release.state().step()) + " % of the traffic.");
            return release.state().sentence().isEmpty()
                    ? waits
                    : release.state().sentence() + " " + waits;
        }
        if (!release.state().sentence().isEmpty()) {
            return release.state().sentence();
        }
        return switch (release.state().phase()) {
            case GATING -> "Running the gates.";
            case LOADING -> "Loading " + release.candidate().title() + ".";
            case PROMOTING -> "All traffic moves to " + release.candidate().title() + ".";
            case PROMOTED ->
                release.candidate().title() + " is in production"
                        + (evidence.requests() == 0
                                ? "."
                                : ", after " + Figures.count(evidence.requests()) + " requests in comparison.");
            case AWAITING_APPROVAL, SHADOW, CANARY, ROLLING_BACK, ROLLED_BACK, REJECTED, ABORTED -> "";
        };
    }

    private static void gates(Tx tx, ArrayNode nodes, Release release) {
        List<GateSpec> declared = release.spec().allGates();
        List<SqlReleases.Gate> decided = SqlReleases.gates(tx, release.tenant(), release.id());
        for (int i = 0; i < declared.size(); i++) {
            var node = nodes.addObject()
                    .put("kind", kind(declared.get(i)))
                    .put("title", declared.get(i).title());
            if (i < decided.size()) {
                var gate = decided.get(i);
                node.put("outcome", gate.passed() ? "passed" : "failed")
                        .put("sentence", gate.sentence())
                        .put("decidedAt", gate.decidedAt().toString())
                        .set("evidence", gate.evidence());
                gate.entry().ifPresent(entry -> node.put("entry", entry));
            } else {
                boolean next = i == decided.size();
                node.put("outcome", next && release.state().phase() == Phase.AWAITING_APPROVAL ? "waiting" : "pending")
                        .put(
                                "sentence",
                                next && release.state().phase().gated()
                                        ? release.state().sentence()
                                        : "");
            }
        }
    }

    private static String kind(GateSpec gate) {
        return switch (gate) {
            case GateSpec.Data _ -> "data";
            case GateSpec.Evaluation _ -> "evaluation";
            case GateSpec.Human _ -> "approval";
        };
    }
}
