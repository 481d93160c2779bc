package dev.pilothouse.platform.journal;

import org.jspecify.annotations.Nullable;

/**
 * A record to append.
 *
 * @param id unique id, 32 hex digits, made by the caller
 * @param tenant owner
 * @param kind what happened, such as {@code release.started}
 * @param subject what it happened to, such as {@code service/fraud}
 * @param at milliseconds since the epoch
 * @param leaf bytes whose hash enters the tree: the canonical envelope; never change and are never erased
 * @param leafHash RFC 6962 leaf hash of {@code leaf}, 32 bytes
 * @param body sealed payload, erasable; null once erased
 */
public record JournalRecord(
        String id,
        String tenant,
        String kind,
        String subject,
        long at,
        byte[] leaf,
        byte[] leafHash,
        byte @Nullable [] body) {}
