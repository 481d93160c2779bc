package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.ship.statistics.Comparison;
import dev.pilothouse.ship.statistics.Figures;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Evidence as JSON: of answers, for people; of the ledger, with fractions as decimal strings. Stateless. */
public final class EvidenceJson {
    /** Points of a curve that are shown; more would only be sent. */
    private static final int DRAWN = 400;

    private EvidenceJson() {}

    /** What was counted of one side. */
    public static void count(ObjectNode node, Count count) {
        node.put("requests", count.requests())
                .put("errors", count.errors())
                .put("slow", count.slow())
                .put("labelled", count.labelled())
                .put("wrong", count.wrong());
    }

    /** What is compared of one outcome. */
    public static void comparison(ObjectNode node, Comparison c) {
        node.put("outcome", c.outcome())
                .put("candidate", Figures.percent(c.candidate().rate()))
                .put("stable", Figures.percent(c.stable().rate()))
                .put(
                        "interval",
                        c.candidate().trials() == 0 || c.stable().trials() == 0
                                ? ""
                                : Figures.percent(c.interval().low()) + " to "
                                        + Figures.percent(c.interval().high()))
                .put("e", Figures.eValue(c.logHarm()))
                .put("limit", Figures.eValue(Math.log(c.harmLimit())))
                .put("eNoHarm", Figures.eValue(c.logHarmless()))
                .put("needed", Figures.eValue(Math.log(c.harmlessLimit())))
                .put("verdict", c.verdict().name().toLowerCase(Locale.ROOT))
                .put("sentence", c.sentence())
                .put("candidateTrials", c.candidate().trials())
                .put("candidateEvents", c.candidate().events())
                .put("stableTrials", c.stable().trials())
                .put("stableEvents", c.stable().events())
                .put("difference", c.difference())
                .put("low", c.interval().low())
                .put("high", c.interval().high())
                .put("logE", c.logHarm())
                .put("logLimit", Math.log(c.harmLimit()))
                .put("logENoHarm", c.logHarmless())
                .put("logNeeded", Math.log(c.harmlessLimit()));
    }

    /** The course of the evidence, thinned to what a screen tells apart; the last point always stays. */
    public static void looks(ArrayNode nodes, List<Look> looks) {
        int apart = Math.max(1, looks.size() / DRAWN);
        for (int i = 0; i < looks.size(); i++) {
            if (i % apart != 0 && i != looks.size() - 1) {
                continue;
            }
            Look look = looks.get(i);
            ObjectNode node = nodes.addObject()
                    .put("at", look.at().toString())
                    .put("step", look.step())
                    .put("requests", look.requests());
            logs(node.putObject("logE"), look.harm());
            logs(node.putObject("logENoHarm"), look.harmless());
        }
    }

    private static void logs(ObjectNode node, Map<Count.Outcome, Double> logs) {
        for (Count.Outcome outcome : Count.Outcome.values()) {
            if (logs.containsKey(outcome)) {
                node.put(outcome.label(), logs.get(outcome));
            }
        }
    }

    /** A comparison for the ledger. */
    public static ObjectNode entry(Comparison c) {
        return Json.object()
                .put("outcome", c.outcome())
                .put("candidateTrials", Long.toString(c.candidate().trials()))
                .put("candidateEvents", Long.toString(c.candidate().events()))
                .put("stableTrials", Long.toString(c.stable().trials()))
                .put("stableEvents", Long.toString(c.stable().events()))
                .put("logHarm", text(c.logHarm()))
                .put("harmLimit", text(c.harmLimit()))
                .put("logHarmless", text(c.logHarmless()))
                .put("harmlessLimit", text(c.harmlessLimit()))
                .put("differenceLow", text(c.interval().low()))
                .put("differenceHigh", text(c.interval().high()))
                .put("verdict", c.verdict().name().toLowerCase(Locale.ROOT));
    }

    private static String text(double value) {
        return new BigDecimal(value)
                .round(new MathContext(8))
                .stripTrailingZeros()
                .toPlainString();
    }
}
