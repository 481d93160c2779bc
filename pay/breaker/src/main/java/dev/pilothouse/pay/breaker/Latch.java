package dev.pilothouse.pay.breaker;

import java.time.Instant;
import java.util.Optional;

/**
 * A Safety Pause of an agent.
 *
 * @param number which of the agent's it is, from 1; {@value #UNWRITTEN} in the moment until the database has taken it
 * @param since when it began
 * @param pausedBy who paused it: {@code breaker}, or a person's name
 * @param why a sentence for people
 * @param burnNanoUsdPerMinute what the agent spent then
 * @param predictedNanoUsdPerMinute what its baseline predicted; 0 while it was being learnt
 * @param levelNanoUsdPerMinute what it might have spent
 * @param resumed how it ended, if it has
 */
public record Latch(
        String tenant,
        String agent,
        long number,
        Instant since,
        String pausedBy,
        String why,
        long burnNanoUsdPerMinute,
        long predictedNanoUsdPerMinute,
        long levelNanoUsdPerMinute,
        Optional<Resumed> resumed) {
    /** Number of a latch that the database has not taken yet. */
    public static final long UNWRITTEN = 0;

    /** The end of a pause: when, by whom and why. */
    public record Resumed(Instant at, String by, String why) {}

    Latch numbered(long its) {
        return new Latch(
                tenant,
                agent,
                its,
                since,
                pausedBy,
                why,
                burnNanoUsdPerMinute,
                predictedNanoUsdPerMinute,
                levelNanoUsdPerMinute,
                resumed);
    }
}
