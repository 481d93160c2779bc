package dev.pilothouse.platform.jobs;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * A job as it stands.
 *
 * @param tenant owner
 * @param id 32 hex digits
 * @param kind which handler runs it
 * @param key while one with this key is pending, no second is made
 * @param payload what the handler is given
 * @param state where it stands
 * @param attempt how often it was started
 * @param notBefore when it may start
 * @param error what the last attempt failed with
 * @param createdAt when it was enqueued
 * @param finishedAt when it was done, failed or cancelled
 */
public record Job(
        String tenant,
        String id,
        String kind,
        Optional<String> key,
        ObjectNode payload,
        JobState state,
        int attempt,
        Instant notBefore,
        Optional<String> error,
        Instant createdAt,
        Optional<Instant> finishedAt) {}
