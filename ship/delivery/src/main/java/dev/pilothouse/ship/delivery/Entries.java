package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.spec.Declaration;
import dev.pilothouse.ship.spec.SpecTree;
import dev.pilothouse.ship.verdicts.Evidence;
import dev.pilothouse.ship.verdicts.EvidenceJson;
import dev.pilothouse.trust.ledger.LedgerEntry;
import tools.jackson.databind.node.ObjectNode;

/** What the ledger keeps about services and releases, all under their service's name; fractions are decimal strings. */
final class Entries {
    private Entries() {}

    static LedgerEntry applied(Caller by, Declaration declared, String action) {
        var payload = Json.object()
                .put("action", action)
                .put("digest", SpecTree.digest(declared.spec()).toString())
                .put("spec", SpecTree.text(declared.spec()));
        declared.environment().ifPresent(in -> payload.put("environment", in.name()));
        return new LedgerEntry(by, "service.applied", "service/" + declared.address(), payload);
    }

    /** @param environment name of the environment; empty where the service declares none */
    static LedgerEntry started(Release release, String environment, String stableTitle) {
        var payload = about(release)
                .put("spec", SpecTree.digest(release.spec()).toString())
                .put("note", release.note());
        if (!environment.isEmpty()) {
            payload.put("environment", environment);
        }
        release.origin()
                .ifPresent(from -> payload.putObject("promotedFrom")
                        .put("service", from.service())
                        .put("environment", from.environment())
                        .put("release", from.release())
                        .put("number", Long.toString(from.number()))
                        .put("entry", from.entry()));
        if (!stableTitle.isEmpty()) {
            payload.put("stable", stableTitle);
        }
        return new LedgerEntry(release.by(), "release.started", "service/" + release.service(), payload);
    }

    static LedgerEntry gate(Release release, String title, GateOutcome outcome) {
        var payload = about(release).put("gate", title).put("sentence", outcome.sentence());
        payload.set("evidence", outcome.evidence());
        String kind = outcome instanceof GateOutcome.Passed ? "gate.passed" : "gate.failed";
        return new LedgerEntry(Caller.system(release.tenant(), "gates"), kind, "service/" + release.service(), payload);
    }

    /** A change of a release's state by Pilothouse itself. */
    static LedgerEntry moved(Release to, String kind) {
        return moved(Caller.system(to.tenant(), "rollout"), to, kind);
    }

    /** A change of a release's state. */
    static LedgerEntry moved(Caller by, Release to, String kind) {
        var payload = about(to).put("state", to.state().phase().label()).put("perMille", to.weight());
        if (to.state().phase() == Phase.CANARY) {
            payload.put("step", to.state().step())
                    .put("percent", to.spec().rollout().steps().get(to.state().step()));
        }
        if (!to.state().sentence().isEmpty()) {
            payload.put("sentence", to.state().sentence());
        }
        return new LedgerEntry(by, kind, "service/" + to.service(), payload);
    }

    /** The same with the counts and e-values it rests on. */
    static LedgerEntry moved(Release to, String kind, Evidence evidence) {
        LedgerEntry entry = moved(to, kind);
        var tests = entry.payload().putArray("tests");
        evidence.comparisons().values().forEach(c -> tests.add(EvidenceJson.entry(c)));
        return entry;
    }

    private static ObjectNode about(Release release) {
        return Json.object()
                .put("service", release.service())
                .put("release", release.id())
                .put("number", Long.toString(release.number()))
                .put("candidate", release.candidate().title())
                .put("digest", release.candidate().digest().toString());
    }
}
