package dev.pilothouse.trust.transparency;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;

/**
 * Signs notes in the ledger's name. Thread-safe.
 *
 * @param key public half
 * @param secret private half
 */
public record NoteSigner(NoteKey key, PrivateKey secret) {
    /** The text, which ends in a newline, with this key's signature. */
    public SignedNote sign(String text) {
        try {
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initSign(secret);
            ed25519.update(text.getBytes(StandardCharsets.UTF_8));
            return new SignedNote(text, key.name(), key.id(), ed25519.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("The signing key cannot sign", e);
        }
    }
}
