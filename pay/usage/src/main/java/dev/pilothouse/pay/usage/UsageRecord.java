package dev.pilothouse.pay.usage;

import dev.pilothouse.pay.budgets.EndedCalls;
import dev.pilothouse.platform.segments.Position;
import java.util.List;

/**
 * A call from its begin to its end: what is kept of it for good.
 *
 * @param log id of the log of spend that told it
 * @param at where that log tells its end; with {@code log}, unique
 * @param opening what was known before it was made
 * @param end what was known at its end
 * @param budgets ids of the budgets that it was charged to
 * @param ceilingNanoUsd what it might have cost at most; of a cached answer, which holds nothing, what it cost when it was made and
 *     therefore saves
 * @param costNanoUsd what it was charged
 */
public record UsageRecord(
        String log,
        Position at,
        UsageOpening opening,
        UsageEnd end,
        List<String> budgets,
        long ceilingNanoUsd,
        long costNanoUsd) {
    public UsageRecord {
        budgets = List.copyOf(budgets);
    }

    /**
     * The record of a call that has ended.
     *
     * @throws IllegalArgumentException where its bytes are not those of usage
     */
    static UsageRecord of(String log, EndedCalls.Call call) {
        UsageOpening opening = UsageOpening.of(call.opening());
        UsageEnd end = call.lost() ? UsageEnd.lost(opening.target()) : UsageEnd.of(call.detail());
        return new UsageRecord(
                log,
                call.at(),
                opening,
                end,
                call.budgets(),
                end.cached() ? end.savedNanoUsd() : call.ceiling().nanoUsd(),
                call.cost().nanoUsd());
    }

    String tenant() {
        return opening.who().tenant();
    }
}
