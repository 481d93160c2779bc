package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.Digest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/** One run of an evaluation gate: measures the candidate, compares it, and writes what it found as evidence. */
final class Evaluation {
    private final Ground ground;
    private final GateSpec.Evaluation gate;
    private final Metric metric;
    private final EvaluationSet set;
    private final Contender candidate;
    private final ObjectNode evidence;
    private final Answers.Truth truth;
    private final int[] once;

    Evaluation(Ground ground, GateSpec.Evaluation gate, EvaluationSet set, Contender candidate, ObjectNode evidence) {
        this.ground = ground;
        this.gate = gate;
        this.metric = gate.metric();
        this.set = set;
        this.candidate = candidate;
        this.evidence = evidence;
        this.truth = set.truth(gate);
        this.once = new int[set.rows()];
        Arrays.fill(once, 1);
    }

    GateOutcome judge(Optional<Contender> production) {
        Answers answers = set.answers(ground, candidate, gate, truth);
        double value = metric.of(answers, once);
        Answers simplest = Answers.baseline(truth);
        double baseline = metric.of(simplest, once);
        String kind = truth.numeric() ? "mean" : "majority";
        evidence.put("rows", set.rows()).put("rowsWithoutTarget", set.unlabelled());
        put(
                describe(evidence.putObject("candidate"), candidate).put("value", Values.text(value)),
                PairedBootstrap.of(metric, answers, set.rows(), seed(candidate)));
        evidence.putObject("baseline").put("kind", kind).put("value", Values.text(baseline));
        if (truth.numeric()) {
            measures(answers, simplest);
        } else {
            evidence.put("positive", truth.classes().get(truth.positive()));
        }
        var thresholds = evidence.putObject("thresholds").put("minRows", gate.minRows());
        put(thresholds, "min", gate.min());
        put(thresholds, "max", gate.max());
        put(thresholds, "noWorseThanProduction", gate.noWorseThanProduction());

        String measured = "The " + metric.label() + " of " + candidate.label() + " on " + set.reference() + " ("
                + set.rows() + " rows) is " + Values.text(value);
        String beside = " (" + kind + " baseline " + Values.text(baseline) + ")";
        if (Double.isNaN(value)) {
            return undecided(measured
                    + ": the rows do not hold what the metric needs, such as both classes or different" + " numbers.");
        }
        boolean bounded = gate.min().isPresent() || gate.max().isPresent();
        boolean compares =
                production.isPresent() && gate.noWorseThanProduction().isPresent();
        if (set.rows() < gate.minRows() && (bounded || compares)) {
            return undecided(measured + beside + ", but " + set.rows() + " rows with a value in '" + gate.target()
                    + "' are fewer than the " + gate.minRows() + " that the gate's min-rows asks for; add rows to "
                    + set.version().name() + ".");
        }
        if (gate.min().isPresent() && value < gate.min().getAsDouble()) {
            return new GateOutcome.Failed(
                    measured + ", below the required " + Values.text(gate.min().getAsDouble()) + beside + ".",
                    evidence);
        }
        if (gate.max().isPresent() && value > gate.max().getAsDouble()) {
            return new GateOutcome.Failed(
                    measured + ", above the allowed " + Values.text(gate.max().getAsDouble()) + beside + ".", evidence);
        }
        if (production.isEmpty()) {
            String note =
                    gate.noWorseThanProduction().isPresent() ? "; there is no production version to compare with" : "";
            return new GateOutcome.Passed(measured + beside + note + ".", evidence);
        }
        return compare(production.get(), answers, value, measured, beside);
    }

    private GateOutcome compare(Contender other, Answers answers, double value, String measured, String beside) {
        Answers theirs = set.answers(ground, other, gate, truth);
        double theirValue = metric.of(theirs, once);
        long seed = seed(other);
        double worse = PairedBootstrap.worse(metric, value, theirValue);
        var interval = PairedBootstrap.worseBy(metric, answers, theirs, set.rows(), seed);
        describe(evidence.putObject("production"), other).put("value", Values.text(theirValue));
        put(evidence.putObject("worseThanProductionBy").put("value", Values.text(worse)), interval)
                .put(
                        "method",
                        "paired bootstrap over rows, 95 %, " + PairedBootstrap.RESAMPLES + " resamples, seed " + seed);
        String compared = measured + " against " + Values.text(theirValue) + " of " + other.label() + " in production"
                + beside + ", " + Values.brief(Math.abs(worse)) + (worse > 0 ? " worse" : " better or equal")
                + " (95 % interval "
                + Values.brief(interval.low()) + " to " + Values.brief(interval.high()) + " worse)";
        double allowed = gate.noWorseThanProduction().orElse(Double.POSITIVE_INFINITY);
        if (Double.isNaN(theirValue) || worse <= allowed) {
            return new GateOutcome.Passed(compared + ".", evidence);
        }
        if (interval.low() > 0) {
            return new GateOutcome.Failed(
                    compared + "; at most " + Values.text(allowed) + " worse is allowed.", evidence);
        }
        return undecided(compared + "; that is more than the " + Values.text(allowed)
                + " that is allowed, but so few rows cannot tell it from chance; add rows to "
                + set.version().name() + ".");
    }

    private GateOutcome undecided(String why) {
        evidence.put("undecided", true);
        return gate.passUnsure()
                ? new GateOutcome.Passed(
                        "Cannot judge, and passes because the gate says 'unsure: pass'. " + why, evidence)
                : new GateOutcome.Undecided("Cannot judge. " + why, evidence);
    }

    /** All measures of numeric answers, beside those of the mean, because one number hides what the others show. */
    private void measures(Answers answers, Answers simplest) {
        var all = evidence.putObject("measures");
        for (Metric one : Metric.ofNumbers()) {
            var measure = all.putObject(one.label()).put("value", Values.text(one.of(answers, once)));
            put(measure, PairedBootstrap.of(one, answers, set.rows(), seed(candidate)))
                    .put("mean", Values.text(one.of(simplest, once)));
        }
    }

    /** The same digests give the same resamples, so that evidence can be computed again. */
    private long seed(Contender other) {
        return ByteBuffer.wrap(Digest.of(candidate.digest() + " " + other.digest() + " "
                                + set.version().digest())
                        .bytes())
                .getLong();
    }

    private static ObjectNode describe(ObjectNode evidence, Contender contender) {
        return evidence.put("version", contender.label())
                .put("digest", contender.digest().toString());
    }

    private static ObjectNode put(ObjectNode object, PairedBootstrap.Interval interval) {
        return object.put("low", Values.text(interval.low())).put("high", Values.text(interval.high()));
    }

    private static void put(ObjectNode object, String name, OptionalDouble value) {
        value.ifPresent(v -> object.put(name, Values.text(v)));
    }
}
