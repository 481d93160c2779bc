package dev.pilothouse.pay.breaker;

import dev.pilothouse.kernel.Money;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Channel;
import dev.pilothouse.platform.notify.News;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.store.Tx;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Tells people of latches, in the transaction of the latch. Thread-safe. */
@FunctionalInterface
interface Notices {
    /**
     * @param event {@code paused} or {@code resumed}
     * @param sentence what happened, for people
     */
    void tell(Tx tx, Latch latch, String event, String sentence);

    /** To all channels of a tenant. */
    static Notices by(Notifications notifications, Function<String, List<Channel>> channels) {
        return (tx, latch, event, sentence) -> {
            for (Channel channel : channels.apply(latch.tenant())) {
                notifications.send(tx, latch.tenant(), channel, news(latch, event, sentence));
            }
        };
    }

    private static News news(Latch latch, String event, String sentence) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Agent", latch.agent());
        facts.put("Latch", Long.toString(latch.number()));
        facts.put("Burn", "$" + Money.usd(latch.burnNanoUsdPerMinute()) + " a minute");
        if (latch.predictedNanoUsdPerMinute() > 0) {
            facts.put("Baseline", "$" + Money.usd(latch.predictedNanoUsdPerMinute()) + " a minute");
        }
        facts.put("Paused by", latch.pausedBy());
        return new News(
                "agent." + event,
                Pauses.subject(latch),
                latch.agent() + " was " + event,
                sentence,
                facts,
                Json.object()
                        .put("agent", latch.agent())
                        .put("latch", latch.number())
                        .put("since", latch.since().toString())
                        .put("burnNanoUsdPerMinute", Long.toString(latch.burnNanoUsdPerMinute()))
                        .put("predictedNanoUsdPerMinute", Long.toString(latch.predictedNanoUsdPerMinute()))
                        .put("sentence", sentence));
    }
}
