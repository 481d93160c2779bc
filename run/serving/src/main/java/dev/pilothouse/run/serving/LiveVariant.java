package dev.pilothouse.run.serving;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * One version behind an endpoint as requests see it: its model, its counts and its meters.
 *
 * @param endpoint endpoint it is behind
 * @param version label in answers
 * @param weight per mille of the traffic
 * @param shadow whether it only gets copies
 * @param loaded its model
 * @param slow what counts as slow, the same for all variants of the endpoint
 * @param labels what counts its answers as right or wrong
 * @param counts what became of its requests
 * @param meters the same for {@code /metrics}
 * @param copies places for copies in flight, of a shadow
 */
record LiveVariant(
        EndpointSpec endpoint,
        String version,
        int weight,
        boolean shadow,
        LoadedModel loaded,
        SlowLimit slow,
        Labels labels,
        OutcomeCounter.Variant counts,
        Meters meters,
        Semaphore copies) {

    /** How a request came to a variant. */
    enum Way {
        SPLIT("split"),
        PINNED("pinned"),
        SHADOW("shadow");

        final String tag;

        Way(String tag) {
            this.tag = tag;
        }
    }

    /** Meters of one variant, looked up once. */
    record Meters(Map<Way, Timer> answered, Map<Way, Timer> failed, Counter droppedCopies) {
        private static final Duration[] BUCKETS = {
            Duration.ofNanos(250_000), Duration.ofNanos(500_000), Duration.ofMillis(1), Duration.ofNanos(2_500_000),
            Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50),
            Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1),
            Duration.ofMillis(2_500), Duration.ofSeconds(10)
        };

        static Meters of(MeterRegistry registry, EndpointSpec endpoint, String version) {
            Map<Way, Timer> answered = new EnumMap<>(Way.class);
            Map<Way, Timer> failed = new EnumMap<>(Way.class);
            for (Way way : Way.values()) {
                answered.put(way, timer(registry, endpoint, version, way, "answered"));
                failed.put(way, timer(registry, endpoint, version, way, "failed"));
            }
            Counter dropped = Counter.builder("pilothouse.inference.shadow.dropped")
                    .description("Copies a busy shadow did not get")
                    .tags("tenant", endpoint.tenant(), "model", endpoint.name(), "version", version)
                    .register(registry);
            return new Meters(answered, failed, dropped);
        }

        private static Timer timer(
                MeterRegistry registry, EndpointSpec endpoint, String version, Way way, String outcome) {
            return Timer.builder("pilothouse.inference")
                    .description("Inference requests by model, version, way and outcome")
                    .tags("tenant", endpoint.tenant(), "model", endpoint.name(), "version", version)
                    .tags("route", way.tag, "outcome", outcome)
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry);
        }

        void record(Way way, boolean failure, long nanos) {
            Timer timer = (failure ? failed : answered).get(way);
            if (timer != null) {
                timer.record(nanos, TimeUnit.NANOSECONDS);
            }
        }
    }
}
