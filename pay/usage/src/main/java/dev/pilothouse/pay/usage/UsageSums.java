package dev.pilothouse.pay.usage;

import java.util.List;
import java.util.OptionalLong;

/**
 * What the calls of one group come to.
 *
 * @param group values of the dimensions that were grouped by, in their order; empty texts where they are not known
 * @param calls attempts, each with a row of its own
 * @param ok calls that were answered in full
 * @param errors calls at which the provider failed
 * @param refused calls that were not sent
 * @param aborted calls that the client left
 * @param bounded calls that are charged their ceiling, since nobody knows what they used
 * @param degraded calls that were sent to a smaller model
 * @param cached calls that a kept answer answered
 * @param inputTokens tokens on the way in, cached ones included
 * @param outputTokens tokens on the way out, reasoning included
 * @param costNanoUsd what they cost
 * @param savedNanoUsd what the kept answers cost when they were made; embeddings that were needed to find them are calls of their own
 * @param unpriced calls that were sent and have no price
 * @param told requests whose outcome was told
 * @param successes those of them that were a success
 * @param valueNanoUsd what those outcomes are worth
 * @param p50Micros what half of the calls that a provider answered in full took at most, roughly (t-digest, Dunning 2019); 0 where
 *     there were none
 * @param p95Micros the same of 95 in 100
 */
public record UsageSums(
        List<String> group,
        long calls,
        long ok,
        long errors,
        long refused,
        long aborted,
        long bounded,
        long degraded,
        long cached,
        long inputTokens,
        long outputTokens,
        long costNanoUsd,
        long savedNanoUsd,
        long unpriced,
        long told,
        long successes,
        long valueNanoUsd,
        long p50Micros,
        long p95Micros) {
    public UsageSums {
        group = List.copyOf(group);
    }

    /** What a success cost, in nano-USD, rounded up: all of the group's cost for all of its successes. Empty without any. */
    public OptionalLong costPerSuccessNanoUsd() {
        return successes == 0 ? OptionalLong.empty() : OptionalLong.of(Math.ceilDiv(costNanoUsd, successes));
    }

    /** What outcomes are worth beyond what the calls cost, in nano-USD; negative where they cost more. */
    public long marginNanoUsd() {
        return Math.subtractExact(valueNanoUsd, costNanoUsd);
    }
}
