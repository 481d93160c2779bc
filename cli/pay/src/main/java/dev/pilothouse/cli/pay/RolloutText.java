package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Rollouts of aliases as tables. */
final class RolloutText {
    private RolloutText() {}

    /** Its state in one word: where it is, or that it is kept there. */
    static String state(JsonNode rollout) {
        return rollout.path("paused").asBoolean() ? "paused" : Show.text(rollout, "phase");
    }

    static boolean isInMotion(JsonNode rollout) {
        return Show.text(rollout, "phase").equals("canary");
    }

    /** The newest rollouts of aliases, a row each. */
    static void list(Terminal terminal, JsonNode rollouts) {
        var rows = new ArrayList<List<String>>();
        for (JsonNode each : rollouts) {
            rows.add(List.of(
                    Show.text(each, "alias"),
                    state(each),
                    Show.text(each, "percent") + " %",
                    TargetText.words(each.at("/candidate/targets"), true),
                    Show.text(each, "sentence")));
        }
        terminal.table(List.of("ALIAS", "STATE", "SHARE", "CANDIDATE", "WHY"), rows);
    }

    /** One rollout: where it stands and why, the counts of its steps, and the evidence. */
    static void print(Terminal terminal, JsonNode rollout) {
        terminal.line(terminal.bold(Show.text(rollout, "alias")) + "  " + terminal.state(state(rollout)) + "  "
                + way(rollout) + "  since " + Show.ago(Show.text(rollout, "since")));
        terminal.line(Show.text(rollout, "sentence"));
        terminal.table(
                List.of("ROLLOUT", "#" + Show.text(rollout, "number")),
                List.of(
                        List.of("candidate", answers(rollout.path("candidate"))),
                        List.of("answers now", answers(rollout.path("declared")))));
        terminal.table(
                List.of("STEP", "CANDIDATE'S CALLS", "STABLE'S CALLS"),
                rollout.path("counts")
                        .valueStream()
                        .map(step -> List.of(
                                Show.text(step, "percent") + " %",
                                Show.count(step.at("/candidate/requests").asLong()),
                                Show.count(step.at("/stable/requests").asLong())))
                        .toList());
        terminal.table(
                List.of("OUTCOME", "VERDICT", "CANDIDATE", "STABLE", "E HARM", "LIMIT", "E NO HARM", "NEEDED"),
                rollout.path("comparison")
                        .valueStream()
                        .map(RolloutText::outcome)
                        .toList());
    }

    /** Its steps in one line, the present one in brackets. */
    private static String way(JsonNode rollout) {
        JsonNode steps = rollout.path("steps");
        int here = isInMotion(rollout) ? rollout.path("step").asInt() : -1;
        var way = new ArrayList<String>();
        for (int i = 0; i < steps.size(); i++) {
            String share = steps.path(i).asString() + " %";
            way.add(i == here ? "[" + share + "]" : share);
        }
        return String.join(" > ", way);
    }

    private static List<String> outcome(JsonNode c) {
        boolean isSeen = c.path("candidateTrials").asLong() > 0;
        return List.of(
                Show.text(c, "outcome"),
                !isSeen
                        ? "no data"
                        : switch (Show.text(c, "verdict")) {
                            case "harmful" -> "harm";
                            case "harmless" -> "no harm";
                            default -> "undecided";
                        },
                isSeen ? Show.text(c, "candidate") : "",
                c.path("stableTrials").asLong() > 0 ? Show.text(c, "stable") : "",
                Show.text(c, "e"),
                Show.text(c, "limit"),
                Show.text(c, "eNoHarm"),
                Show.text(c, "needed"));
    }

    private static String answers(JsonNode route) {
        String prompt = Show.text(route.path("prompt"), "name");
        return route.isObject()
                ? TargetText.words(route.path("targets"), true)
                        + (prompt.isEmpty()
                                ? ""
                                : ", prompt " + prompt + " " + Show.text(route.path("prompt"), "version"))
                : "nobody, the alias was removed";
    }
}
