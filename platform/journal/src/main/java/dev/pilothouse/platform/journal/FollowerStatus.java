package dev.pilothouse.platform.journal;

import org.jspecify.annotations.Nullable;

/**
 * How a follower stands.
 *
 * @param name its name
 * @param next the next sequence it will read
 * @param behind how many numbered entries it has not done
 * @param failures how often in a row it has failed at the same place
 * @param failure what it failed with last, null while it goes on
 */
public record FollowerStatus(
        String name,
        long next,
        long behind,
        int failures,
        @Nullable String failure) {}
