package dev.pilothouse.pay.breaker;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * Settings of the breaker.
 *
 * @param factor how many times its predicted baseline an agent may spend; above 1
 * @param floorNanoUsdPerMinute a burn below this never pauses an agent
 * @param learningCeilingNanoUsdPerMinute what an agent may spend over a minute while its baseline is being learnt, where nobody
 *     declared a ceiling for it
 * @param learning how long an agent is watched until its baseline counts; a week, so that each hour of it was seen once
 * @param minWindow the shortest window, in whole seconds
 * @param calls how many calls the baseline predicts in a window
 * @param traceCalls how many calls before a latch are kept with it
 * @param agentsPerTenant how many agents of a tenant are told apart; more count together under the name {@code *}
 * @param agents the same of all tenants; with 100 calls of trace, each takes about 20 kB of memory
 * @param zone whose hours and days the baseline learns
 */
public record BreakerConfig(
        double factor,
        long floorNanoUsdPerMinute,
        long learningCeilingNanoUsdPerMinute,
        Duration learning,
        Duration minWindow,
        int calls,
        int traceCalls,
        int agentsPerTenant,
        int agents,
        ZoneId zone) {
    /**
     * Four times the baseline, at least $0.001 a minute; $5 a minute while a week is learnt; windows of at least 10 s and 20
     * calls; 100 calls of trace; 1,000 agents a tenant and 5,000 in all; UTC.
     */
    public static final BreakerConfig STANDARD = new BreakerConfig(
            4,
            1_000_000,
            5_000_000_000L,
            Duration.ofDays(7),
            Duration.ofSeconds(10),
            20,
            100,
            1_000,
            5_000,
            ZoneOffset.UTC);

    public BreakerConfig {
        if (!(factor > 1)
                || floorNanoUsdPerMinute < 0
                || learningCeilingNanoUsdPerMinute < 0
                || learning.isNegative()
                || minWindow.toSeconds() < 1
                || minWindow.toSeconds() > Windows.LONGEST
                || calls < 1
                || traceCalls < 1
                || agentsPerTenant < 1
                || agents < 1) {
            throw new IllegalArgumentException(
                    "A breaker needs a factor above 1, a window of at least a second, and counts of at least 1");
        }
    }

    int minWindowSeconds() {
        return (int) minWindow.toSeconds();
    }

    /** The same with other limits to the agents that are told apart. */
    public BreakerConfig withAgents(int perTenant, int inAll) {
        return new BreakerConfig(
                factor,
                floorNanoUsdPerMinute,
                learningCeilingNanoUsdPerMinute,
                learning,
                minWindow,
                calls,
                traceCalls,
                perTenant,
                inAll,
                zone);
    }
}
