package dev.pilothouse.pay.breaker;

/**
 * What a server tells others of an agent.
 *
 * @param spent nano-USD of all calls that ended since its row began
 * @param calls how many these are
 * @param dearest the dearest that ended lately
 * @param inFlight what calls under way are expected to cost
 * @param dearestInFlight the dearest of them
 */
record SpendRow(
        String server,
        String tenant,
        String agent,
        long spent,
        long calls,
        long dearest,
        long inFlight,
        long dearestInFlight) {
    static SpendRow empty(String server, String tenant, String agent) {
        return new SpendRow(server, tenant, agent, 0, 0, 0, 0, 0);
    }

    /** The same with no call under way. */
    SpendRow landed() {
        return new SpendRow(server, tenant, agent, spent, calls, dearest, 0, 0);
    }

    /** What was added to an earlier state; a row that is smaller began anew. */
    Burn since(SpendRow before) {
        boolean anew = spent < before.spent || calls < before.calls;
        long more = anew ? spent : spent - before.spent;
        return new Burn(more, anew ? calls : calls - before.calls, Math.min(dearest, more), 0, 0);
    }
}
