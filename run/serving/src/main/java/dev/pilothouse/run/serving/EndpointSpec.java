package dev.pilothouse.run.serving;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What an endpoint is to run.
 *
 * @param tenant owner
 * @param name endpoint name, which is also the model name in the protocol
 * @param release salt of the traffic split: with another release, another part of the keys is the canary
 * @param variants the first is the stable one; weights are in per mille of the traffic and sum to 1000
 * @param shadow a variant that gets a copy of every request and whose answers are only counted
 * @param control per mille of the traffic that the stable variant answers from a queue and threads of their own, taken from
 *     its weight: how long these answers take can be compared with a canary of the same weight, which too is idle more
 *     often and wakes later; 0 for none, and without effect on models behind other servers
 * @param slowAfter a request that takes longer counts as slow; empty for twice the median of the stable version's last
 *     answers, renewed whenever counts are taken
 * @param wrongBeyond a floating-point answer that misses its label by more counts as wrong; empty for twice the median miss of
 *     the stable version's last labels, renewed whenever counts are taken
 * @param maxConcurrency requests in flight per variant before 429
 * @param logSampleRate share of requests whose inputs and outputs are logged, in [0, 1]
 */
public record EndpointSpec(
        String tenant,
        String name,
        String release,
        List<Variant> variants,
        Optional<Variant> shadow,
        int control,
        Optional<Duration> slowAfter,
        OptionalDouble wrongBeyond,
        int maxConcurrency,
        double logSampleRate) {
    public EndpointSpec {
        variants = List.copyOf(variants);
        if (variants.isEmpty() || variants.stream().mapToInt(Variant::weight).sum() != 1000) {
            throw new IllegalArgumentException("An endpoint needs variants whose weights sum to 1000: " + variants);
        }
        if (control < 0 || control > variants.getFirst().weight()) {
            throw new IllegalArgumentException(
                    "A control takes from 0 to " + variants.getFirst().weight() + " per mille, not " + control);
        }
    }

    /**
     * One version behind the endpoint.
     *
     * @param version label that answers carry as {@code model_version}
     * @param source its model
     * @param weight per mille of the traffic, 0 to 1000; ignored for a shadow
     */
    public record Variant(String version, ModelSource source, int weight) {}
}
