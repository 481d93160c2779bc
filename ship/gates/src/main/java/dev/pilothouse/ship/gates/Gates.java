package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.trust.policy.Approval;
import dev.pilothouse.trust.policy.Approvals;
import java.time.Duration;
import java.util.Optional;
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
     * Digest of what a gate would read now beside the models, the same as {@code inputs} in its evidence while nothing
     * changed: the version that its reference means, and for a data gate the expectations.
     *
     * @throws PilothouseException where the dataset is not there; INVALID for a gate that reads no data
     */
    public Digest inputs(String tenant, GateSpec gate) {
        return switch (gate) {
            case GateSpec.Data data -> inputs(tenant, gate, ground.resolve(tenant, data.dataset()));
            case GateSpec.Evaluation evaluation -> inputs(tenant, gate, ground.resolve(tenant, evaluation.dataset()));
            case GateSpec.Human _ -> throw CommonError.INVALID.because("A person's approval reads no data.");
        };
    }

    private Digest inputs(String tenant, GateSpec gate, Datasets.Version version) {
        String expectations = gate instanceof GateSpec.Data
                ? ground.expectations(tenant, version.name()).toString()
                : "";
        return Digest.of(version.name() + "\n" + version.digest() + "\n" + expectations);
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
            evidence.put("inputs", inputs(tenant, gate, version).toString());
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
     * service allows and the paired 95 % interval shows that it is worse at all. It is undecided where there are fewer rows
     * than the service asks for, and where the difference is more than is allowed but can be chance.
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
            evidence.put("inputs", inputs(tenant, gate, version).toString());
            var set = new EvaluationSet(ground, version, gate);
            return new Evaluation(ground, gate, set, candidate, evidence).judge(production);
        } catch (PilothouseException e) {
            return unableTo(e, evidence);
        }
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
}
