package dev.pilothouse.pay.breaker;

import java.util.List;
import java.util.Optional;

/**
 * An agent as its people see it.
 *
 * @param name its id within the tenant; {@code *} for all beyond those that are told apart
 * @param burnNanoUsdPerMinute what it spent over the last minute, on all servers
 * @param predictedNanoUsdPerMinute what its baseline predicts for now
 * @param learning whether its baseline is still being learnt
 * @param watchedHours how long it was watched
 * @param latch the pause that holds
 */
public record AgentState(
        String name,
        long burnNanoUsdPerMinute,
        long predictedNanoUsdPerMinute,
        boolean learning,
        double watchedHours,
        Optional<Latch> latch) {

    /**
     * More of one agent.
     *
     * @param curve nano-USD per minute predicted for each of the 168 hours of a week, from Monday, 0:00
     * @param trace the last calls before the pause that holds or, without one, before now on this server
     * @param latches its pauses, the newest first
     */
    public record Detail(AgentState state, List<Long> curve, List<SettledCall> trace, List<Latch> latches) {
        public Detail {
            curve = List.copyOf(curve);
            trace = List.copyOf(trace);
            latches = List.copyOf(latches);
        }
    }
}
