package dev.pilothouse.ship.routing;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.gateway.GatewayBook;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.statistics.Figures;
import dev.pilothouse.ship.verdicts.Count;
import dev.pilothouse.ship.verdicts.Evidence;
import dev.pilothouse.ship.verdicts.EvidenceJson;
import tools.jackson.databind.node.ObjectNode;

/** Rollouts of aliases as our API shows them, computed from what is stored. Stateless. */
final class RolloutViews {
    private RolloutViews() {}

    /** Where a rollout stands, with the course of its evidence. */
    static ObjectNode detail(Tx tx, RouteRollout rollout, GatewayBook book) {
        ObjectNode node = json(tx, rollout, book);
        EvidenceJson.looks(node.putArray("looks"), Evidence.looks(tx, rollout.trial()));
        return node;
    }

    /** Where a rollout stands. */
    static ObjectNode json(Tx tx, RouteRollout rollout, GatewayBook book) {
        Evidence evidence = Evidence.of(tx, rollout.trial());
        var node = Json.object()
                .put("alias", rollout.alias())
                .put("id", rollout.id())
                .put("number", rollout.number())
                .put("phase", rollout.phase().label())
                .put("paused", rollout.paused())
                .put("percent", rollout.percent())
                .put("sentence", sentence(rollout, evidence))
                .put("since", rollout.since().toString())
                .put("base", rollout.base());
        var percents = node.putArray("steps");
        rollout.plan().rollout().steps().forEach(percents::add);
        node.put("step", rollout.phase() == Phase.CANARY ? rollout.step() : null);
        node.set("candidate", answers(rollout.candidate()));
        book.route(tx, rollout.tenant(), rollout.alias())
                .ifPresentOrElse(route -> node.set("declared", answers(route)), () -> node.putNull("declared"));
        var counts = node.putArray("counts");
        evidence.candidate().forEach((step, count) -> {
            var row = counts.addObject()
                    .put("step", step)
                    .put("percent", rollout.plan().rollout().steps().get(step));
            count(row.putObject("candidate"), count);
            count(row.putObject("stable"), evidence.stable().getOrDefault(step, Count.none("", step, false)));
        });
        var comparison = node.putArray("comparison");
        evidence.comparisons().values().forEach(each -> EvidenceJson.comparison(comparison.addObject(), each));
        return node;
    }

    private static void count(ObjectNode node, Count count) {
        EvidenceJson.count(node, count);
        node.put("dear", count.dear());
    }

    private static ObjectNode answers(ModelRoute route) {
        ObjectNode answers = Declarations.json(route);
        answers.remove("alias");
        return answers;
    }

    /** Why it stands where it does: what was written down, else what the counts say. */
    private static String sentence(RouteRollout rollout, Evidence evidence) {
        if (!rollout.sentence().isEmpty()) {
            return rollout.sentence();
        }
        return rollout.phase() == Phase.CANARY
                ? evidence.waitsFor(rollout.trial()).orElse("At " + rollout.percent() + " % of the calls.")
                : "The candidate answers, after " + Figures.count(evidence.requests()) + " calls in comparison.";
    }
}
