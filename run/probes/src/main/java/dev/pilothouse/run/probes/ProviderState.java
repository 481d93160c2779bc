package dev.pilothouse.run.probes;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What the last probes of a provider told.
 *
 * @param tenant whose provider it is
 * @param provider its name
 * @param isUp whether the last one was answered with success
 * @param since when it began to be so
 * @param at when it was last asked
 * @param why what went wrong, or empty
 * @param course the last {@link Probes#MOST_KEPT} probes, the oldest first
 */
public record ProviderState(
        String tenant, String provider, boolean isUp, Instant since, Instant at, String why, List<Result> course) {
    /**
     * What one probe told.
     *
     * @param at when it ended
     * @param isUp whether it was answered with success
     * @param took from the question to the answer, or to the end of waiting for one
     */
    public record Result(Instant at, boolean isUp, Duration took) {}

    public ProviderState {
        course = List.copyOf(course);
    }
}
