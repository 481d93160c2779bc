package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Ceiling;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.prices.CallLimits;
import dev.pilothouse.pay.prices.PriceRow;
import dev.pilothouse.pay.prices.PriceTable;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.PieceBounds;
import dev.pilothouse.run.providers.Provider;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a request to a target can cost at most, and afterwards did cost. Immutable.
 *
 * @param row the target's price; empty where it is unpriced or asks nothing
 * @param table where the price is from
 * @param budgets the budgets that count the request, the widest first
 * @param ceiling what is held
 * @param at when it was asked
 */
record Quote(
        Target target, Optional<PriceRow> row, PriceTable table, List<Budget> budgets, Ceiling ceiling, Instant at) {
    private static final String UNPRICED = "unpriced";
    /** Below so many tokens an answer is of no use. */
    private static final long LEAST_OUTPUT = 16;
    /** Searches of one request, as bounded by the providers that document a bound. */
    private static final long MOST_SEARCHES = 50;

    /**
     * Bounds a request.
     *
     * @throws PilothouseException {@link GatewayError#MODEL_UNPRICED} where a budget counts the request and it has no bound
     */
    static Quote of(
            Asked asked, Provider provider, Target target, PriceTable table, List<Budget> budgets, Instant now) {
        if (asked.dialect().free()) {
            return new Quote(target, Optional.empty(), table, budgets, Ceiling.of(Amounts.NONE), now);
        }
        Optional<PriceRow> row =
                row(asked, provider, target, table, now).filter(found -> PieceBounds.isPriced(asked, found));
        boolean money = budgets.stream().anyMatch(budget -> budget.unit() == Unit.NANO_USD);
        if (row.isEmpty() && money) {
            throw GatewayError.MODEL_UNPRICED.because("The model '" + target.model() + "' of '" + provider.prices()
                    + "' has no price here, so that the budget '"
                    + budgets.getFirst().name()
                    + "' cannot cover it. Import one with 'pilot prices import'; a price of 0 is a price.");
        }
        if (asked.dialect().unit() != Dialect.Unit.TOKENS) {
            PieceBounds most = PieceBounds.of(asked, provider, row)
                    .orElseThrow(() -> GatewayError.MODEL_UNPRICED.because(
                            "A document that is a picture has no bound: the price table does not say what '"
                                    + target.model() + "' takes in at most. Leave it out, or import a price with the"
                                    + " model's limits."));
            var ceiling = Ceiling.of(new Amounts(most.nanoUsd(), most.inputTokens(), most.outputTokens()));
            return new Quote(target, row, table, budgets, ceiling, now);
        }
        OptionalLong input = provider.overheads()
                .inputBound(asked, row.map(PriceRow::maxInputTokens).orElse(0L));
        if (input.isEmpty() && !budgets.isEmpty()) {
            throw GatewayError.MODEL_UNPRICED.because(
                    "The request lets the provider read more than it holds (tools of its own, documents, a conversation that"
                            + " it keeps), which has no bound: the price table does not say what '" + target.model()
                            + "' takes in at most. Leave these out, or import a price with the model's limits.");
        }
        long most = mostOutput(asked, provider, row);
        boolean searches = asked.isBoundless()
                && row.isPresent()
                && row.get().rates().perSearchNanoUsd().isPresent();
        long in = input.orElse(asked.textBytes());
        var ceiling = new Ceiling(Math.min(most, LEAST_OUTPUT), most, limit -> {
            long out = Math.multiplyExact(limit, asked.choices());
            var limits = new CallLimits(in, out, 1, searches ? MOST_SEARCHES : 0, 0);
            return new Amounts(row.map(r -> r.rates().ceilingNanoUsd(limits)).orElse(0L), in, out);
        });
        // What cannot be computed is refused here, and not in the middle of a hold.
        var _ = ceiling.at().apply(most);
        return new Quote(target, row, table, budgets, ceiling, now);
    }

    /** The model's own row, or that of its pictures in the size that is asked for. */
    private static Optional<PriceRow> row(
            Asked asked, Provider provider, Target target, PriceTable table, Instant now) {
        Optional<PriceRow> own = table.find(provider.prices(), target.model(), asked.serviceTier(), now);
        return own.or(() -> asked.pieces().sized(target.model()).stream()
                .flatMap(name -> table.find(provider.prices(), name, asked.serviceTier(), now).stream())
                .findFirst());
    }

    private static long mostOutput(Asked asked, Provider provider, Optional<PriceRow> row) {
        if (!asked.dialect().generates()) {
            return 0;
        }
        return asked.limit() >= 0 ? asked.limit() : provider.mostOutput(row);
    }

    /** The price table's version, or {@code unpriced}. */
    String priceVersion() {
        return row.isPresent() ? table.version() : UNPRICED;
    }

    /** What counts of a usage that tells one thing in two ways, as the price has it. */
    Usage billed(Usage usage) {
        return row.map(r -> r.rates().billed(usage)).orElse(usage);
    }

    /**
     * What it cost.
     *
     * @param serviceTier the level of service that answered, or empty
     * @return empty where something counted has no price
     */
    Optional<Amounts> cost(Usage usage, String serviceTier) {
        try {
            long nanoUsd = row.isEmpty()
                    ? 0
                    : answering(row.get(), serviceTier).rates().costNanoUsd(usage);
            return Optional.of(new Amounts(nanoUsd, usage.inputSideTokens(), usage.outputSideTokens()));
        } catch (PilothouseException _) {
            return Optional.empty();
        }
    }

    /** The price of the level that answered, where it has one: a request for a fast level may be answered by the usual one. */
    private PriceRow answering(PriceRow asked, String serviceTier) {
        return serviceTier.isEmpty()
                ? asked
                : table.find(asked.provider(), asked.model(), serviceTier, at).orElse(asked);
    }
}
