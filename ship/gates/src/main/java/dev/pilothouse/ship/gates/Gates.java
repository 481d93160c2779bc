package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.trust.policy.Approval;
import dev.pilothouse.trust.policy.Approvals;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/** Front door of the gates. Thread-safe; calls block, so they belong on virtual threads. */
public final class Gates {
    private static final Duration VALIDATE_WITHIN = Duration.ofMinutes(5);

    private final Ground ground;
    private final Approvals approvals;

    /** Gates over the real datasets, model server and approvals. */
    public Gates(Datasets datasets, Endpoints endpoints, Approvals approvals) {
        this(Ground.of(datasets, endpoints), approvals);
    }

    Gates(Ground ground, Approvals approvals) {
        this.ground = ground;
        this.approvals = approvals;
    }

    /**
     * Checks a dataset against its expectations.
     *
     * @throws PilothouseException one that is retryable, where something needed is not available now
     */
    public GateOutcome run(String tenant, GateSpec.Data gate) {
        var evidence = Json.object().put("gate", "data").put("reference", gate.dataset());
        try {
            var version = ground.resolve(tenant, gate.dataset());
            describe(evidence, version);
            var validation = ground.validate(version, VALIDATE_WITHIN);
            evidence.put("checked", validation.checked());
            var broken = evidence.putArray("broken");
            validation.broken().forEach(broken::add);
            String name = version.name() + "@" + version.version();
            if (validation.passed()) {
                return new GateOutcome.Passed(
                        name + " meets all " + validation.checked() + " expectations in its " + version.rows()
                                + " rows.",
                        evidence);
            }
            int count = validation.broken().size();
            return new GateOutcome.Failed(
                    name + " breaks " + count + " of " + validation.checked() + " expectations: "
                            + String.join("; ", validation.broken().subList(0, Math.min(3, count)))
                            + (count > 3 ? "; and " + (count - 3) + " more." : "."),
                    evidence);
        } catch (PilothouseException e) {
            return unableTo(e, evidence);
        }
    }

    /**
     * Runs the candidate, and production where there is one, on the evaluation data and compares.
     *
     * <p>It fails where the value is outside its bounds, or where the candidate is worse than production by more than the
     * service allows and the paired 95 % interval shows that it is worse at all: on few rows a difference can be chance,
     * and then the sentence says so.
     *
     * @throws PilothouseException one that is retryable, where something needed is not available now
     */
    public GateOutcome run(
            String tenant, GateSpec.Evaluation gate, Contender candidate, Optional<Contender> production) {
        var evidence = Json.object()
                .put("gate", "evaluation")
                .put("metric", gate.metric().label())
                .put("target", gate.target());
        try {
            var version = ground.resolve(tenant, gate.dataset());
            describe(evidence, version);
            var set = new EvaluationSet(ground, version, gate);
            return judge(gate, candidate, production, set, evidence);
        } catch (PilothouseException e) {
            return unableTo(e, evidence);
        }
    }

    private GateOutcome judge(
            GateSpec.Evaluation gate,
            Contender candidate,
            Optional<Contender> production,
            EvaluationSet set,
            ObjectNode evidence) {
        Metric metric = gate.metric();
        Answers.Truth truth = set.truth(gate);
        int[] once = new int[set.rows()];
        Arrays.fill(once, 1);
        Answers answers = set.answers(ground, candidate, gate, truth);
        double value = metric.of(answers, once);
        double baseline = metric.of(Answers.baseline(truth), once);
        evidence.put("rows", set.rows()).put("rowsWithoutTarget", set.unlabelled());
        describe(evidence.putObject("candidate"), candidate).put("value", Values.text(value));
        evidence.putObject("baseline")
                .put("kind", truth.numeric() ? "mean" : "majority")
                .put("value", Values.text(baseline));
        if (!truth.numeric()) {
            evidence.put("positive", truth.classes().get(truth.positive()));
        }
        var thresholds = evidence.putObject("thresholds");
        put(thresholds, "min", gate.min());
        put(thresholds, "max", gate.max());
        put(thresholds, "noWorseThanProduction", gate.noWorseThanProduction());

        String measured = "The " + metric.label() + " of " + candidate.label() + " on " + set.reference() + " ("
                + set.rows() + " rows) is " + Values.text(value);
        String beside = " (" + (truth.numeric() ? "mean" : "majority") + " baseline " + Values.text(baseline) + ")";
        if (Double.isNaN(value)) {
            return new GateOutcome.Failed(
                    measured + ": the rows do not hold what the metric needs, such as both classes.", evidence);
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
        Contender other = production.get();
        Answers theirs = set.answers(ground, other, gate, truth);
        double theirValue = metric.of(theirs, once);
        long seed = ByteBuffer.wrap(Digest.of(candidate.digest() + " " + other.digest() + " "
                                + set.version().digest())
                        .bytes())
                .getLong();
        double worse = PairedBootstrap.worse(metric, value, theirValue);
        double[] interval = PairedBootstrap.worseBy(metric, answers, theirs, set.rows(), seed);
        describe(evidence.putObject("production"), other).put("value", Values.text(theirValue));
        evidence.putObject("worseThanProductionBy")
                .put("value", Values.text(worse))
                .put("low", Values.text(interval[0]))
                .put("high", Values.text(interval[1]))
                .put(
                        "method",
                        "paired bootstrap over rows, 95 %, " + PairedBootstrap.RESAMPLES + " resamples, seed " + seed);
        String compared = measured + " against " + Values.text(theirValue) + " of " + other.label() + " in production"
                + beside + ", " + Values.text(Math.abs(worse)) + (worse > 0 ? " worse" : " better or equal")
                + " (95 % interval "
                + Values.text(interval[0]) + " to " + Values.text(interval[1]) + " worse)";
        double allowed = gate.noWorseThanProduction().orElse(Double.POSITIVE_INFINITY);
        if (Double.isNaN(theirValue) || worse <= allowed) {
            return new GateOutcome.Passed(compared + ".", evidence);
        }
        if (interval[0] > 0) {
            return new GateOutcome.Failed(
                    compared + "; at most " + Values.text(allowed) + " worse is allowed.", evidence);
        }
        return new GateOutcome.Passed(
                compared + "; that is more than " + Values.text(allowed)
                        + ", but so few rows cannot tell it from chance.",
                evidence);
    }

    /**
     * Asks for a person's approval of exactly this content and evidence, in the transaction of the release's state. The
     * same content asked again answers the request that is there.
     */
    public Approval ask(Tx tx, Caller by, GateSpec.Human gate, String subject, Digest digest) {
        return approvals.request(tx, by, subject, digest, gate.role(), gate.reason(), gate.lapsesAfter());
    }

    /** Where a person's approval stands; Failed where the request is gone or is about something else. */
    public GateOutcome run(String tenant, GateSpec.Human gate, String approvalId, Digest digest) {
        var evidence = Json.object()
                .put("gate", "approval")
                .put("role", gate.role().label())
                .put("approval", approvalId)
                .put("digest", digest.toString());
        Optional<Approval> found = approvals.find(tenant, approvalId);
        if (found.isEmpty() || !found.get().digest().equals(digest)) {
            return new GateOutcome.Failed(
                    "The approval " + approvalId + " is not about this release's content.", evidence);
        }
        return switch (found.get().outcome()) {
            case Approval.Outcome.Pending() ->
                new GateOutcome.Waiting(
                        "Waiting for a person with the role '" + gate.role().label() + "' to approve " + approvalId
                                + ", until " + found.get().expiresAt() + ".",
                        evidence);
            case Approval.Outcome.Approved approved -> {
                evidence.put("by", approved.by()).put("at", approved.at().toString());
                approved.comment().ifPresent(comment -> evidence.put("comment", comment));
                yield new GateOutcome.Passed("Approved by " + approved.by() + said(approved.comment()) + ".", evidence);
            }
            case Approval.Outcome.Rejected rejected -> {
                evidence.put("by", rejected.by()).put("at", rejected.at().toString());
                rejected.comment().ifPresent(comment -> evidence.put("comment", comment));
                yield new GateOutcome.Failed("Rejected by " + rejected.by() + said(rejected.comment()) + ".", evidence);
            }
            case Approval.Outcome.Expired expired -> {
                evidence.put("at", expired.at().toString());
                yield new GateOutcome.Failed(
                        "Nobody decided the approval before it lapsed at " + expired.at()
                                + "; release again to ask again.",
                        evidence);
            }
        };
    }

    private static String said(Optional<String> comment) {
        return comment.map(text -> ": \"" + text + "\"").orElse("");
    }

    /** A refusal that cannot go away by itself stops the release; others are the caller's to try again. */
    private static GateOutcome unableTo(PilothouseException e, ObjectNode evidence) {
        if (e.code().retryable()) {
            throw e;
        }
        evidence.put("refusal", e.code().code());
        return new GateOutcome.Failed(e.detail(), evidence);
    }

    private static void describe(ObjectNode evidence, Datasets.Version version) {
        evidence.putObject("dataset")
                .put("name", version.name())
                .put("version", version.version())
                .put("digest", version.digest().toString());
    }

    private static ObjectNode describe(ObjectNode evidence, Contender contender) {
        return evidence.put("version", contender.label())
                .put("digest", contender.digest().toString());
    }

    private static void put(ObjectNode object, String name, OptionalDouble value) {
        value.ifPresent(v -> object.put(name, Values.text(v)));
    }
}
