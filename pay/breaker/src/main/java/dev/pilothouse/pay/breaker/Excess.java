package dev.pilothouse.pay.breaker;

import dev.pilothouse.kernel.Money;
import java.util.Locale;

/**
 * Why an agent is to be paused: what it spends in a window, the dearest two calls left out, is above its level.
 *
 * @param seconds the window
 * @param burnNanoUsdPerMinute what it spends
 * @param predictedNanoUsdPerMinute what its baseline predicts; 0 while that is still being learnt
 * @param levelNanoUsdPerMinute what it may spend
 * @param inFlightNanoUsd the part of the window's spend that is expected of calls that have not ended
 */
public record Excess(
        int seconds,
        long burnNanoUsdPerMinute,
        long predictedNanoUsdPerMinute,
        long levelNanoUsdPerMinute,
        long inFlightNanoUsd) {

    /** In one sentence for people. */
    public String sentence() {
        String burn = "Over the last " + seconds + " s it spent $" + Money.usd(burnNanoUsdPerMinute) + " a minute, ";
        return predictedNanoUsdPerMinute == 0
                ? burn + "above the ceiling of $" + Money.usd(levelNanoUsdPerMinute)
                        + " that holds while its baseline is being learnt."
                : burn
                        + String.format(
                                Locale.ROOT,
                                "%.1f times the $%s that its baseline predicts; its level is $%s.",
                                (double) burnNanoUsdPerMinute / predictedNanoUsdPerMinute,
                                Money.usd(predictedNanoUsdPerMinute),
                                Money.usd(levelNanoUsdPerMinute));
    }
}
