package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.prices.CallLimits;
import dev.pilothouse.pay.prices.PriceRow;
import dev.pilothouse.pay.prices.PriceTable;
import dev.pilothouse.pay.prices.Usage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the requests of a file can cost, and did cost, by one price table as of the moment at which the batch was made. Immutable.
 *
 * @param rows the price of each of the file's models; empty where it has none, or asks nothing
 * @param version the price table's version
 */
record Bill(RequestFile file, List<Optional<PriceRow>> rows, String version) {
    /** The level of service that a batch is. */
    private static final String TIER = "batch";

    Bill {
        rows = List.copyOf(rows);
    }

    /**
     * The bill of a file.
     *
     * @param prices under which name the table knows the provider
     */
    static Bill of(RequestFile file, PriceTable table, String prices, Instant at) {
        return new Bill(
                file,
                file.models().stream()
                        .map(model -> row(table, prices, model.name(), at))
                        .toList(),
                table.version());
    }

    /** A model's price in a batch: its own where it has one, else the usual one, which is no lower. */
    static Optional<PriceRow> row(PriceTable table, String prices, String model, Instant at) {
        return table.find(prices, model, TIER, at).or(() -> table.find(prices, model, PriceRow.STANDARD, at));
    }

    /** The model that has no price though it may cost something, if any. */
    Optional<RequestFile.Model> unpriced() {
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).isEmpty() && !file.dialect().free()) {
                return Optional.of(file.models().get(i));
            }
        }
        return Optional.empty();
    }

    /** The version of the prices of a model, empty where it has none. */
    String version(int model) {
        return rows.get(model).isPresent() ? version : "";
    }

    /** What a line can cost at most. */
    Amounts ceiling(RequestFile.Line line) {
        if (file.dialect().free()) {
            return Amounts.NONE;
        }
        long nanoUsd = rows.get(line.model())
                .map(row -> row.rates().ceilingNanoUsd(CallLimits.tokens(line.inputTokens(), line.outputTokens())))
                .orElse(0L);
        return new Amounts(nanoUsd, line.inputTokens(), line.outputTokens());
    }

    /** What a line did cost; empty where something counted has no price. */
    Optional<Amounts> cost(int model, Usage usage) {
        try {
            long nanoUsd =
                    rows.get(model).map(row -> row.rates().costNanoUsd(usage)).orElse(0L);
            return Optional.of(new Amounts(nanoUsd, usage.inputSideTokens(), usage.outputSideTokens()));
        } catch (PilothouseException _) {
            return Optional.empty();
        }
    }
}
