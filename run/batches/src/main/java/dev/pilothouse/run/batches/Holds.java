package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.breaker.Admission;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Answer;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Ceiling;
import dev.pilothouse.pay.budgets.Refusal;
import dev.pilothouse.pay.budgets.Reservations;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.usage.Asked;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.pay.usage.Target;
import dev.pilothouse.pay.usage.UsageEnd;
import dev.pilothouse.pay.usage.UsageOpening;
import dev.pilothouse.run.gateway.GatewayError;
import dev.pilothouse.run.gateway.Identity;
import dev.pilothouse.run.providers.Provider;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Holds what a batch can cost at most before its provider hears of it, or refuses it. Thread-safe; waits for the database. */
final class Holds {
    /** The pair of a batch's metadata at its provider that is ours. */
    static final String MARK = "pilothouse";
    /** Batches of one organisation that may be under way. */
    static final int MOST_OPEN = 1_000;

    /** Pairs of metadata that OpenAI takes. */
    private static final int MOST_METADATA = 16;

    private static final List<String> MEMBERS =
            List.of("input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after");
    private static final Duration NEVER = Duration.ofDays(365);

    private final Batches.Sources of;
    private final Duration lookEvery;

    Holds(Batches.Sources of, Duration lookEvery) {
        this.of = of;
        this.lookEvery = lookEvery;
    }

    /**
     * A batch as it is wished, if it can be.
     *
     * @throws PilothouseException INVALID
     */
    static ObjectNode checked(ObjectNode wished) {
        for (String member : wished.propertyNames()) {
            if (!MEMBERS.contains(member)) {
                throw CommonError.INVALID.because("A batch has no member '" + RequestLine.brief(member) + "', but "
                        + String.join(", ", MEMBERS) + ".");
            }
        }
        if (wished.path("metadata").isNull()) {
            wished.remove("metadata");
        }
        var metadata = wished.path("metadata");
        if (!metadata.isMissingNode() && !metadata.isObject()) {
            throw CommonError.INVALID.because("'metadata' must be an object of texts.");
        }
        if (metadata.size() >= MOST_METADATA || metadata.has(MARK)) {
            throw CommonError.INVALID.because("'metadata' has at most " + (MOST_METADATA - 1)
                    + " pairs, and none named '" + MARK + "': by that one Pilothouse finds the batch again.");
        }
        RequestLine.checkUrl(wished.path("endpoint").asString(""));
        return wished;
    }

    /**
     * Holds what the requests of a file can cost at most, and notes the batch.
     *
     * @throws PilothouseException as {@link Batches#create}
     */
    StoredBatch hold(Identity by, String requestId, StoredFile file, String endpoint) {
        if (file.requests().isEmpty()) {
            throw CommonError.INVALID.because(
                    "The file '" + file.id() + "' was not uploaded here with the purpose 'batch'.");
        }
        RequestFile asked = RequestFile.parse(file.requests());
        if (!endpoint.equals(asked.url())) {
            throw CommonError.INVALID.because("The file's requests ask '" + asked.url()
                    + "', and the batch's 'endpoint' is '" + RequestLine.brief(endpoint) + "'. Say the same.");
        }
        refusePaused(by);
        checkGuards(new BatchGuards(of.guards(), by), asked);
        if (of.store().read(tx -> SqlBatches.countOpen(tx, by.tenant())) >= MOST_OPEN) {
            throw CommonError.CONFLICT.because(
                    "There are " + MOST_OPEN + " batches under way already. Wait until one has ended.");
        }
        return hold(by, requestId, file, asked);
    }

    /** Other guards may count for who makes the batch, or by now, than looked at the file. */
    private static void checkGuards(BatchGuards guards, RequestFile asked) {
        for (RequestFile.Model model : asked.models()) {
            guards.check(model.alias());
            if (!guards.input(model.alias()).equals(model.guarded())) {
                throw CommonError.CONFLICT.because(
                        "Other guards count for the model '" + model.alias()
                                + "' than looked at this file. Upload it again with the key and the agent that make the batch.");
            }
        }
    }

    private void refusePaused(Identity by) {
        if (!by.agent().isEmpty()
                && of.breaker().admit(by.tenant(), by.agent()) instanceof Admission.Paused(var latch)) {
            throw GatewayError.AGENT_PAUSED.because("The agent '" + by.agent() + "' is in Safety Pause since "
                    + latch.since() + ": " + latch.why()
                    + " Nothing was sent or charged. A person with the role approver can"
                    + " resume it: POST /api/v1/agents/" + by.agent() + "/resume.");
        }
    }

    private StoredBatch hold(Identity by, String requestId, StoredFile file, RequestFile asked) {
        Instant now = of.clock().instant();
        Provider provider = of.gateway().providers(by.tenant()).stream()
                .filter(each -> each.name().equals(file.provider()))
                .findFirst()
                .orElseThrow(() -> CommonError.NOT_FOUND.because(
                        "The provider '" + file.provider() + "' of the file is not declared any more."));
        var table = of.prices().current(by.tenant());
        Bill bill = Bill.of(asked, table, provider.prices(), now.truncatedTo(ChronoUnit.MILLIS));
        var account = new Account(by);
        Answers.Sum most = Answers.ceiling(account, asked, bill);
        bill.unpriced().ifPresent(model -> refuseUnpriced(by, provider, model, most));
        var batch = new StoredBatch(
                of.ids().next(),
                by.tenant(),
                provider.name(),
                "",
                file.id(),
                "",
                "",
                "{}",
                account.json(),
                provider.prices(),
                table.version(),
                StoredBatch.Stage.HELD,
                most.nanoUsd(),
                0,
                false,
                "",
                now.toEpochMilli(),
                now.plus(provider.deadline()).plus(lookEvery).toEpochMilli());
        Optional<Answer.Refused> refused =
                of.reservations().hold(by.tenant(), batch.id(), most.parts(), tx -> SqlBatches.insert(tx, batch));
        if (refused.isPresent()) {
            Refusal words = Refusal.of(refused.get());
            PilothouseException refusal = GatewayError.BUDGET_EXHAUSTED.because(words.sentence());
            recordRefusal(by, requestId, asked, now, refusal);
            throw refusal.retryIn(words.retryAt()
                    .map(until -> Duration.between(now, until))
                    .filter(left -> left.compareTo(NEVER) < 0)
                    .orElse(NEVER));
        }
        return batch;
    }

    private void refuseUnpriced(Identity by, Provider provider, RequestFile.Model model, Answers.Sum most) {
        for (Reservations.Part part : most.parts()) {
            for (Budget budget : of.budgets().of(by.tenant(), part.scopes())) {
                if (budget.unit() == Unit.NANO_USD) {
                    throw GatewayError.MODEL_UNPRICED.because(
                            "The model '" + model.name() + "' of '" + provider.prices()
                                    + "' has no price here, so that the budget '" + budget.name()
                                    + "' cannot cover it. Import one with 'pilot prices import'; a price of 0 is a price.");
                }
            }
        }
    }

    /** As of any call that was refused, there is a record of it. */
    private void recordRefusal(
            Identity by, String requestId, RequestFile asked, Instant now, PilothouseException refusal) {
        var request = new Asked(
                requestId,
                "openai.batch",
                asked.models().getFirst().alias(),
                false,
                ChronoUnit.MICROS.between(Instant.EPOCH, now));
        byte[] opening = new UsageOpening(by.who(), request, 1, Target.NONE).bytes();
        var end = new UsageEnd(
                Target.NONE,
                Outcome.REFUSED,
                refusal.code().status(),
                refusal.code().code(),
                false,
                0,
                Usage.NONE,
                0,
                -1,
                List.of());
        if (of.budgets()
                        .hold(by.tenant(), Set.of(), Ceiling.of(Amounts.NONE), opening)
                        .join()
                instanceof Answer.Held(var hold)) {
            var _ = of.budgets().settle(hold, Amounts.NONE, end.bytes()).join();
        }
    }
}
