package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import java.security.MessageDigest;
import tools.jackson.databind.node.ObjectNode;

/**
 * An entry's payload in the clear.
 *
 * @param salt random bytes, so that nobody can guess the document from its digest
 * @param document canonical JSON {@code {"by": actor's name, "facts": payload}}
 */
public record Payload(byte[] salt, byte[] document) {
    /** What the entry's envelope names: {@code SHA-256(salt || document)}. */
    public Digest digest() {
        MessageDigest sha256 = Digest.sha256();
        sha256.update(salt);
        sha256.update(document);
        return Digest.of(sha256);
    }

    /** What people call who did it. */
    public String actorName() {
        return Json.parseObject(document).path("by").asString("");
    }

    /** The facts. */
    public ObjectNode facts() {
        return Json.parseObject(document).path("facts") instanceof ObjectNode facts ? facts : Json.object();
    }
}
