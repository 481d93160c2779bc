package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a leaf of the tree says, for ever: that something of a kind happened to a subject, when, and by which principal.
 * The actor's name and the facts are in the payload, of which only the salted digest stands here, because a name is
 * personal data and must be erasable.
 *
 * @param id id of the entry
 * @param tenant owner
 * @param kind what happened
 * @param subject what it happened to
 * @param principal id of who did it
 * @param actorKind sort of principal, in lower case
 * @param millis when, in milliseconds since the epoch
 * @param payload {@code SHA-256(salt || canonical payload document)}
 */
public record Envelope(
        String id,
        String tenant,
        String kind,
        String subject,
        String principal,
        String actorKind,
        long millis,
        Digest payload) {
    /** Kind of the entries that record an erasure; their subject is the entry that lost its payload. */
    public static final String ERASED = "ledger-entry.erased";

    private static final int VERSION = 1;
    private static final DateTimeFormatter RFC_3339 = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** The canonical bytes (RFC 8785) that are the leaf. */
    public byte[] leaf() {
        ObjectNode node = Json.object()
                .put("v", VERSION)
                .put("id", id)
                .put("tenant", tenant)
                .put("kind", kind)
                .put("subject", subject)
                .put("at", RFC_3339.format(Instant.ofEpochMilli(millis)))
                .put("millis", Long.toString(millis))
                .put("payload", payload.toString());
        node.putObject("actor").put("principal", principal).put("kind", actorKind);
        return CanonicalJson.bytes(node);
    }

    /** How an entry is the subject of another. */
    public static String subjectOf(String entryId) {
        return "ledger-entry/" + entryId;
    }

    /** When it happened. */
    public Instant at() {
        return Instant.ofEpochMilli(millis);
    }

    /**
     * Reads a leaf.
     *
     * @throws IllegalArgumentException where the bytes are not exactly what {@link #leaf()} writes
     */
    public static Envelope parse(byte[] leaf) {
        try {
            JsonNode node = Json.parseObject(leaf);
            var envelope = new Envelope(
                    text(node, "id"),
                    text(node, "tenant"),
                    text(node, "kind"),
                    text(node, "subject"),
                    text(node.path("actor"), "principal"),
                    text(node.path("actor"), "kind"),
                    Long.parseLong(text(node, "millis")),
                    Digest.parse(text(node, "payload")));
            if (Arrays.equals(envelope.leaf(), leaf)) {
                return envelope;
            }
        } catch (PilothouseException | NumberFormatException e) {
            throw new IllegalArgumentException("Not an envelope of this ledger", e);
        }
        throw new IllegalArgumentException("Not an envelope of this ledger in its canonical form");
    }

    private static String text(JsonNode node, String field) {
        if (!node.path(field).isString()) {
            throw CommonError.INVALID.because("The field '" + field + "' is missing.");
        }
        return node.path(field).stringValue();
    }
}
