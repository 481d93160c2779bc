package dev.pilothouse.ship.releases;

import dev.pilothouse.ship.spec.Declaration;
import dev.pilothouse.ship.spec.Environment;
import dev.pilothouse.ship.spec.ServiceSpec;
import java.time.Instant;
import java.util.Optional;

/**
 * A service in one environment, as it is stored.
 *
 * @param tenant owner
 * @param spec as declared last
 * @param environment the environment; empty where the service declares none; its place is -1 once the file names it no more
 * @param stable release that is in production
 * @param previous release that was in production before it
 * @param promotedAt when {@code stable} became so
 * @param moving release in motion
 * @param lastNumber number of the newest release
 * @param revision counts changes
 * @param createdBy principal
 * @param createdAt when
 * @param updatedAt when it last changed
 */
public record ServiceRow(
        String tenant,
        ServiceSpec spec,
        Optional<Environment> environment,
        Optional<String> stable,
        Optional<String> previous,
        Optional<Instant> promotedAt,
        Optional<String> moving,
        long lastNumber,
        long revision,
        String createdBy,
        Instant createdAt,
        Instant updatedAt) {
    /** Name of its endpoint, and of itself: {@code fraud} or {@code fraud@staging}. */
    public String name() {
        return new Declaration(spec, environment).address();
    }

    /** Name of the service, the same in each of its environments. */
    public String service() {
        return spec.name();
    }

    /** Name of the environment; empty where the service declares none. */
    public String environmentName() {
        return environment.map(Environment::name).orElse("");
    }

    /** Whether the service's file still names it. */
    public boolean declared() {
        return environment.isEmpty() || environment.get().place() >= 0;
    }

    /** The same, declared anew. */
    public ServiceRow with(Declaration next, Instant now) {
        return new ServiceRow(
                tenant,
                next.spec(),
                next.environment(),
                stable,
                previous,
                promotedAt,
                moving,
                lastNumber,
                revision,
                createdBy,
                createdAt,
                now);
    }

    public ServiceRow moving(Optional<String> release, long number, Instant now) {
        return new ServiceRow(
                tenant,
                spec,
                environment,
                stable,
                previous,
                promotedAt,
                release,
                number,
                revision,
                createdBy,
                createdAt,
                now);
    }

    public ServiceRow stable(Optional<String> release, Optional<String> before, Instant now) {
        return new ServiceRow(
                tenant,
                spec,
                environment,
                release,
                before,
                Optional.of(now),
                moving,
                lastNumber,
                revision,
                createdBy,
                createdAt,
                now);
    }

    /** The same, with nothing kept loaded beside what is stable. */
    public ServiceRow notKept() {
        return new ServiceRow(
                tenant,
                spec,
                environment,
                stable,
                previous,
                Optional.empty(),
                moving,
                lastNumber,
                revision,
                createdBy,
                createdAt,
                updatedAt);
    }

    /** A service with the releases it names, read together. */
    public record View(
            ServiceRow row, Optional<Release> stable, Optional<Release> previous, Optional<Release> moving) {}
}
