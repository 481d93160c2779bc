package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.ship.verdicts.Evidence;
import dev.pilothouse.ship.verdicts.EvidenceJson;
import dev.pilothouse.trust.ledger.LedgerEntry;
import tools.jackson.databind.node.ObjectNode;

/** What the ledger keeps of rollouts of aliases, under the alias' own subject. Stateless. */
final class RolloutEntries {
    private RolloutEntries() {}

    static LedgerEntry started(Caller by, RouteRollout rollout) {
        ObjectNode payload = about(rollout);
        payload.set("candidate", Declarations.json(rollout.candidate()));
        return entry(by, rollout, "started", payload.put("declared", rollout.document()));
    }

    /** @param what such as {@code step}, {@code paused} or {@code rolled-back} */
    static LedgerEntry moved(Caller by, RouteRollout to, String what) {
        return entry(by, to, what, state(to));
    }

    /** The same with the counts and e-values it rests on. */
    static LedgerEntry moved(RouteRollout to, String what, Evidence evidence) {
        ObjectNode payload = state(to);
        var tests = payload.putArray("tests");
        evidence.comparisons().values().forEach(each -> tests.add(EvidenceJson.entry(each)));
        return entry(by(to), to, what, payload);
    }

    /** Who steps are taken by. */
    static Caller by(RouteRollout rollout) {
        return Caller.system(rollout.tenant(), "rollout");
    }

    private static ObjectNode state(RouteRollout to) {
        ObjectNode payload = about(to)
                .put("state", to.phase().label())
                .put("paused", to.paused())
                .put("percent", to.percent());
        return to.sentence().isEmpty() ? payload : payload.put("sentence", to.sentence());
    }

    private static ObjectNode about(RouteRollout rollout) {
        return Json.object()
                .put("alias", rollout.alias())
                .put("rollout", rollout.id())
                .put("number", Long.toString(rollout.number()))
                .put("base", rollout.base());
    }

    private static LedgerEntry entry(Caller by, RouteRollout rollout, String what, ObjectNode payload) {
        return new LedgerEntry(by, "route.rollout-" + what, "route/" + rollout.alias(), payload);
    }
}
