package dev.pilothouse.run.cache;

import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.Provider;
import java.time.Duration;

/**
 * What a provider said, and all that must still be so for it to be said again. The body is never changed.
 *
 * @param body as the provider sent it, in its own language: a JSON object, or the events of a stream
 * @param route the alias as it was declared then
 * @param provider who answered, as it was declared then
 * @param target the model that answered
 * @param priceVersion the price table by which it was paid for, or {@code unpriced}
 * @param tableVersion the price table that counted then, whether or not it had a price
 * @param usage what the provider counted
 * @param costNanoUsd what it cost, which each further use saves
 * @param ttl how long it may be given, from the moment it is kept
 */
public record KeptAnswer(
        byte[] body,
        ModelRoute route,
        Provider provider,
        ModelRoute.Target target,
        String priceVersion,
        String tableVersion,
        Usage usage,
        long costNanoUsd,
        Duration ttl) {}
