package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.spec.ServiceSpec;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Evidence that a promoted release need not gather again: the gate, the content and everything the gate reads are the same as
 * when the release it came from passed it. What is carried cites the ledger entry of that decision. A person's approval is never
 * carried, since it was given for the other environment. Stateless.
 */
final class CarriedEvidence {
    private CarriedEvidence() {}

    /**
     * A decision to cite.
     *
     * @param origin the release that passed the gate
     * @param gate its decision
     */
    record Cited(Release origin, SqlReleases.Gate gate) {}

    /** The decision about the same gate and content in the environment that the release came from. */
    static Optional<Cited> find(Tx tx, Release release, GateSpec gate) {
        if (gate instanceof GateSpec.Human || release.origin().isEmpty()) {
            return Optional.empty();
        }
        Optional<Release> origin =
                SqlReleases.find(tx, release.tenant(), release.origin().get().release());
        if (origin.isEmpty()
                || !origin.get().candidate().digest().equals(release.candidate().digest())
                || !sameSurroundings(gate, origin.get().spec(), release.spec())) {
            return Optional.empty();
        }
        List<GateSpec> gates = origin.get().spec().allGates();
        return SqlReleases.gates(tx, release.tenant(), origin.get().id()).stream()
                .filter(decided -> decided.passed()
                        && decided.entry().isPresent()
                        && gates.get(decided.place()).equals(gate))
                .findFirst()
                .map(decided -> new Cited(origin.get(), decided));
    }

    /**
     * The outcome that cites it, if what the gate reads is still the same.
     *
     * @param inputs what the gate would read now
     * @param stable what is in production here, with which the gate would compare
     */
    static Optional<GateOutcome> outcome(Cited cited, GateSpec gate, Digest inputs, Optional<Release> stable) {
        JsonNode evidence = cited.gate().evidence();
        boolean compares = gate instanceof GateSpec.Evaluation evaluation
                && evaluation.noWorseThanProduction().isPresent();
        String production =
                stable.map(release -> release.candidate().digest().toString()).orElse("");
        if (!evidence.path("inputs").asString("").equals(inputs.toString())
                || (compares && !compared(evidence).equals(production))) {
            return Optional.empty();
        }
        ObjectNode citing = Json.object()
                .put("gate", evidence.path("gate").asString(""))
                .put("inputs", inputs.toString())
                .put("comparedWith", compared(evidence));
        if (evidence.path("dataset").isObject()) {
            citing.set("dataset", evidence.path("dataset").deepCopy());
        }
        // What was itself carried is cited where it was gathered.
        JsonNode carried = evidence.path("carried").isObject() ? evidence.path("carried") : citation(cited);
        citing.set("carried", carried.deepCopy());
        String sentence = evidence.path("carried").isObject()
                ? cited.gate().sentence()
                : "Carried over from release " + cited.origin().number() + " of "
                        + cited.origin().service() + ": " + cited.gate().sentence();
        return Optional.of(new GateOutcome.Passed(sentence, citing));
    }

    private static ObjectNode citation(Cited cited) {
        return Json.object()
                .put("entry", cited.gate().entry().orElseThrow())
                .put("service", cited.origin().service())
                .put("release", cited.origin().id())
                .put("number", Long.toString(cited.origin().number()))
                .put("digest", cited.origin().candidate().digest().toString())
                .put("decidedAt", cited.gate().decidedAt().toString());
    }

    private static String compared(JsonNode evidence) {
        return evidence.path("carried").isObject()
                ? evidence.path("comparedWith").asString("")
                : evidence.path("production").path("digest").asString("");
    }

    /** What a program answers may depend on its variables, so those must be the same where it was asked. */
    private static boolean sameSurroundings(GateSpec gate, ServiceSpec origin, ServiceSpec here) {
        return !(gate instanceof GateSpec.Evaluation
                && origin.workload() instanceof ServiceSpec.Workload.Container before
                && here.workload() instanceof ServiceSpec.Workload.Container now
                && !(before.environment().equals(now.environment())
                        && before.secrets().isEmpty()
                        && now.secrets().isEmpty()));
    }
}
