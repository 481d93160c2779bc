package dev.pilothouse.ship.delivery;

import dev.pilothouse.ship.spec.ServiceSpec;
import java.time.Instant;
import java.util.Optional;

/**
 * A service as it is stored.
 *
 * @param tenant owner
 * @param spec as declared last
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
record ServiceRow(
        String tenant,
        ServiceSpec spec,
        Optional<String> stable,
        Optional<String> previous,
        Optional<Instant> promotedAt,
        Optional<String> moving,
        long lastNumber,
        long revision,
        String createdBy,
        Instant createdAt,
        Instant updatedAt) {
    String name() {
        return spec.name();
    }

    ServiceRow with(ServiceSpec next, Instant now) {
        return new ServiceRow(
                tenant, next, stable, previous, promotedAt, moving, lastNumber, revision, createdBy, createdAt, now);
    }

    ServiceRow moving(Optional<String> release, long number, Instant now) {
        return new ServiceRow(
                tenant, spec, stable, previous, promotedAt, release, number, revision, createdBy, createdAt, now);
    }

    ServiceRow stable(Optional<String> release, Optional<String> before, Instant now) {
        return new ServiceRow(
                tenant,
                spec,
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
    ServiceRow notKept() {
        return new ServiceRow(
                tenant,
                spec,
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
    record View(ServiceRow row, Optional<Release> stable, Optional<Release> previous, Optional<Release> moving) {}
}
